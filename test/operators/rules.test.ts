import { pipe } from 'rxjs';
import { BadRule, rules, type PlainRule } from '../../operators/rules.js';
import { template, type TemplatedWindow } from '../../operators/template.js';
import { define, itemsOf, logWindow, minutes, monday, TestStores, type Line } from '../builders/windows.js';

const killed = 'container <*> was OOMKilled';
const chatter = 'health check of <*>';

async function windows(plain: readonly PlainRule[], ...contents: Line[][]): Promise<TemplatedWindow[]> {
  const stores = new TestStores();
  const logs = contents.map((lines, i) => [logWindow(monday + (i + 1) * 5 * minutes, lines)]);
  const operator = pipe(
    template(stores, () => undefined),
    rules(stores, plain),
  );
  const items = await itemsOf(operator, [[define(killed), define(chatter)], ...logs]);
  return items.filter((item): item is TemplatedWindow => item.type === 'templated');
}
const page = (more: Partial<PlainRule>): PlainRule => ({ name: 'page', action: 'page', match: {}, ...more });

test('pages on a pattern in the template, from so many lines on', async () => {
  const one = [{ masked: killed }];
  const matched = async (rule: Partial<PlainRule>, lines: Line[]) => (await windows([page(rule)], lines))[0]!.rules;
  expect(await matched({ pattern: 'OOMKilled' }, one)).toEqual(['page']);
  // The sample is of whichever source was first.
  expect(await matched({ pattern: 'container 7' }, one)).toEqual([]);
  expect(await matched({ pattern: 'OOMKilled', at_least: 2 }, one)).toEqual([]);
  expect(await matched({ pattern: 'OOMKilled', at_least: 2 }, [...one, ...one])).toEqual(['page']);
  expect(await matched({ pattern: 'evicted' }, one)).toEqual([]);
});

test('names the templates that it found, for the explanation', async () => {
  const window = (
    await windows(
      [page({ pattern: 'evicted' }), page({ name: 'oom', pattern: 'OOM' })],
      [{ masked: killed }, { masked: chatter }],
    )
  ).at(0)!;
  expect(window.templates.map(({ text, rule }) => [text, rule]).sort()).toEqual([
    [killed, 'oom'],
    [chatter, undefined],
  ]);
});

test('only for services whose labels match', async () => {
  const lines = [{ masked: killed }];
  expect((await windows([page({ pattern: 'OOM', match: { service: 'shop' } })], lines))[0]!.rules).toEqual(['page']);
  expect((await windows([page({ pattern: 'OOM', match: { service: 'pay' } })], lines))[0]!.rules).toEqual([]);
});

test('pages on a level, and on silence of some length', async () => {
  const fatal: Line = { masked: 'x', level: 'fatal' };
  const error: Line = { masked: 'x', level: 'error' };
  const rule = page({ level: 'error', at_least: 2 });
  const both = await windows([rule], [fatal, error], [error], [{ masked: 'x', level: 'warn' }, error]);
  expect(both.map(({ rules: matched }) => matched.length)).toEqual([1, 0, 0]);
  const silent = await windows([page({ silence: 10 * minutes })], [error], [], [], [error], []);
  expect(silent.map(({ rules: matched }) => matched.length)).toEqual([0, 0, 1, 0, 0]);
});

test('an ignored template leaves the features: its count and its lines', async () => {
  const window = (
    await windows(
      [{ name: 'quiet', action: 'ignore', match: {}, pattern: '^health' }],
      [{ masked: chatter }, { masked: chatter }, { masked: killed }],
    )
  ).at(0)!;
  expect(window.templates.map(({ text }) => text)).toEqual([killed]);
  expect(window.lines).toBe(1);
  expect(window.rules).toEqual([]);
});

test('a page rule sees what another rule ignores', async () => {
  const window = (
    await windows(
      [{ name: 'quiet', action: 'ignore', match: {}, pattern: 'OOM' }, page({ pattern: 'OOM' })],
      [{ masked: killed }],
    )
  ).at(0)!;
  expect(window.rules).toEqual(['page']);
  expect(window.lines).toBe(0);
});

test('a pathological pattern costs linear time', async () => {
  const evil = `${'a'.repeat(20_000)}!`;
  // A backtracking engine would not come back.
  const window = (await windows([page({ pattern: '(a+)+$' })], [{ masked: evil }])).at(0)!;
  expect(window.rules).toEqual([]);
});

test('a rule that can match nothing is refused at once', () => {
  expect(() => rules(new TestStores(), [page({})])).toThrow(BadRule);
  expect(() => rules(new TestStores(), [{ name: 'i', action: 'ignore', match: {}, level: 'debug' }])).toThrow(
    'a pattern',
  );
});

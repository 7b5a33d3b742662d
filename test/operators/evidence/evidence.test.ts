/** What aspects see of a service, and what they do not mistake for trouble. */
import { aspectPlace, type AspectName } from '../../../models/features/aspects.js';
import { createEvidence, evidenceCodec, type EntityEvidence } from '../../../operators/evidence/entity-state.js';
import { judge } from '../../../operators/evidence/evidence.js';
import type { WindowEvidence } from '../../../operators/evidence/window-evidence.js';
import type { WindowTemplate } from '../../../operators/template.js';
import { emptyDetail, emptyPart, logOf, ROUTES, type SignatureDetail } from '../../../records/aggregate.js';
import { decode, encode } from '../../../records/wire/codec.js';

const minute = 60_000;
const start = Date.UTC(2026, 0, 5);

function template(id: number, count: number, detail: Partial<SignatureDetail> = {}): WindowTemplate {
  return {
    id,
    text: `t${id}`,
    sample: '',
    known: true,
    count,
    signatures: [id],
    detail: { ...emptyDetail(), ...detail },
  };
}

/** `n` durations around `ms`, a factor of two apart. */
function durations(n: number, ms: number): SignatureDetail['numbers'] {
  const logs = Array.from({ length: n }, (_, i) => logOf(1000 * ms * (i % 2 === 0 ? 0.7 : 1.4)));
  return [{ n, sum: logs.reduce((a, b) => a + b, 0), squares: logs.reduce((a, b) => a + b * b, 0) }];
}

function windowOf(
  i: number,
  templates: readonly WindowTemplate[],
  change: Partial<WindowEvidence> = {},
): WindowEvidence {
  const lines = templates.reduce((sum, { count }) => sum + count, 0);
  const of = {
    lines,
    templates,
    cut: false,
    usual: 40,
    spread: 0.1,
    parts: new Map(),
    silence: 0,
    novelty: 0,
    mix: 0,
    drift: 0,
  };
  return { end: start + (i + 1) * 5 * minute, minutes: 5, passed: 5 * minute, ...of, ...change };
}

/** An ordinary window: requests, a few warnings, a heartbeat, an hourly job. */
const usual = (i: number): WindowTemplate[] => [
  template(1, 36 + (i % 5), { numbers: durations(36, 100 + (i % 3)) }),
  template(2, 1, { warns: i % 4 === 0 ? 1 : 0 }),
  ...(i % 12 === 0 ? [template(3, 1, { numbers: durations(1, 150_000) })] : []),
];

/** Two days of ordinary windows. */
function learnt(): EntityEvidence {
  const evidence = createEvidence('');
  for (let i = 0; i < days; i++) judge(evidence, windowOf(i, usual(i)), true);
  return evidence;
}
const days = 576;

const scoreOf = (evidence: EntityEvidence, window: WindowEvidence, aspect: AspectName, length: 0 | 1 | 2 = 0): number =>
  judge(evidence, window, false).scores[aspectPlace(aspect, length)]!;

test('an ordinary window is no symptom', () => {
  const { scores } = judge(learnt(), windowOf(days, usual(days)), false);
  for (const aspect of ['errors', 'refusals', 'latency', 'volume down', 'overdue', 'flood', 'restarts'] as const)
    expect(scores[aspectPlace(aspect, 0)]).toBeLessThan(2);
});

test('errors where there were none stand out, by level or outcome', () => {
  expect(scoreOf(learnt(), windowOf(days, [...usual(days), template(9, 5, { bad: 5 })]), 'errors')).toBeGreaterThan(4);
});

test("a template's latency is compared with its own: a job of minutes hides no slow request, and is none", () => {
  const job = windowOf(days, usual(days));
  expect(scoreOf(learnt(), job, 'latency')).toBeLessThan(2);
  const slow = [template(1, 38, { numbers: durations(36, 300) }), ...usual(days).slice(1)];
  expect(scoreOf(learnt(), windowOf(days, slow), 'latency')).toBeGreaterThan(4);
});

test('a job that does not come is overdue after its usual gap, not before', () => {
  const evidence = learnt();
  const without = (i: number) =>
    windowOf(
      i,
      usual(i).filter(({ id }) => id !== 3),
    );
  expect(scoreOf(evidence, without(days), 'overdue')).toBeLessThan(1);
  let last = 0;
  for (let i = days + 1; i < days + 8; i++) last = scoreOf(evidence, without(i), 'overdue');
  expect(last).toBeGreaterThan(4);
});

test('what came in one burst is not missed when the burst is over', () => {
  const evidence = learnt();
  for (let i = days; i < days + 8; i++) judge(evidence, windowOf(i, [...usual(i), template(9, 5, { bad: 5 })]), true);
  for (let i = days + 8; i < days + 40; i++)
    expect(judge(evidence, windowOf(i, usual(i)), true).scores[aspectPlace('overdue', 0)]).toBeLessThan(1);
});

test('one start is none, many are', () => {
  const evidence = learnt();
  const starting = (i: number) => windowOf(i, [...usual(i), template(20, 1), template(21, 1), template(22, 1)]);
  expect(judge(evidence, starting(days), true).scores[aspectPlace('restarts', 0)]).toBe(0);
  for (let i = days + 1; i < days + 30; i++) judge(evidence, windowOf(i, usual(i)), true);
  let last = 0;
  for (let i = days + 30; i < days + 36; i++)
    last = judge(evidence, starting(i), true).scores[aspectPlace('restarts', 0)]!;
  expect(last).toBeGreaterThan(3);
});

test('replicas that start one after another are no crash loop', () => {
  const evidence = learnt();
  const starting = (i: number) => windowOf(i, [...usual(i), template(20, 1), template(21, 1), template(22, 1)]);
  judge(evidence, starting(days), true);
  for (let i = days + 1; i < days + 30; i++) judge(evidence, windowOf(i, usual(i)), true);
  for (let i = days + 30; i < days + 34; i++)
    expect(judge(evidence, starting(i), true).scores[aspectPlace('restarts', 0)]).toBe(0);
});

test('a line that a release rewords is not missing; one that only stops is', () => {
  const missing = (more: readonly WindowTemplate[]): number => {
    const evidence = learnt();
    let highest = 0;
    for (let i = days; i < days + 12; i++) {
      const without = usual(i).filter(({ id }) => id !== 2);
      const { scores } = judge(evidence, windowOf(i, [...without, ...more]), true);
      highest = Math.max(highest, scores[aspectPlace('absent', 0)]!, scores[aspectPlace('overdue', 0)]!);
    }
    return highest;
  };
  const { id, count } = usual(days)[1]!;
  expect(id).toBe(2);
  expect(missing([])).toBeGreaterThan(4);
  expect(missing([template(90, count)])).toBeLessThan(3.5);
});

test('a line that comes again is missed no more', () => {
  const evidence = learnt();
  const without = (i: number) => usual(i).filter(({ id }) => id !== 2);
  for (let i = days; i < days + 6; i++) judge(evidence, windowOf(i, without(i)), true);
  expect(scoreOf(evidence, windowOf(days + 6, without(days + 6)), 'absent')).toBeGreaterThan(3);
  expect(scoreOf(evidence, windowOf(days + 6, usual(days + 6)), 'absent')).toBe(0);
});

test('windows shorter than a minute miss no line that came in the one before', () => {
  const evidence = createEvidence('');
  const seconds = 1000;
  const short = (i: number, templates: readonly WindowTemplate[]) =>
    windowOf(i, templates, { end: start + i * 2 * seconds, minutes: 1 / 30, passed: 2 * seconds });
  // The second one comes in every second window.
  const alternating = (i: number) => [template(1, 40), ...(i % 2 === 0 ? [template(2, 4)] : [])];
  let highest = 0;
  for (let i = 1; i < 300; i++)
    highest = Math.max(highest, judge(evidence, short(i, alternating(i)), true).scores[aspectPlace('absent', 0)]!);
  expect(highest).toBe(0);
});

test('what does not come for long is forgotten', () => {
  const evidence = learnt();
  let last = 0;
  for (let i = days; i < days + 100; i++) {
    const without = usual(i).filter(({ id }) => id !== 2);
    const { scores } = judge(evidence, windowOf(i, without), true);
    last = Math.max(scores[aspectPlace('absent', 0)]!, scores[aspectPlace('overdue', 0)]!);
  }
  expect(last).toBe(0);
});

test('a daily job that does not come is overdue within hours', () => {
  const evidence = createEvidence('');
  const daily = (i: number) => [...usual(i), ...(i % 288 === 40 ? [template(4, 1)] : [])];
  for (let i = 0; i < 7 * 288; i++) judge(evidence, windowOf(i, daily(i)), true);
  let last = 0;
  for (let i = 7 * 288; i < 7 * 288 + 90; i++)
    last = judge(evidence, windowOf(i, usual(i)), true).scores[aspectPlace('overdue', 0)]!;
  expect(last).toBeGreaterThan(4);
});

test('a line that says that something failed warns at any level', () => {
  const failing = { ...template(9, 12), text: 'could not refresh session for tenant <*>: connection refused' };
  expect(scoreOf(learnt(), windowOf(days, [...usual(days), failing]), 'warnings')).toBeGreaterThan(3);
  const fine = { ...template(9, 12), text: 'session of tenant <*> refreshed' };
  expect(scoreOf(learnt(), windowOf(days, [...usual(days), fine]), 'warnings')).toBeLessThan(2);
});

test('one replica that fails while others do not is odd, one of a service that fails everywhere is not', () => {
  const parts = (bad: readonly number[]): WindowEvidence['parts'] =>
    new Map(bad.map((count, i) => [ROUTES + i, { ...emptyPart(), lines: 40, bad: count }]));
  const oddness = (bad: readonly number[]): number => {
    const evidence = learnt();
    let last = 0;
    for (let i = days; i < days + 6; i++)
      last = judge(evidence, windowOf(i, usual(i), { parts: parts(bad) }), true).scores[aspectPlace('replica', 1)]!;
    return last;
  };
  expect(oddness([0, 12, 1, 0, 0])).toBeGreaterThan(3);
  expect(oddness([11, 12, 13, 12, 10])).toBeLessThan(1);
});

test('one route that is slower is found where others vary more', () => {
  const parts = (slow: number): WindowEvidence['parts'] =>
    new Map(
      [3, 3000].map((ms, i) => [
        i,
        { ...emptyPart(), lines: 10, durations: durations(10, i === 0 ? ms * slow : ms)[0]! },
      ]),
    );
  const evidence = learnt();
  for (let i = days; i < days + 300; i++) judge(evidence, windowOf(i, usual(i), { parts: parts(1) }), true);
  expect(scoreOf(evidence, windowOf(days + 300, usual(days + 300), { parts: parts(1) }), 'latency')).toBeLessThan(2);
  expect(scoreOf(evidence, windowOf(days + 301, usual(days + 301), { parts: parts(4) }), 'latency')).toBeGreaterThan(4);
});

test('state that was stored goes on as if it had not been', () => {
  const kept = learnt();
  const stored = decode(evidenceCodec, encode(evidenceCodec, kept));
  for (let i = days; i < days + 20; i++) {
    const window = windowOf(i, i % 3 === 0 ? usual(i) : [...usual(i), template(9, 2, { bad: 1 })]);
    expect(judge(stored, window, true)).toEqual(judge(kept, window, true));
  }
  expect(encode(evidenceCodec, stored)).toEqual(encode(evidenceCodec, kept));
});

test('one very long line among a few is no slow window; all of them a little slower are', () => {
  const withOne = [...Array.from({ length: 4 }, () => 100), 20_000];
  const logs = withOne.map((ms) => logOf(1000 * ms));
  const numbers = [{ n: 5, sum: logs.reduce((a, b) => a + b, 0), squares: logs.reduce((a, b) => a + b * b, 0) }];
  const rest = usual(days).slice(1);
  expect(scoreOf(learnt(), windowOf(days, [template(1, 5, { numbers }), ...rest]), 'latency')).toBeLessThan(2);
  const slower = [template(1, 5, { numbers: durations(5, 300) }), ...rest];
  expect(scoreOf(learnt(), windowOf(days, slower), 'latency')).toBeGreaterThan(2.5);
});

test('errors of one window are nothing that lasts, few errors in each of six are', () => {
  const failing = (i: number, bad: number) => windowOf(i, [...usual(i), ...(bad ? [template(9, bad, { bad })] : [])]);
  const after = (counts: readonly number[]): number => {
    const evidence = learnt();
    let last = 0;
    for (const [k, bad] of counts.entries())
      last = judge(evidence, failing(days + k, bad), true).scores[aspectPlace('errors', 2)]!;
    return last;
  };
  expect(after([12, 0, 0, 0, 0, 0])).toBeLessThan(2.5);
  expect(after([2, 2, 2, 2, 2, 2])).toBeGreaterThan(4);
});

test('a route that hardly anybody asks for any more is missed, and is not where another has come in its place', () => {
  const partsOf = (counts: readonly (readonly [number, number])[]) =>
    new Map(counts.map(([key, lines]) => [key, { ...emptyPart(), lines, durations: durations(lines, 100)[0]! }]));
  const at = (i: number, counts: readonly (readonly [number, number])[]) =>
    windowOf(i, usual(i), { parts: partsOf(counts) });
  const after = (counts: readonly (readonly [number, number])[]): number => {
    const evidence = createEvidence('');
    for (let i = 0; i < days; i++)
      judge(
        evidence,
        at(i, [
          [1, 12 + (i % 5)],
          [2, 9 - (i % 3)],
        ]),
        true,
      );
    let last = 0;
    for (let k = 0; k < 6; k++) last = judge(evidence, at(days + k, counts), true).scores[aspectPlace('absent', 2)]!;
    return last;
  };
  expect(
    after([
      [1, 14],
      [2, 8],
    ]),
  ).toBeLessThan(1);
  expect(after([[1, 14]])).toBeGreaterThan(4);
  expect(
    after([
      [1, 14],
      [3, 8],
    ]),
  ).toBeLessThan(1);
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { entryOf, Silences, type Silence } from '../../../connectors/alertmanager/silences.js';
import { compileMatch } from '../../../operators/match/match.js';
import type { CalendarEntry } from '../../../records/calendar.js';

const silence = (change: Partial<Silence> = {}): Silence => ({
  id: 'a1',
  matchers: [{ name: 'service', value: 'cart', isRegex: false, isEqual: true }],
  startsAt: '2026-01-05T03:00:00.000Z',
  endsAt: '2026-01-05T05:00:00.000Z',
  updatedAt: '2026-01-05T02:59:59.000Z',
  createdBy: 'ann',
  comment: 'upgrade',
  ...change,
});
const matcher = (name: string, op: '=' | '!=' | '=~' | '!~', value: string): Silence['matchers'][number] => ({
  name,
  value,
  isRegex: op.endsWith('~'),
  isEqual: !op.startsWith('!'),
});
const entry = (change?: Partial<Silence>): CalendarEntry => {
  const made = entryOf(silence(change));
  if (typeof made === 'string') throw new Error(made);
  return made;
};

test('a silence is an entry of its time, its author and its reason', () => {
  expect(entry()).toEqual({
    id: 'silence a1',
    name: 'in Alertmanager by ann: upgrade',
    action: 'silence',
    match: { service: 'cart' },
    from: Date.UTC(2026, 0, 5, 3),
    to: Date.UTC(2026, 0, 5, 5),
    by: 'ann',
    at: Date.UTC(2026, 0, 5, 2, 59, 59),
  });
});

// What amtool and the matchers' documentation say: anchored patterns, a missing label is an empty one.
test.each([
  [matcher('path', '=', '/a.c/'), '/a.c/', true],
  [matcher('path', '=', '/a.c/'), 'abc', false],
  [matcher('path', '=', '!x'), '!x', true],
  [matcher('path', '!=', '!x'), '!x', false],
  [matcher('path', '=~', 'a|b'), 'b', true],
  [matcher('path', '=~', 'a|b'), 'ab', false],
  [matcher('path', '!~', 'a.*'), 'b', true],
  [matcher('path', '!~', 'a.*'), 'ab', false],
  [matcher('path', '=~', '/x/'), '/x/', true],
  [matcher('path', '=', ''), '', true],
  [matcher('path', '=~', '.+'), '', false],
])('%j for the value %j: %j', (one, value, matches) => {
  const { match } = entry({ matchers: [one] });
  expect(compileMatch(match)(value === '' ? {} : { path: value })).toBe(matches);
});

test('what cannot be said has a reason', () => {
  expect(entryOf(silence({ matchers: [matcher('a', '=~', 'x.*'), matcher('a', '!=', 'xy')] }))).toContain(
    'two matchers',
  );
  expect(entryOf(silence({ matchers: [matcher('a', '=~', '(')] }))).toContain('the pattern of a');
  expect(entryOf(silence({ endsAt: 'soon' }))).toContain('a time');
});

describe('looking', () => {
  let answer: { status: number; body: string };
  let server: Server;
  let said: CalendarEntry[];
  let warnings: string[];
  let silences: Silences;
  beforeEach(async () => {
    said = [];
    warnings = [];
    server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    silences = new Silences({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      everyMs: 3_600_000,
      timeoutMs: 1000,
      isActive: () => true,
      say: async (one) => void said.push(one),
      isOurs: ({ alertname }) => alertname === undefined,
      warn: (message) => void warnings.push(message),
    });
  });
  afterEach(async () => {
    await silences.stop();
    await new Promise((resolve) => server.close(resolve));
  });
  const lists = (...listed: readonly unknown[]): void => {
    answer = { status: 200, body: JSON.stringify(listed) };
  };

  test('says what is new and what was changed, once; not what is about alerts of others', async () => {
    const others = silence({ id: 'b', matchers: [matcher('alertname', '=', 'DiskFull')] });
    lists(silence(), others, { ...silence({ id: 'c' }), status: { state: 'active' }, annotations: { a: 'b' } });
    await silences.look();
    await silences.look();
    expect(said.map(({ id }) => id)).toEqual(['silence a1', 'silence c']);
    lists(silence({ endsAt: '2026-01-05T03:30:00.000Z', updatedAt: '2026-01-05T03:30:00.000Z' }), others);
    await silences.look();
    expect(said.slice(2)).toMatchObject([{ id: 'silence a1', to: Date.UTC(2026, 0, 5, 3, 30) }]);
    expect(warnings).toEqual([]);
  });

  test('an answer that makes no sense is told once, and is no end of anything', async () => {
    for (const body of ['no JSON', '{}', '[{"id":1}]', `"${'x'.repeat(17 * 1024 * 1024)}"`]) {
      answer = { status: 200, body };
      await silences.look();
    }
    answer = { status: 500, body: '' };
    await silences.look();
    expect(warnings).toEqual(['silences cannot be read: those known go on']);
    lists(silence(), silence({ id: 'bad', matchers: [matcher('a', '=~', '(')] }));
    await silences.look();
    await silences.look();
    expect(said).toHaveLength(1);
    expect(warnings[1]).toBe('a silence is not followed: the pattern of a cannot be read');
    expect(warnings).toHaveLength(2);
  });

  test('only the latest thousand are followed', async () => {
    lists(
      ...Array.from({ length: 1200 }, (_, i) =>
        silence({ id: `s${i}`, updatedAt: new Date(Date.UTC(2026, 0, 5) + i * 1000).toISOString() }),
      ),
    );
    await silences.look();
    expect(said).toHaveLength(1000);
    expect(said.some(({ id }) => id === 'silence s199')).toBe(false);
    expect(warnings).toEqual(['only the latest 1000 silences are followed']);
  });
});

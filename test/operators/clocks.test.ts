/** Wrong clocks: whoever dates lines wrongly harms nobody else, in files, in a backlog and live. */
import fc from 'fast-check';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import { run, type Ran } from './ingest-run.js';

const minute = 60_000;
const hour = 60 * minute;
const year = 365 * 24 * hour;
const began = Date.UTC(2026, 0, 5);

interface Said {
  readonly at: number;
  readonly service: string;
  readonly timestamp?: number;
  readonly appended?: boolean;
}

let offset = 0;
beforeEach(() => (offset = 0));

const record = ({ at, service, timestamp = -1, appended = false }: Said): SourceItem => {
  const bytes = Buffer.from(JSON.stringify({ time: new Date(at).toISOString(), service, message: 'done' }));
  return { bytes, start: 0, end: bytes.length, offset: offset++, timestamp, topic: 'app', appended };
};
const control = (type: 'live' | 'behind' | 'reset', watermark: number): SourceItem => ({ type, watermark });

/** Lines of two services, one each a second for so many seconds. */
const honest = (from: number, seconds: number, more: Partial<Said> = {}): SourceItem[] =>
  Array.from({ length: 2 * seconds }, (_, i) =>
    record({ at: from + Math.floor(i / 2) * 1000, service: i % 2 === 0 ? 'cart' : 'shop', ...more }),
  );

const reasonsOf = ({ rejected }: Ran): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { reason } of rejected) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
};
/** Lines of the honest services that were counted. */
const counted = ({ items }: Ran): number =>
  items
    .flatMap((item) => (item.type === 'log' && /cart|shop/.test(item.entity) ? [item.aggregate.lines] : []))
    .reduce((sum, n) => sum + n, 0);

test('in a file, lines of one service a year ahead are rejected, and no other line is late', async () => {
  const before = honest(began, 200);
  const wrong = Array.from({ length: 40 }, (_, i) => record({ at: began + year + i, service: 'odd' }));
  const ran = await run([[...before, ...wrong, ...honest(began + 200_000, 200), endOfSource]]);
  expect(reasonsOf(ran)).toEqual({ future: 40 });
  expect(counted(ran)).toBe(800);
});

test('in a file of one service, lines beyond the clock of the reader are rejected, however many', async () => {
  const lines = (from: number): SourceItem[] =>
    Array.from({ length: 100 }, (_, i) => record({ at: from + i * 1000, service: 'cart' }));
  const now = control('behind', began + hour);
  const ran = await run([[now, ...lines(began), ...lines(began + year), ...lines(began + 100_000), endOfSource]]);
  expect(reasonsOf(ran)).toEqual({ future: 100 });
  expect(counted(ran)).toBe(200);
});

test.each([
  ['a file', {}],
  ['a backlog with time stamps of producers', { timestamp: began + 30 * 24 * hour }],
])('in %s, a chain of lines 59 minutes apart makes no other line late', async (_name, more) => {
  const items = [control('behind', began + 30 * 24 * hour), ...honest(began, 200, more)];
  for (let i = 1; i <= 200; i++) {
    items.push(record({ at: began + 200_000 + i * 59 * minute, service: 'odd', ...more }));
    items.push(...honest(began + 199_000 + i * 1000, 1, more));
  }
  const ran = await run([[...items, endOfSource]]);
  expect(reasonsOf(ran).late).toBeUndefined();
  expect(counted(ran)).toBe(800);
});

test('invented services confirm nothing', async () => {
  const invented = Array.from({ length: 60 }, (_, i) => record({ at: began + 20 * hour + i, service: `odd-${i}` }));
  const now = control('behind', began + 24 * hour);
  const ran = await run([[now, ...honest(began, 200), ...invented, ...honest(began + 200_000, 200), endOfSource]]);
  expect(reasonsOf(ran)).toEqual({ future: 60 });
  expect(counted(ran)).toBe(800);
});

test('a jump that two known services make is followed', async () => {
  const ran = await run([[...honest(began, 200), ...honest(began + 5 * hour, 200), endOfSource]]);
  expect(reasonsOf(ran)).toEqual({});
  const marks = ran.items.flatMap((item) => (item.type === 'mark' && item.kind === 'data' ? [item.watermark] : []));
  expect(marks.at(-1)).toBe(began + 5 * hour + 3 * minute);
});

test('what ends with a line that is ahead of all others was read up to those', async () => {
  const last = ({ items }: Ran): number[] =>
    items.flatMap((item) => (item.type === 'mark' && item.kind === 'last' ? [item.watermark - began] : []));
  const ahead = record({ at: began + 50 * minute, service: 'odd' });
  expect(last(await run([[...honest(began, 200), ahead, endOfSource]]))).toEqual([199_000]);
  const within = record({ at: began + 203 * 1000, service: 'odd' });
  expect(last(await run([[...honest(began, 200), within, endOfSource]]))).toEqual([203_000]);
  // Where one service alone writes, its last line is the end.
  const alone = Array.from({ length: 100 }, (_, i) => record({ at: began + i * 1000, service: 'cart' }));
  expect(last(await run([[...alone, endOfSource]]))).toEqual([99_000]);
});

test('a service that goes on alone is followed, however long the others are silent', async () => {
  const alone = Array.from({ length: 1000 }, (_, i) => record({ at: began + 200_000 + i * minute, service: 'cart' }));
  const ran = await run([[...honest(began, 200), ...alone, endOfSource]]);
  expect(reasonsOf(ran)).toEqual({});
  expect(counted(ran)).toBe(1400);
});

test('a record of 2099 that says so itself is rejected by the clock of the reader', async () => {
  const live = (from: number): SourceItem[] => [control('live', from), ...honest(from, 5, { timestamp: from })];
  const at = Date.UTC(2099, 0, 1);
  const wrong = record({ at, service: 'odd', timestamp: at });
  const ran = await run([[...live(began), wrong, ...live(began + 5000), ...live(began + 10_000), endOfSource]]);
  expect(reasonsOf(ran)).toEqual({ future: 1 });
  expect(counted(ran)).toBe(30);
});

test('live, lines of a clock that is minutes ahead count in their own time and make no others late', async () => {
  const items: SourceItem[] = [];
  for (let i = 0; i < 60; i++) {
    const at = began + i * 5000;
    items.push(control('live', at), record({ at: at + 4 * minute, service: 'odd', timestamp: at }));
    items.push(...honest(at - 3000, 5, { timestamp: at }));
  }
  const ran = await run([[...items, endOfSource]]);
  expect(reasonsOf(ran)).toEqual({});
  expect(counted(ran)).toBe(600);
});

test('time stamps of the broker bound event time in a backlog', async () => {
  const items: SourceItem[] = [control('behind', began + 24 * hour)];
  for (let i = 0; i < 300; i++) {
    const at = began + i * 1000;
    items.push(record({ at: at + 4 * minute, service: 'cart', timestamp: at, appended: true }));
    items.push(record({ at, service: 'shop', timestamp: at, appended: true }));
  }
  const ran = await run([[...items, endOfSource]]);
  expect(reasonsOf(ran)).toEqual({});
  expect(counted(ran)).toBe(600);
});

test('a source whose event time was poisoned goes on where a person says', async () => {
  const poisoned = honest(began + 40 * 24 * hour, 100);
  const ran = await run([[...poisoned, ...honest(began, 100), control('reset', began), ...honest(began, 100)]]);
  expect(reasonsOf(ran)).toEqual({ late: 200 });
  expect(ran.items.filter((item) => item.type === 'mark').map(({ kind }) => kind)).toContain('reset');
  const after = await run([[...poisoned, control('reset', began), ...honest(began, 200)]]);
  expect(reasonsOf(after)).toEqual({});
});

test('whatever one service says of the time, every line of the others counts', async () => {
  const wrong = fc.array(fc.record({ place: fc.nat(10_000), ahead: fc.integer({ min: 0, max: 400 * 24 * hour }) }), {
    minLength: 1,
    maxLength: 80,
  });
  await fc.assert(
    fc.asyncProperty(wrong, fc.constantFrom('file', 'backlog'), async (said, kind) => {
      offset = 0;
      const now = began + 500 * 24 * hour;
      const more = kind === 'file' ? {} : { timestamp: now };
      const items = [...honest(began, 400, more)];
      const sorted = [...said].sort((a, b) => a.place - b.place);
      const mixed: SourceItem[] = [control('behind', now), ...items.slice(0, 200)];
      let next = 0;
      items.slice(200).forEach((item, i) => {
        for (; next < sorted.length && sorted[next]!.place % 600 <= i; next++) {
          mixed.push(record({ at: began + 100_000 + sorted[next]!.ahead, service: 'odd', ...more }));
        }
        mixed.push(item);
      });
      const ran = await run([[...mixed, endOfSource]]);
      expect(counted(ran)).toBe(800);
    }),
    { numRuns: 60 },
  );
});

test('a source in which a fifth of the records have wrong times says so, and says when it is over', async () => {
  const items: SourceItem[] = [control('behind', began + 24 * hour), ...honest(began, 200)];
  for (let i = 0; i < 100; i++) {
    items.push(...honest(began + 200_000 + i * 1000, 1));
    items.push(record({ at: began - hour, service: 'odd' }));
  }
  items.push(...honest(began + 400_000, 200), endOfSource);
  const ran = await run([items]);
  const kinds = ran.items.flatMap((item) => (item.type === 'mark' ? [item.kind] : []));
  expect(kinds.filter((kind) => kind === 'misdated' || kind === 'dated')).toEqual(['misdated', 'dated']);
});

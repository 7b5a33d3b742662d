import { pipe } from 'rxjs';
import { Calendars, Deploys } from '../../../operators/calendars/calendars.js';
import { featurise } from '../../../operators/featurise.js';
import { merge, mergeDefaults } from '../../../operators/merge.js';
import { template } from '../../../operators/template.js';
import type { CalendarEntry } from '../../../records/calendar.js';
import type { FeatureRow } from '../../../records/row.js';
import type { WindowsRecord } from '../../../records/windows.js';
import {
  boundary,
  define,
  itemsOf,
  logWindow,
  messages,
  minutes,
  monday,
  shop,
  TestStores,
} from '../../builders/windows.js';

const step = 5 * minutes;
const hour = 60 * minutes;
const entry = (change: Partial<CalendarEntry> = {}): CalendarEntry => ({
  id: 'e1',
  name: 'backup',
  action: 'mute',
  match: { service: '/sh.*/' },
  from: monday,
  to: monday + hour,
  by: 'ann',
  at: 1,
  ...change,
});

test('holds for windows that overlap it, of entities that match', () => {
  const calendars = new Calendars(new TestStores());
  calendars.take(entry());
  const at = (start: number): string | undefined => calendars.inForce(shop.key, start, start + step).mute;
  expect([monday - step, monday - step + 1, monday, monday + hour - 1, monday + hour].map(at)).toEqual([
    undefined,
    'backup',
    'backup',
    'backup',
    undefined,
  ]);
  expect(calendars.inForce('service{service="cart"}', monday, monday + step)).toEqual({});
});

test('what is said later of the same entry counts, whatever comes last', () => {
  const calendars = new Calendars(new TestStores());
  expect(calendars.take(entry({ at: 5, to: monday + minutes }))).toBe(true);
  expect(calendars.take(entry({ at: 4 }))).toBe(false);
  expect(calendars.all()).toMatchObject([{ to: monday + minutes }]);
  calendars.forget(monday + 3 * 24 * hour);
  expect(calendars.all()).toEqual([]);
});

test('deploys of the hour before, the latest first, of what they match', () => {
  const deploys = new Deploys(new TestStores());
  const made = (id: string, minute: number, service = 'shop'): boolean =>
    deploys.take({
      change: { id, at: monday + minute * minutes, title: id, version: '', by: '', url: '' },
      match: { service },
    });
  for (const one of [made('old', -61), made('a', -30), made('b', -4), made('other', -3, 'cart'), made('later', 9)])
    expect(one).toBe(true);
  expect(made('a', -30)).toBe(false);
  expect(deploys.before(shop.key, monday, monday + step).map(({ id }) => id)).toEqual(['b', 'a']);
});

test('through the log: from the next boundary on, and a restart does not forget it', async () => {
  const sessions = { nextDue: () => undefined, quiet: () => hour };
  const seen: (string | undefined)[] = [];
  const run = async (stores: TestStores, records: readonly WindowsRecord[]): Promise<void> => {
    const options = { ...mergeDefaults, shard: 'windows/0', sessions };
    const operator = merge(stores, options, pipe());
    for (const record of records) {
      const items = await itemsOf(operator, [[{ offset: 0, record }]]);
      for (const item of items)
        if (item.type === 'log') seen.push(new Calendars(stores).inForce(item.entity, item.start, item.end).mute);
    }
  };
  let offset = 0;
  const tag = () => ({ source: 'a', incarnation: 1, epoch: 1, offset: offset++, n: 0 });
  const window = (i: number): WindowsRecord[] => {
    const { aggregate } = logWindow(monday + i * step, [{ masked: messages[0]! }]);
    return [
      { type: 'log', tag: tag(), entity: shop.key, pane: monday + i * step, settings: 1, capped: false, aggregate },
      { type: 'mark', tag: tag(), kind: 'data', watermark: monday + (i + 1) * step },
    ];
  };
  const stores = new TestStores();
  await run(stores, [{ type: 'sources', version: 1, sources: ['a'] }, ...window(0)]);
  await run(stores, [{ type: 'calendar', entry: entry() }, ...window(1)]);
  await run(new TestStores(stores), window(2));
  expect(seen).toEqual([undefined, 'backup', 'backup']);
});

const chain = (stores: TestStores) =>
  pipe(
    template(stores, () => undefined),
    featurise(stores, () => undefined),
  );

/** Deviation of the volume of each window, for lines a window, after days of ten lines. */
async function volumes(lines: readonly number[], calendar: Partial<CalendarEntry> | undefined): Promise<number[]> {
  const stores = new TestStores();
  const quiet = Array.from({ length: 600 }, () => 10);
  const start = monday + 600 * step;
  if (calendar) new Calendars(stores).take(entry({ from: start, to: start + lines.length * step, ...calendar }));
  const batches = [...quiet, ...lines].map((count, i) => {
    const end = monday + (i + 1) * step;
    const window = logWindow(
      end,
      Array.from({ length: count + (i % 3) }, (_, k) => ({ masked: messages[k % 3]!, second: k % 60 })),
    );
    return [...(i === 0 ? messages.map(define) : []), window, boundary(end)];
  });
  const rows = (await itemsOf(chain(stores), batches)).filter((item): item is FeatureRow => item.type === 'row');
  const place = rows[0]!.schema.columns.findIndex(({ name }) => name === 'volume');
  return rows.slice(quiet.length).map(({ vector }) => vector[place]!);
}

test('freeze: a storm teaches nothing; the windows behind it are judged as if it had not been', async () => {
  const storm = [...Array.from({ length: 12 }, () => 200), 10, 10];
  const usual = await volumes(storm, undefined);
  const frozen = await volumes(storm, { action: 'freeze', to: monday + 612 * step });
  expect(frozen[0]).toBe(usual[0]);
  // As many lines, the same deviation: the baseline has not moved at all.
  expect([frozen[3], frozen[6], frozen[9]]).toEqual([frozen[0], frozen[0], frozen[0]]);
  expect(usual[9]).not.toBe(usual[0]);
  expect(Math.abs(frozen[13]!)).toBeLessThan(Math.abs(usual[13]!));
});

test('expect: a known change is taken over within the hour', async () => {
  const change = Array.from({ length: 12 }, () => 200);
  const usual = await volumes(change, undefined);
  const expected = await volumes(change, { action: 'expect' });
  expect(expected[0]).toBe(usual[0]);
  expect(usual[11]).toBeGreaterThan(3);
  expect(Math.abs(expected[11]!)).toBeLessThan(2);
});

import { pipe } from 'rxjs';
import { deduplicate } from '../../operators/deduplicate.js';
import { route, type RouteOptions } from '../../operators/route.js';
import type { Alert } from '../../records/alert.js';
import { entity } from '../../records/entity.js';
import { anAlert } from '../builders/alert.js';
import { itemsOf, TestStores } from '../builders/windows.js';

const outputs = ['pager', 'chat', 'archive'].map((name) => ({ name, match: {} }));
let offset = 0;
const of = (service: string, change: Partial<Alert> = {}): Alert =>
  anAlert({
    fingerprint: service,
    entity: entity('service', { service, team: service.slice(0, 1) }).key,
    ...change,
    tag: { source: 'windows/0', incarnation: 0, epoch: 1, offset: ++offset, n: 0 },
  });

/** What each transition is told to. */
async function told(
  options: Omit<RouteOptions, 'outputs'> & Partial<RouteOptions>,
  alerts: readonly Alert[],
): Promise<string[][]> {
  let stores = new TestStores();
  const result: string[][] = [];
  for (const record of alerts) {
    // A restart after each.
    stores = new TestStores(stores);
    const items = await itemsOf(pipe(deduplicate(stores), route(stores, { outputs, ...options })), [
      [{ offset: 0, record }],
    ]);
    result.push(items.flatMap((item) => (item.type === 'webhook' ? [item.route] : [])));
  }
  return result;
}

const pager = { match: { team: 'p' }, severity: 'critical', to: ['pager'], continue: true } as const;
const chat = { match: { team: '/[ps]/' }, severity: 'warning', to: ['chat'], continue: false } as const;

test('without routes every output hears of everything', async () => {
  expect(await told({}, [of('pay')])).toEqual([['pager', 'chat', 'archive']]);
});

test('the first match decides, unless it goes on; what matches none has a default', async () => {
  const routes = [pager, chat];
  const fallback = ['archive'];
  expect(
    await told({ routes, fallback }, [
      of('pay', { severity: 'critical' }),
      of('shop', { severity: 'critical' }),
      of('other'),
      of('pump', { severity: 'info' }),
    ]),
  ).toEqual([['pager', 'chat'], ['chat'], ['archive'], []]);
  expect(await told({ routes: [{ ...chat, to: [] }], fallback }, [of('shop')])).toEqual([[]]);
});

test("an output's own match holds on any route", async () => {
  const picky = [{ name: 'chat', match: { service: 'shop' } }];
  expect(await told({ outputs: picky, routes: [chat] }, [of('shop'), of('store')])).toEqual([['chat'], []]);
});

test('an end is told to those that heard of the beginning, also where it got worse in between', async () => {
  const routes = [
    { match: {}, severity: 'critical', to: ['pager'], continue: false },
    { match: {}, severity: 'info', to: ['chat'], continue: false },
  ] as const;
  const life = [
    of('pay'),
    of('pay', { severity: 'critical' }),
    of('pay', { severity: 'critical', status: 'resolved' }),
  ];
  expect(await told({ routes }, life)).toEqual([['chat'], ['pager'], ['chat', 'pager']]);
});

test('a muted alert is told to nobody, its end neither; when the mute is over it is news', async () => {
  const muted = { muted: 'backup' };
  expect(await told({}, [of('pay', muted), of('pay', { ...muted, status: 'resolved' })])).toEqual([[], []]);
  const late = await told({}, [of('pay', muted), of('pay', muted), of('pay'), of('pay', { status: 'resolved' })]);
  expect(late.map(({ length }) => length)).toEqual([0, 0, 3, 3]);
});

test('what was a question is news when it fires', async () => {
  expect(
    (await told({}, [of('pay', { audit: true, severity: 'info' }), of('pay', { severity: 'warning' })])).map(
      ({ length }) => length,
    ),
  ).toEqual([0, 3]);
});

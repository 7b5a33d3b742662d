import { pipe } from 'rxjs';
import fc from 'fast-check';
import { alertStore, deduplicate } from '../../operators/deduplicate.js';
import { group, incidentStore, type GroupOptions } from '../../operators/group.js';
import { originOf, shortName } from '../../operators/alerts/incident-origin.js';
import type { Alert } from '../../records/alert.js';
import { entity } from '../../records/entity.js';
import type { Incident } from '../../records/incident.js';
import type { Notification } from '../../records/notification.js';
import { anAlert } from '../builders/alert.js';
import { itemsOf, minutes, monday, TestStores } from '../builders/windows.js';

const options: GroupOptions = {
  within: 15 * minutes,
  tie: 5 * minutes,
  labels: ['team', 'cluster'],
  dependsOn: { checkout: ['payments'], payments: ['ledger'], search: ['index'] },
};

let offset = 0;
const alertOf = (service: string, minute: number, change: Partial<Alert> & { team?: string } = {}): Alert => {
  const { team, ...more } = change;
  const key = entity('service', { service, ...(team ? { team } : {}) }).key;
  const startsAt = monday + minute * minutes;
  return anAlert({
    fingerprint: `${service}@${minute}`,
    entity: key,
    startsAt,
    lastAt: startsAt,
    at: startsAt,
    u: 1,
    ...more,
    tag: { source: 'windows/0', incarnation: 0, epoch: 1, offset: ++offset, n: 0 },
  });
};

async function run(
  alerts: readonly Alert[],
  change: Partial<GroupOptions> = {},
  stores = new TestStores(),
): Promise<{ items: Notification[]; incidents: Incident[]; stores: TestStores }> {
  const operator = pipe(deduplicate(stores), group(stores, { ...options, ...change }));
  const items = await itemsOf(
    operator,
    alerts.map((record, i) => [{ offset: i, record }]),
  );
  const store = incidentStore(stores);
  return { items, incidents: [...store.keys()].map((key) => store.get(key)!), stores };
}
const brief = ({ items }: { items: readonly Notification[] }): string[] =>
  items.map((item) => `${item.type === 'notice' ? item.change : item.type} ${item.alert.fingerprint}`);
const noteOf = (item: Notification): Record<string, string> =>
  Object.fromEntries(Object.entries(item.alert.annotations).filter(([name]) => name.startsWith('incident')));

test('an alert alone is no incident', async () => {
  const { items } = await run([alertOf('cart', 0, { team: 'shop' })]);
  expect(noteOf(items[0]!)).toEqual({});
});

test('two of a team that break together are one incident; the first learns of the second', async () => {
  const result = await run([alertOf('cart', 0, { team: 'shop' }), alertOf('web', 10, { team: 'shop' })]);
  expect(brief(result)).toEqual(['new cart@0', 'new web@10', 'refresh cart@0']);
  const expected = {
    incident: 'icart@0',
    incident_size: '2',
    incident_origin: 'cart',
    incident_why: 'it began 10 min before the other',
    incident_members: 'cart, web',
  };
  expect(result.items.slice(1).map(noteOf)).toEqual([expected, expected]);
  expect(result.incidents).toMatchObject([{ size: 2, firing: 2, origin: 'cart@0' }]);
});

test('neither another team nor another time joins', async () => {
  const { incidents } = await run([
    alertOf('cart', 0, { team: 'shop' }),
    alertOf('ledger', 1, { team: 'money' }),
    alertOf('web', 16, { team: 'shop' }),
  ]);
  expect(incidents.map(({ size }) => size)).toEqual([1, 1, 1]);
});

test('services that need each other are related without a label, through others and in both directions', async () => {
  const down = await run([alertOf('checkout', 0), alertOf('ledger', 1)]);
  expect(down.incidents.map(({ size }) => size)).toEqual([2]);
  const up = await run([alertOf('ledger', 0), alertOf('checkout', 1)]);
  expect(up.incidents.map(({ size }) => size)).toEqual([2]);
  expect((await run([alertOf('checkout', 0), alertOf('index', 1)])).incidents).toHaveLength(2);
});

test('of those that began together the one that the others need is the origin, whoever was told first', async () => {
  const { items, incidents } = await run([alertOf('checkout', 0), alertOf('payments', 2), alertOf('ledger', 3)]);
  expect(incidents[0]).toMatchObject({ origin: 'ledger@3', why: '2 of the 2 others depend on it' });
  const last = items.at(-1)!;
  expect([last.alert.fingerprint, noteOf(last).incident_origin]).toEqual(['checkout@0', 'ledger']);
});

test('an alert that comes late but began long before the others is the origin', async () => {
  const { incidents } = await run([
    alertOf('web', 12, { team: 'shop' }),
    alertOf('cart', 13, { team: 'shop' }),
    alertOf('cache', 0, { team: 'shop' }),
  ]);
  expect(incidents[0]).toMatchObject({ origin: 'cache@0', why: 'it began 12 min before the next' });
});

test('an incident is over when its last alert is', async () => {
  const cart = alertOf('cart', 0, { team: 'shop' });
  const web = alertOf('web', 2, { team: 'shop' });
  const over = (alert: Alert, minute: number): Alert => ({
    ...alert,
    status: 'resolved',
    at: monday + minute * minutes,
    tag: { ...alert.tag, offset: ++offset },
  });
  const { incidents, items } = await run([cart, web, over(cart, 20), over(web, 30)]);
  expect(incidents).toMatchObject([{ firing: 0, endedAt: monday + 30 * minutes }]);
  expect(noteOf(items.at(-1)!)).toMatchObject({ incident_origin: 'cart' });
});

test('a question joins nothing', async () => {
  const { incidents } = await run([alertOf('cart', 0, { team: 'shop', audit: true })]);
  expect(incidents).toEqual([]);
});

test('a storm of 5,000 alerts is one incident that names fifty and counts all', async () => {
  const { incidents, items } = await run(Array.from({ length: 5000 }, (_, i) => alertOf(`s${i}`, 0, { team: 'all' })));
  expect(incidents).toMatchObject([{ size: 5000, firing: 5000 }]);
  expect(incidents[0]!.members).toHaveLength(50);
  expect(noteOf(items.at(-1)!).incident_members).toBe('s0, s1, s2, s3, s4 and 4995 more');
});

test('a restart between any two alerts changes nothing', async () => {
  const life = fc.array(
    fc.record({
      service: fc.constantFrom('checkout', 'payments', 'ledger', 'web'),
      team: fc.constantFrom('a', 'b'),
      gap: fc.nat(12),
    }),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(life, fc.nat(), async (parts, where) => {
      offset = 0;
      let minute = 0;
      const alerts = parts.map(({ service, team, gap }) => alertOf(service, (minute += gap), { team }));
      const whole = await run(alerts);
      const cut = where % (alerts.length + 1);
      const head = await run(alerts.slice(0, cut));
      const tail = await run(alerts.slice(cut), {}, new TestStores(head.stores));
      expect([...head.items, ...tail.items]).toEqual(whole.items);
      for (const { members, size, firing } of whole.incidents) {
        expect([members.length, firing]).toEqual([size, size]);
      }
      // Who is told last knows what is kept.
      const kept = alertStore(whole.stores);
      for (const { alert } of whole.items.slice(-1)) expect(kept.get(alert.fingerprint)).toEqual(alert);
    }),
    { numRuns: 50 },
  );
});

test('names for people', () => {
  expect(shortName(entity('service', { service: 'cart', environment: 'prod' }).key)).toBe('cart');
  expect(shortName(entity('series', { service: 'cart', name: 'p99' }).key)).toBe('cart/p99');
  expect(shortName(entity('session', { service: 'orders' }).key)).toBe('orders sessions');
});

test('a circle of dependencies ends', () => {
  const member = (service: string) => ({
    fingerprint: service,
    entity: entity('service', { service }).key,
    startsAt: 0,
    u: 1,
  });
  const { origin } = originOf([member('a'), member('b')], { a: ['b'], b: ['a'] }, 1);
  expect(origin.fingerprint).toBe('a');
});

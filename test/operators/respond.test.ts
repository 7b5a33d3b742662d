import { from, lastValueFrom, toArray } from 'rxjs';
import type { Alert } from '../../records/alert.js';
import type { Codec } from '../../records/wire/codec.js';
import { decode, encode } from '../../records/wire/codec.js';
import type { Notification } from '../../records/notification.js';
import { notificationCodec } from '../../records/notification.js';
import type { StateStores } from '../../records/store.js';
import { compileMatch } from '../../operators/match/match.js';
import { respond } from '../../topologies/respond.js';
import { anAlert } from '../builders/alert.js';

/** Stores that keep live objects, shared by everything that opens them. */
function stores(): StateStores {
  const open = new Map<string, Map<string, unknown>>();
  return {
    open<V>(name: string, _: Codec<V>) {
      const map = (open.get(name) ?? new Map<string, unknown>()) as Map<string, V>;
      open.set(name, map);
      return {
        get: (key: string) => map.get(key),
        put: (key: string, value: V) => void map.set(key, value),
        delete: (key: string) => void map.delete(key),
        keys: () => [...map.keys()].sort()[Symbol.iterator]() as IterableIterator<string>,
        get size() {
          return map.size;
        },
      };
    },
  };
}

/** Runs alerts through the topology, one batch each, tags ascending unless a test sets them. */
async function run(alerts: readonly Alert[]): Promise<Notification[]> {
  const parts = {
    stores: stores(),
    incidents: { within: 900_000, tie: 300_000, labels: ['service', 'team'], dependsOn: {} },
    outputs: [
      { name: 'ops', match: { service: 'cart' } },
      { name: 'other', match: { service: 'x' } },
    ],
  };
  const batches = alerts.map((alert, offset) => ({
    items: [{ offset, record: alert }],
    rejected: [],
    position: { source: 'alerts/0', offset: offset + 1 },
  }));
  const out = await lastValueFrom(respond(parts)(from(batches)).pipe(toArray()));
  return out.flatMap(({ items }) => items);
}

const tagged = (offset: number, change: Partial<Alert> = {}): Alert =>
  anAlert({ ...change, tag: { source: 'windows/0', incarnation: 0, epoch: 1, offset, n: 0 } });
const brief = (items: readonly Notification[]): string[] =>
  items.map((item) => (item.type === 'notice' ? item.change : `${item.type} ${item.id}`));

test('new, refresh, worse, resolved: people hear of all but the refresh', async () => {
  const items = await run([
    tagged(1),
    tagged(2),
    tagged(3, { severity: 'critical' }),
    tagged(4, { status: 'resolved' }),
  ]);
  expect(brief(items).map((text) => text.replace(/\d{6,}/, 'T'))).toEqual([
    'new',
    'webhook f1-firing-T-ops',
    'refresh',
    'worse',
    'webhook f1-firing-T-ops',
    'resolved',
    'webhook f1-resolved-T-ops',
  ]);
});

test('a repeat is dropped', async () => {
  expect(brief(await run([tagged(5), tagged(5), tagged(4)]))).toHaveLength(2);
});

test('a question goes to no webhook', async () => {
  expect(brief(await run([tagged(1, { audit: true, lastAt: anAlert().startsAt + 900_000 })]))).toEqual(['new']);
});

test('matchers take exact values and whole-value patterns', () => {
  expect(compileMatch({})({ a: 'b' })).toBe(true);
  expect(compileMatch({ service: 'cart' })({ service: 'carts' })).toBe(false);
  expect(compileMatch({ service: '/c.*/' })({ service: 'cart' })).toBe(true);
  expect(compileMatch({ service: '/c/' })({ service: 'cart' })).toBe(false);
});

test('notifications survive their bytes', async () => {
  for (const item of await run([tagged(1)]))
    expect(decode(notificationCodec, encode(notificationCodec, item))).toEqual(item);
});

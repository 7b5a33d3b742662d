/** Synthetic closed windows of a service and of a series, by a seeded stream of chance. */
import { addLogAggregate, bucketOf, emptyLogAggregate, registers } from '../../records/aggregate.js';
import type { Batch, Operator } from '../../records/batch.js';
import { decode, encode, type Codec } from '../../records/wire/codec.js';
import { entity } from '../../records/entity.js';
import { hashText, mix32 } from '../../records/wire/hash.js';
import { levels } from '../../records/log-record.js';
import type { FeatureRow, FeatureSchema } from '../../records/row.js';
import type { StateStores, Store } from '../../records/store.js';
import type { Boundary, LogWindow, SeriesWindow } from '../../records/window.js';
import type { Definition } from '../../records/windows.js';
import { from, lastValueFrom, toArray } from 'rxjs';

export const shop = entity('service', { service: 'shop', environment: 'prod' });
export const load = entity('series', { service: 'shop', name: 'load' });
export const monday = Date.UTC(2026, 0, 5);
export const minutes = 60_000;

/** Uniform numbers in [0, 1). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => mix32((state = (state + 0x9e3779b9) | 0)) / 0x100000000;
}

export const messages = ['cart <*> opened', 'paid <*> for order <*>', 'cache miss <*>', 'retry <*>', 'slow query'];
export const signatureOf = (masked: string): number => hashText(masked);

export const define = (masked: string): Definition => ({
  type: 'definition',
  tag: { source: 'logs/0', incarnation: 0, epoch: 1, offset: 0, n: 0 },
  signature: signatureOf(masked),
  masked,
  sample: masked.replaceAll('<*>', '7'),
});

export interface Line {
  readonly masked: string;
  readonly level?: (typeof levels)[number];
  /** Duration, ms. */
  readonly value?: number | undefined;
  readonly second?: number;
}

export function logWindow(end: number, lines: readonly Line[], length = 5 * minutes, key = shop.key): LogWindow {
  const aggregate = emptyLogAggregate();
  for (const { masked, level = 'info', value, second = 0 } of lines) {
    const one = emptyLogAggregate();
    one.lines = 1;
    one.levels.set(levels.indexOf(level), 1);
    one.signatures.set(signatureOf(masked), 1);
    one.seconds.set(second, 1);
    if (value !== undefined) one.values.set(bucketOf(value), 1);
    const hash = mix32(second + lines.length * 17 + (value ?? 0));
    one.distinct[hash % registers] = 1 + (Math.clz32(hash) % 20);
    addLogAggregate(aggregate, one);
  }
  return { type: 'log', entity: key, start: end - length, end, aggregate, flags: [] };
}

/** About `count` usual lines: seven in ten of the first message, few retries, some warnings. */
export function usualLines(random: () => number, count: number, latency = 40): Line[] {
  return Array.from({ length: Math.max(0, Math.round(count * (0.9 + 0.2 * random()))) }, () => {
    const pick = random();
    return {
      masked: messages[pick < 0.7 ? 0 : pick < 0.9 ? 1 : pick < 0.98 ? 2 : 3]!,
      level: pick > 0.97 ? ('warn' as const) : ('info' as const),
      value: latency * (0.7 + 0.6 * random()),
      second: Math.floor(300 * random()),
    };
  });
}

export const seriesWindow = (end: number, ...values: number[]): SeriesWindow => ({
  type: 'series',
  entity: load.key,
  start: end - minutes,
  end,
  aggregate: { points: values.map((value, i) => [end - minutes + i, value] as const) },
  flags: [],
});

/** A warm row of features of the shop, in which nothing is known of what is usual. */
export function featureRow(schema: FeatureSchema, change: Partial<FeatureRow> = {}): FeatureRow {
  const nothing = new Float64Array(schema.columns.length).fill(NaN);
  return {
    type: 'row',
    subject: { entity: shop.key, start: monday, end: monday + 1, key: '' },
    schema,
    vector: new Float64Array(schema.columns.length),
    actual: nothing,
    typical: nothing,
    templates: [],
    lines: 1,
    direction: 0,
    rules: [],
    flags: [],
    warm: true,
    known: 86_400_000,
    ...change,
  };
}

export const boundary = (end: number): Boundary => ({
  type: 'boundary',
  end,
  sources: 1,
  ended: false,
  expired: [],
  entities: 1,
  overflow: 0,
});

/** Stores that can be written to bytes and read again, as a restart does. */
export class TestStores implements StateStores {
  private readonly opened = new Map<
    string,
    { readonly values: Map<string, unknown>; readonly codec: Codec<unknown> }
  >();
  private readonly stored: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

  constructor(before?: TestStores) {
    this.stored = before?.bytes() ?? new Map<string, ReadonlyMap<string, Uint8Array>>();
  }

  open<V>(name: string, codec: Codec<V>): Store<V> {
    let store = this.opened.get(name);
    if (!store) {
      const values = new Map<string, unknown>();
      for (const [key, input] of this.stored.get(name) ?? []) values.set(key, decode(codec, input));
      store = { values, codec: codec };
      this.opened.set(name, store);
    }
    const { values } = store as { values: Map<string, V> };
    return {
      get: (key) => values.get(key),
      put: (key, value) => void values.set(key, value),
      delete: (key) => void values.delete(key),
      keys: () => [...values.keys()].sort()[Symbol.iterator](),
      get size() {
        return values.size;
      },
    };
  }

  /** All that is kept, by store and key. */
  bytes(): Map<string, Map<string, Uint8Array>> {
    const all = new Map<string, Map<string, Uint8Array>>([...this.stored].map(([name, kept]) => [name, new Map(kept)]));
    for (const [name, { values, codec }] of this.opened) {
      all.set(name, new Map([...values].sort().map(([key, value]) => [key, encode(codec, value)])));
    }
    return all;
  }
}

/** What an operator makes of batches, item by item. */
export async function itemsOf<A, B>(operator: Operator<A, B>, batches: readonly (readonly A[])[]): Promise<B[]> {
  const input: Batch<A>[] = batches.map((items) => ({ items, rejected: [] }));
  const output = await lastValueFrom(from(input).pipe(operator, toArray()), { defaultValue: [] });
  return output.flatMap(({ items }) => [...items]);
}

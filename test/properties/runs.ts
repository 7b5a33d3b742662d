/** Runs one shard of `windows` over any arrival, cut into any batches, with any restarts. */
import fc from 'fast-check';
import { from, lastValueFrom, toArray } from 'rxjs';
import type { WindowsItem } from '../../operators/merge.js';
import type { Operator, Rejected } from '../../records/batch.js';
import type { StateStores } from '../../records/store.js';
import { decodeWindowsRecord, encodeWindowsRecord, type WindowsRecord } from '../../records/windows.js';
import { TestStores } from '../builders/windows.js';

/** Lengths of the batches, in turn, and whether the task is restored from its bytes behind each. */
export interface Cuts {
  readonly lengths: readonly number[];
  readonly restarts: readonly boolean[];
}

export const cuts: fc.Arbitrary<Cuts> = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 20 }),
  restarts: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
});

export const uncut: Cuts = { lengths: [Number.MAX_SAFE_INTEGER], restarts: [false] };

export interface Run<T> {
  /** One list a boundary or part of one, as they left. */
  readonly batches: readonly (readonly T[])[];
  readonly rejected: readonly Rejected[];
  readonly restarts: number;
  /** Number of input batches, and how many positions left. */
  readonly inputs: number;
  readonly positions: readonly number[];
  readonly state: ReturnType<TestStores['bytes']>;
}

export async function run<T>(
  records: readonly WindowsRecord[],
  { lengths, restarts }: Cuts,
  topologyOf: (stores: StateStores) => Operator<WindowsItem, T>,
): Promise<Run<T>> {
  // As the log holds them: bytes.
  const items = records.map((record, offset) => ({ offset, record: decodeWindowsRecord(encodeWindowsRecord(record)) }));
  let stores = new TestStores();
  let topology = topologyOf(stores);
  const batches: (readonly T[])[] = [];
  const rejected: Rejected[] = [];
  const positions: number[] = [];
  let restarted = 0;
  let inputs = 0;
  for (let at = 0; at < items.length; inputs++) {
    const end = Math.min(items.length, at + lengths[inputs % lengths.length]);
    const batch = { items: items.slice(at, end), rejected: [], position: { source: 'windows/0', offset: end } };
    const outputs = await lastValueFrom(from([batch]).pipe(topology, toArray()));
    outputs.forEach(({ position, ...output }, i) => {
      batches.push(output.items);
      rejected.push(...output.rejected);
      if (position) positions.push(i === outputs.length - 1 ? position.offset : Number.NaN);
    });
    at = end;
    if (!restarts[inputs % restarts.length]) continue;
    restarted++;
    stores = new TestStores(stores);
    topology = topologyOf(stores);
  }
  return { batches, rejected, restarts: restarted, inputs, positions, state: stores.bytes() };
}

/** Runs one shard of `windows` over any arrival, cut into any batches, with any restarts. */
import fc from 'fast-check';
import { TopologyTestDriver, type Cuts } from '../../lab/driver.js';
import type { WindowsItem } from '../../operators/merge.js';
import type { Operator, Rejected } from '../../records/batch.js';
import type { StateStores } from '../../records/store.js';
import { decodeWindowsRecord, encodeWindowsRecord, type WindowsRecord } from '../../records/windows.js';
import type { StoredEntry } from '../../runtime/backend.js';

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
  readonly state: readonly StoredEntry[];
}

export async function run<T>(
  records: readonly WindowsRecord[],
  { lengths, restarts }: Cuts,
  topologyOf: (stores: StateStores) => Operator<WindowsItem, T>,
): Promise<Run<T>> {
  // As the log holds them: bytes.
  const items = records.map((record, offset) => ({ offset, record: decodeWindowsRecord(encodeWindowsRecord(record)) }));
  const driver = await TopologyTestDriver.open<WindowsItem, T>(topologyOf, { task: 'windows/0' });
  await driver.pushCut(items, { lengths, restarts });
  const { batches, rejected, positions } = driver;
  const run = { batches, rejected, restarts: driver.restarts, inputs: positions.length, positions };
  const state = await driver.bytes();
  driver.close();
  return { ...run, state };
}

/**
 * Writes what the bench of `detect` reads: the `windows` records of a fleet, and a set of models that was trained on the
 * first half of them and is promoted there.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { mergeDefaults } from '../operators/merge.js';
import { kernelRarity } from '../lab/eval/in-process.js';
import { benchmarkFleet, fleetDefaults } from '../lab/eval/fleet/fleet.js';
import { fleetRecords } from '../lab/eval/fleet/records.js';
import { encodeWindowsRecord, type WindowsRecord } from '../records/windows.js';
import { train } from '../training/train.js';

const hourMs = 3_600_000;

export interface FleetInput {
  readonly services: number;
  readonly hours: number;
}

/**
 * Writes records behind their length in four bytes; models are trained when half of the hours are there.
 *
 * @param dir - folder of the models
 */
export async function writeFleet({ services, hours }: FleetInput, path: string, dir: string): Promise<void> {
  const size = { ...fleetDefaults, services, days: Math.ceil(hours / 24), incidents: 4, earlyIncidents: 0, changes: 2 };
  const fleet = benchmarkFleet(1, { ...size, size: 0.3 });
  const out = createWriteStream(path);
  const write = async (record: WindowsRecord): Promise<void> => {
    const bytes = encodeWindowsRecord(record);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    if (!out.write(Buffer.concat([length, bytes]))) await once(out, 'drain');
  };
  const kept: WindowsRecord[] = [];
  let trained = false;
  for await (const { records, until } of fleetRecords(fleet)) {
    for (const record of records) await write(record);
    if (!trained) kept.push(...records);
    if (!trained && until >= fleet.start + (hours / 2) * hourMs) {
      trained = true;
      const set = await train({
        shards: [offsets(kept)],
        windows: mergeDefaults,
        rules: [],
        kernel: kernelRarity,
        seed: 1,
        extra: [],
        own: [],
        to: until,
        dir,
      });
      if (!set) throw new Error('the fleet of the bench has too few windows to train on');
      await write({ type: 'promotion', artefact: set.id, from: set.from });
    }
    if (until >= fleet.start + hours * hourMs) break;
  }
  out.end();
  await once(out, 'close');
}

const offsets = (records: readonly WindowsRecord[]) =>
  async function* () {
    for (const [offset, record] of records.entries()) yield { offset, record };
  };

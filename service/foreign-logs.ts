/** Logs of another release: refused before this one writes to them, so that the other can go on as if nothing had been tried. */
import type { SegmentLogReader } from '../connectors/segment-log/reader.js';
import { decodeAlert } from '../records/alert.js';
import { decodeDecision } from '../records/score.js';
import { decodeWindowsRecord } from '../records/windows.js';
import { StartError } from '../runtime/start-error.js';

/** How each log that another release may have written in another form is read. */
const read = { windows: decodeWindowsRecord, decisions: decodeDecision, alerts: decodeAlert } as const;

type ReadRecords = keyof typeof read;

/**
 * Reads the first and the last record of each shard: a form changes from one release to the next, and the oldest and the
 * newest record show it.
 *
 * @throws StartError naming the record that this release cannot read
 */
export async function refuseForeignLogs(
  channels: Readonly<Record<ReadRecords, { readonly reader: SegmentLogReader }>>,
  shardsOf: (name: ReadRecords) => number,
): Promise<void> {
  for (const name of Object.keys(read) as ReadRecords[]) {
    const { reader } = channels[name];
    for (let shard = 0; shard < shardsOf(name); shard++) {
      const { first, next } = await reader.range(shard);
      for (const at of first < next - 1 ? [first, next - 1] : first < next ? [first] : [])
        for (const { offset, value } of await reader.read(shard, at, 1)) readable(name, shard, offset, value);
    }
  }
}

/** @throws StartError where another release wrote the record in another form */
export function readable<Name extends ReadRecords>(
  name: Name,
  shard: number,
  offset: number,
  value: Uint8Array,
): ReturnType<(typeof read)[Name]> {
  try {
    return read[name](value) as ReturnType<(typeof read)[Name]>;
  } catch (error) {
    throw new StartError(
      `${name}/${shard}, offset ${offset}: this release cannot read the record (${error instanceof Error ? error.message : String(error)}). ` +
        'Another release wrote the logs of state.dir: run that one again, or name another state.dir, and tocsin reads the ' +
        'sources from their start. No state was changed.',
      'failed',
    );
  }
}

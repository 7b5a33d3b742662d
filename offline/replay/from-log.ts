/** Decisions from what a run has left behind: as they were written, or decided again from the `windows` log. */
import type { Config } from '../../config/schema.js';
import { decodeWindowsRecord } from '../../records/windows.js';
import { readableBy } from '../../records/wire/codec.js';
import { openArtefacts } from '../../service/training/shared-models.js';
import type { WorkProgress } from '../../runtime/work-progress.js';
import type { WindowsItem } from '../../operators/merge.js';
import { readLedger } from '../models/names.js';
import { openChannel, type OpenedChannel } from './channel-records.js';
import { DecisionSet } from './decision-set.js';
import { ReplayedShard } from './shard.js';

/** What a replay gives. */
export interface Replayed {
  readonly decisions: DecisionSet;
  /** Records that were read. */
  readonly records: number;
  /** Records that were refused, as live. */
  readonly refused: number;
  /** Why the whole replay may differ from what was live, in words; empty where it may not. */
  readonly doubts: readonly string[];
}

/** The decisions as they were written. */
export async function fromDecisions(config: Config, progress?: WorkProgress): Promise<Replayed> {
  const channel = await openChannel(config, 'decisions', progress && { progress, passes: 1 });
  const decisions = new DecisionSet();
  let records = 0;
  let refused = 0;
  try {
    for (let shard = 0; shard < channel.shards; shard++) {
      for await (const { value } of channel.records(shard)) {
        records++;
        try {
          decisions.add(value);
        } catch {
          refused++;
        }
      }
    }
  } finally {
    await channel.close();
  }
  const doubts = refused > 0 ? [`${refused} records of the decisions log cannot be read`] : [];
  return { decisions, records, refused, doubts };
}

/** Decides again from the `windows` log, with state in memory. */
export async function fromWindows(config: Config, slice?: number, progress?: WorkProgress): Promise<Replayed> {
  const channel = await openChannel(config, 'windows', progress && { progress, passes: 1 });
  const { artefacts, close } = openArtefacts(config);
  const wanted = await snapshotsGoneBackTo(config);
  const decisions = new DecisionSet();
  const doubts: string[] = [];
  let records = 0;
  let refused = 0;
  try {
    for (let index = 0; index < channel.shards; index++) {
      const first = await channel.first(index);
      if (first > 0)
        doubts.push(
          `shard ${index} of the windows log begins at offset ${first}: what retention removed shaped the state of a live run`,
        );
      const shard = await ReplayedShard.open(config, artefacts, index, decisions, {
        ...(slice === undefined ? {} : { slice }),
        wanted,
        records: (from, to) => recordsIn(channel, index, from, to),
      });
      for await (const { offset, value } of channel.records(index)) {
        records++;
        const record = readableBy(decodeWindowsRecord, value);
        if (record) await shard.take(record, offset);
        else refused++;
      }
      await shard.flush();
      shard.close();
      refused += shard.refused;
    }
  } finally {
    await channel.close();
    await close();
  }
  return { decisions, records, refused, doubts };
}

/** Snapshots that something went back to. */
export const snapshotsGoneBackTo = async (config: Config): Promise<Set<string>> =>
  new Set((await readLedger(config)).reverts.map(({ snapshot }) => snapshot));

/** Records of a shard between two offsets. */
export async function* recordsIn(
  channel: OpenedChannel,
  shard: number,
  from: number,
  to: number,
): AsyncGenerator<WindowsItem> {
  for await (const { offset, value } of channel.records(shard, from)) {
    if (offset >= to) return;
    // What cannot be read is a dead letter live, and nothing here.
    const record = readableBy(decodeWindowsRecord, value);
    if (record) yield { offset, record };
  }
}

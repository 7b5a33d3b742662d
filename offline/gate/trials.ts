/** Stored windows on which sets are tried, one after another, each from the same state. */
import type { Config } from '../../config/schema.js';
import type { TimeRange } from '../../records/snapshot.js';
import type { WindowsRecord } from '../../records/windows.js';
import { StartError } from '../../runtime/start-error.js';
import { kernel, windowParts } from '../../service/options.js';
import type { Artefacts } from '../../training/artefacts.js';
import type { ShardRecords } from '../../training/run-records.js';
import { tryForGate } from '../../training/gate/tried.js';
import { readLedger } from '../models/names.js';
import { openChannel } from '../replay/channel-records.js';
import { shardRecords } from '../windows-log.js';
import type { TriedSet } from '../../training/gate/judge.js';

export interface Trials {
  /** Event time of the windows, ms. */
  readonly from: number;
  readonly to: number;
  /** @throws what a set throws that cannot be loaded, or that cannot score */
  run(id: string): Promise<TriedSet>;
  close(): Promise<void>;
}

/**
 * @param span event time that is tried, up to the last window of the log, ms
 * @throws StartError where there is no windows log, or no window in it
 */
export async function openTrials(config: Config, artefacts: Artefacts, span: number): Promise<Trials> {
  const channel = await openChannel(config, 'windows');
  try {
    const shards = shardRecords(channel);
    const to = await lastPane(shards, config.windows.pane);
    const from = to - span;
    const without = (await readLedger(config)).reverts.flatMap((revert) => revert.without);
    return {
      from,
      to,
      run: (id) => tryOne(config, id, artefacts, shards, from, to, without),
      close: () => channel.close(),
    };
  } catch (error) {
    await channel.close();
    throw error;
  }
}

/** End of the last pane of the log, ms. */
async function lastPane(shards: readonly ShardRecords[], pane: number): Promise<number> {
  let last = 0;
  const paneOf = (record: WindowsRecord): number => ('pane' in record ? record.pane + pane : 0);
  for (const records of shards) for await (const { record } of records()) last = Math.max(last, paneOf(record));
  if (last === 0) throw new StartError('the windows log has no window to try a set on: run tocsin first', 'failed');
  return last;
}

async function tryOne(
  config: Config,
  id: string,
  artefacts: Artefacts,
  shards: readonly ShardRecords[],
  from: number,
  to: number,
  without: readonly TimeRange[],
): Promise<TriedSet> {
  const { policy, budget } = config.detection;
  return tryForGate(id, { shards, windows: windowParts(config), kernel, artefacts, policy, budget, without, from, to });
}

/** Stored windows on which sets are tried, one after another, each from the same state. */
import type { Config } from '../../config/schema.js';
import type { TimeRange } from '../../records/snapshot.js';
import { StartError } from '../../runtime/start-error.js';
import { kernel, windowParts } from '../../service/options.js';
import type { Artefacts } from '../../training/artefacts.js';
import type { ShardRecords } from '../../training/run-records.js';
import { answersBetween, tryForGate } from '../../training/gate/tried.js';
import { knownAt } from '../../training/known-at.js';
import { readLedger } from '../models/names.js';
import { openChannel } from '../replay/channel-records.js';
import { shardRecords } from '../windows-log.js';
import type { AnsweredWindow, TriedSet } from '../../training/gate/judge.js';

export interface Trials {
  /** Event time of the windows, ms; of a log that is shorter than the span, all of it. */
  readonly from: number;
  readonly to: number;
  /** What people answered about these windows. */
  answers(): Promise<AnsweredWindow[]>;
  /** @throws what a set throws that cannot be loaded, or that cannot score */
  run(id: string): Promise<TriedSet>;
  close(): Promise<void>;
}

/**
 * @param span event time that is tried, up to the last window of the log, ms
 * @param at event time at which it is looked: what came later is not seen; now, where it is not given
 * @throws StartError where there is no windows log, or no window in it
 */
export async function openTrials(
  config: Config,
  artefacts: Artefacts,
  span: number,
  at = Number.POSITIVE_INFINITY,
): Promise<Trials> {
  const channel = await openChannel(config, 'windows');
  try {
    const windows = windowParts(config);
    const shards = shardRecords(channel).map((records) => knownAt(records, at, windows));
    const { first, to: last } = await panesOf(shards, config.windows.pane);
    const to = Math.min(last, at);
    if (to <= first) throw new StartError(`no window had ended by ${new Date(at).toISOString()}`, 'failed');
    // A log that is shorter has no more than it has: rates are by the time that was tried.
    const from = Math.max(first, to - span);
    const without = (await readLedger(config)).reverts.flatMap((revert) => revert.without);
    return {
      from,
      to,
      answers: () => answersBetween(shards, from, to),
      run: (id) => tryOne(config, id, artefacts, shards, from, to, without),
      close: () => channel.close(),
    };
  } catch (error) {
    await channel.close();
    throw error;
  }
}

/** Begin of the first pane of the log and end of the last one, ms. */
async function panesOf(shards: readonly ShardRecords[], pane: number): Promise<{ first: number; to: number }> {
  let [first, to] = [Number.POSITIVE_INFINITY, 0];
  for (const records of shards)
    for await (const { record } of records())
      if ('pane' in record) {
        first = Math.min(first, record.pane);
        to = Math.max(to, record.pane + pane);
      }
  if (to === 0) throw new StartError('the windows log has no window to try a set on: run tocsin first', 'failed');
  return { first, to };
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

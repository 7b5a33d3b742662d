/** Stored windows on which sets are tried, one after another, each from the same state. */
import type { Config } from '../../config/schema.js';
import { schemas } from '../../models/features/schemas.js';
import type { WindowsRecord } from '../../records/windows.js';
import { StartError } from '../../runtime/start-error.js';
import { kernel, windowParts } from '../../service/options.js';
import type { Artefacts } from '../../training/artefacts.js';
import type { ShardRecords } from '../../training/train.js';
import { tryOut } from '../../training/trial.js';
import { unrepeated } from '../../training/unrepeated.js';
import { openChannel } from '../replay/channel-records.js';
import { shardRecords } from '../windows-log.js';
import type { Tried } from './judge.js';
import { probe, type Probe } from './probe.js';
import { TrialRecord } from './record.js';

export interface Trials {
  /** Event time of the windows, ms. */
  readonly from: number;
  readonly to: number;
  /** @throws what a set throws that cannot be loaded, or that cannot score */
  run(id: string): Promise<Tried>;
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
    return {
      from,
      to,
      run: (id) => tryOne(config, id, artefacts, shards, from, to),
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
): Promise<Tried> {
  const record = new TrialRecord(from, to);
  await tryOut(id, {
    shards: shards.map((records) => () => unrepeated(records())),
    windows: windowParts(config),
    kernel,
    artefacts,
    policy: config.detection.policy,
    budget: config.detection.budget,
    from,
    to,
    watch: record.add,
  });
  const detectors = artefacts.loaded(id)?.detectors ?? [];
  const probes = new Map<string, Probe>();
  for (const schema of schemas.keys()) {
    const own = detectors.filter(({ card }) => card.schema === schema);
    const rows = (record.rows.get(schema) ?? []).map(({ features }) => features);
    if (own.length > 0 && rows.length > 0) probes.set(schema, await probe(own, rows));
  }
  const names = new Set(detectors.map(({ card }) => `${card.schema}/${card.name}`));
  return { record, detectors: names, probes };
}

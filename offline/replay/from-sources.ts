/**
 * Decides again from the sources themselves, through ingest and detect, with the controls that the `windows` log has
 * recorded: promotions and verdicts take effect at the boundaries at which they did live.
 */
import type { Config, SourceConfig } from '../../config/schema.js';
import { shardOf } from '../../records/entity.js';
import { hashText } from '../../records/wire/hash.js';
import {
  decodeWindowsRecord,
  isBroadcast,
  isProgress,
  type IngestRecord,
  type WindowsRecord,
} from '../../records/windows.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { Pass } from '../../runtime/pass.js';
import { TaskState } from '../../runtime/state.js';
import { ingest } from '../../topologies/ingest.js';
import { StartError } from '../../runtime/start-error.js';
import { Artefacts } from '../../training/artefacts.js';
import type { ReadBytes } from '../../service/intake/read-bytes.js';
import { fileSources } from '../../service/intake/sources.js';
import { openChannel } from './channel-records.js';
import { DecisionSet } from './decision-set.js';
import { recordsIn, snapshotsGoneBackTo, type Replayed } from './from-log.js';
import { ReplayGate } from './gate.js';
import type { RecordedClocks } from './recorded-clocks.js';
import { RecordedControls } from './recorded-controls.js';
import type { SourceItem } from '../../records/raw.js';
import { ReplayedShard } from './shard.js';

type ReplayedSource = Awaited<ReturnType<typeof fileSources>>[number];

function nameOf(source: SourceConfig): string {
  if (source.type === 'kafka') return `topics ${source.topics.join(', ')}`;
  if (source.type === 'nats') return `stream ${source.stream}`;
  return source.type === 'file' ? 'standard input' : 'what was posted';
}

/** @throws StartError where a source cannot be read a second time */
export async function fromSources(config: Config, slice?: number, bytes?: ReadBytes): Promise<Replayed> {
  for (const source of config.sources) {
    if (source.type !== 'file' || source.path === '-')
      throw new StartError(`--source logs reads files again: ${nameOf(source)} cannot be; use --source windows`);
  }
  if (config.sources.some((source) => source.type === 'file' && source.follow))
    throw new StartError('--source logs reads files again, and followed files may be rotated: use --source windows');
  const sources = await fileSources(config, bytes);
  const names = sources.map(({ name }) => name);
  const wanted = await snapshotsGoneBackTo(config);
  const controls = await recordedControls(config, wanted);
  const doubts = controls.flatMap(({ sourceSets }, shard) =>
    [...sourceSets]
      .filter((set) => set !== [...names].sort().join(' '))
      .map((set) => `shard ${shard} of the windows log lists other sources: ${set}`),
  );
  const artefacts = Artefacts.in(config.state.dir);
  const decisions = new DecisionSet();
  const gates = controls.map(({ said }) => new ReplayGate(names, said, config.windows.pane));
  const shards: ReplayedShard[] = [];
  for (const [index, { promotions }] of controls.entries()) {
    const shard = await ReplayedShard.open(config, artefacts, index, decisions, {
      ...(slice === undefined ? {} : { slice }),
      wanted,
    });
    for (const { control, at } of promotions) await shard.take({ ...control, from: at });
    for (const record of gates[index]!.begin()) await shard.take(record);
    shards.push(shard);
  }
  const give = async (index: number, record: WindowsRecord): Promise<void> => {
    for (const passed of gates[index]!.pass(record)) await shards[index]!.take(passed);
  };
  let records = 0;
  for await (const record of ingested(sources, controls[0]!.clocks)) {
    records++;
    if (isBroadcast(record)) for (let index = 0; index < shards.length; index++) await give(index, record);
    else await give(shardOf('entity' in record ? record.entity : '', shards.length), record);
  }
  let refused = 0;
  for (const shard of shards) {
    await shard.flush();
    shard.close();
    refused += shard.refused;
  }
  return { decisions, records, refused, doubts };
}

/** Where the controls of each shard took effect. */
async function recordedControls(config: Config, wanted: ReadonlySet<string>): Promise<RecordedControls[]> {
  const channel = await openChannel(config, 'windows');
  const artefacts = Artefacts.in(config.state.dir);
  const all: RecordedControls[] = [];
  try {
    for (let index = 0; index < channel.shards; index++) {
      const controls = new RecordedControls();
      const shard = await ReplayedShard.open(config, artefacts, index, new DecisionSet(), {
        boundary: controls.boundary,
        wanted,
        records: (from, to) => recordsIn(channel, index, from, to),
      });
      for await (const { offset, value } of channel.records(index))
        await controls.take(shard, decodeWindowsRecord(value), offset);
      await shard.flush();
      shard.close();
      all.push(controls);
    }
  } finally {
    await channel.close();
  }
  return all;
}

/** What ingest makes of all sources: a batch at a time of the source that is furthest behind in event time. */
async function* ingested(sources: readonly ReplayedSource[], clocks: RecordedClocks): AsyncGenerator<IngestRecord> {
  const readers = sources.map((source) => ({
    batches: read(source, clocks.of(source.name)),
    watermark: Number.NEGATIVE_INFINITY,
  }));
  while (readers.length > 0) {
    const slowest = readers.reduce((least, reader) => (reader.watermark < least.watermark ? reader : least));
    const next = await slowest.batches.next();
    if (next.done === true) {
      readers.splice(readers.indexOf(slowest), 1);
      continue;
    }
    for (const record of next.value) {
      if (record.type === 'mark' && isProgress(record)) slowest.watermark = record.watermark;
      yield record;
    }
  }
}

async function* read(
  { name, incarnation, source, parts }: ReplayedSource,
  timed: (items: readonly SourceItem[]) => SourceItem[],
): AsyncGenerator<readonly IngestRecord[]> {
  const stores = await TaskState.restore(new MemoryBackend(), `replay/ingest/${hashText(name)}`, 1);
  const pass = new Pass(ingest({ ...parts, source: name, incarnation, epoch: stores.epoch, stores }));
  const never = new AbortController().signal;
  try {
    for await (const batch of source.open(undefined, { stop: never, drain: never })) {
      for await (const { items } of pass.run({ ...batch, items: timed(batch.items) })) yield items;
    }
  } finally {
    pass.close();
    stores.close();
  }
}

/** The `windows` log as training needs it: records to learn from, the sources where there are none, the promotion. */
import type { Config } from '../config/schema.js';
import { KafkaChannelWriter } from '../connectors/kafka/channel.js';
import { kafkaClient } from '../connectors/kafka/client.js';
import { channelTopic } from '../connectors/kafka/topics.js';
import { SegmentLogReader } from '../connectors/segment-log/reader.js';
import { SegmentLogWriter } from '../connectors/segment-log/writer.js';
import { isProgress } from '../records/windows.js';
import type { ChannelWriter } from '../records/store.js';
import { encodeControl, type Control } from '../records/control.js';
import { trainingControl, type TrainingEntry } from '../records/training.js';
import { allPanes, decodeWithin } from '../records/windows.js';
import { Supervisor } from '../runtime/supervisor.js';
import { writtenItem } from '../records/raw.js';
import { Task } from '../runtime/task.js';
import { ingest } from '../topologies/ingest.js';
import { StartError } from '../runtime/start-error.js';
import { channelFolder, deadLetterSink, isKeptForEver, openEmbedded, shardsOf } from '../service/channels.js';
import { Flow } from '../service/flow/flow.js';
import type { ReadBytes } from '../service/intake/read-bytes.js';
import { fileSources } from '../service/intake/sources.js';
import type { ShardRecords } from '../training/run-records.js';
import { broadcast, windowsSink } from '../service/windows-channel.js';
import type { OpenedChannel } from './replay/channel-records.js';

/** The records of each shard, decoded. */
export const shardRecords = (channel: OpenedChannel): ShardRecords[] =>
  Array.from(
    { length: channel.shards },
    (_, shard) =>
      async function* (panes = allPanes) {
        for await (const { offset, value } of channel.records(shard))
          yield { offset, record: decodeWithin(value, panes) };
      },
  );

/** Whether anything was ever ingested. */
export async function hasPanes(shards: readonly ShardRecords[]): Promise<boolean> {
  for (const records of shards) for await (const { record } of records()) if ('pane' in record) return true;
  return false;
}

/** Whether an embedded run has made its `windows` log. */
export const hasLog = async (config: Config): Promise<boolean> =>
  SegmentLogReader.open({ folder: channelFolder(config, 'windows') }).then(
    async (reader) => {
      await reader.close();
      return true;
    },
    () => false,
  );

/** How far a file may be ahead of the slowest one, in windows. */
const maxAhead = 100;

/**
 * Reads the file sources to their ends into the `windows` log, with the state of the very tasks that a run has: a run
 * that follows goes on behind it and finds everything there.
 */
export async function ingestSources(config: Config, warn: (message: string) => void, bytes?: ReadBytes): Promise<void> {
  if (config.sources.some((source) => source.type !== 'file'))
    throw new StartError('the windows log is empty and sources other than files are read by tocsin run: run it first');
  const sources = await fileSources(config, bytes);
  const embedded = await openEmbedded(config, warn);
  try {
    const { windows, 'dead-letters': deadLetters } = embedded.channels;
    const { shards } = config.channels;
    const names = sources.map(({ name }) => name);
    const flow = new Flow({
      sources: names,
      shards,
      maxAhead: maxAhead * config.windows.length,
    });
    await broadcast(windows.writer, shards, { type: 'sources', version: Date.now(), sources: names });
    const tasks = sources.map(({ name, incarnation, source, parts }) => {
      const sink = windowsSink(windows.writer, shards);
      return new Task({
        name: `ingest/${name}`,
        topology: (stores, epoch) => ingest({ ...parts, source: name, incarnation, epoch, stores }),
        source,
        sink: {
          write: async (items, context) => {
            await sink.write(items, context);
            for (const item of items)
              if (item.type === 'mark' && isProgress(item)) flow.mark(name, item.watermark, item.kind);
          },
          flush: () => sink.flush(),
        },
        deadLetters: deadLetterSink(deadLetters.writer, config.dead_letters.raw, () => undefined),
        backend: embedded.backend,
        journal: writtenItem,
        mayRead: (signal) => flow.mayRead(name, signal),
      });
    });
    await new Supervisor([tasks]).run(config.shutdown);
    await windows.writer.flush();
  } finally {
    await embedded.close();
  }
}

/**
 * Appends a promotion to every shard.
 *
 * @throws StartError where a running tocsin holds the segment log
 */
export async function appendPromotion(config: Config, artefact: string, from: number): Promise<void> {
  const writer = await openWriter(config, artefact);
  try {
    await broadcast(writer, config.channels.shards, { type: 'promotion', artefact, from });
  } finally {
    await writer.close();
  }
}

/** Records a promotion that a person made, so that training knows which set is in force. */
export async function recordPromotion(
  config: Config,
  about: Pick<TrainingEntry, 'artefact' | 'from' | 'rows' | 'entities' | 'templates' | 'detectors'>,
): Promise<void> {
  const at = Date.now();
  const entry = { what: 'promoted', epoch: 0, at, why: 'by command', origin: 'command', ...about } as const;
  await appendControl(
    config,
    trainingControl(entry, `training/command/${about.artefact}/${at}`, 'cli'),
    about.artefact,
  );
}

/**
 * Appends a control for every process.
 *
 * @throws StartError where a running tocsin holds the segment log
 */
export async function appendControl(config: Config, control: Control, artefact = ''): Promise<void> {
  const writer = await openWriter(config, artefact, 'controls');
  try {
    writer.append(0, '', encodeControl(control));
    await writer.flush();
  } finally {
    await writer.close();
  }
}

async function openWriter(
  config: Config,
  artefact: string,
  channel: 'windows' | 'controls' = 'windows',
): Promise<ChannelWriter> {
  const { prefix, backend, retention } = config.channels;
  const shards = shardsOf(config, channel);
  const kept = isKeptForEver(channel) ? {} : { retention: { ms: retention } };
  try {
    return backend === 'kafka'
      ? await KafkaChannelWriter.open({
          kafka: kafkaClient(config.kafka!),
          topic: channelTopic(prefix, channel),
          shards,
        })
      : await SegmentLogWriter.open({ folder: channelFolder(config, channel), shards, ...kept });
  } catch (error) {
    throw new StartError(
      `the set ${artefact} is stored, but it cannot be promoted: ${(error as Error).message}`,
      'failed',
    );
  }
}

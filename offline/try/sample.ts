/** The first records of a file, of standard input or of a topic, as an ingest task would be handed them. */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Config } from '../../config/schema.js';
import { fileSource, fileSourceName, refuseNoFile } from '../../connectors/file/source.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { KafkaGroup } from '../../connectors/kafka/consumer-group.js';
import { TopicOffsets } from '../../connectors/kafka/offsets.js';
import type { PartitionStream } from '../../connectors/kafka/partition-stream.js';
import { kafkaSource } from '../../connectors/kafka/source.js';
import type { Batch, Rejected } from '../../records/batch.js';
import type { RawRecord, SourceItem } from '../../records/raw.js';
import { StartError } from '../../runtime/start-error.js';
import { yearHint } from '../../service/options.js';
import { kafkaUnavailable } from '../../service/kafka-unavailable.js';

/** One record as it came, or why the connector refused it. */
export type Taken =
  { readonly offset: number; readonly raw: RawRecord } | { readonly offset: number; readonly refused: Rejected };

/** What was taken of one source, in its order. */
export interface SourceSample {
  readonly source: string;
  readonly taken: readonly Taken[];
  /** Values of a topic: each stands for itself and may hold several lines. */
  readonly areValues?: boolean;
  /** There is more than was taken. */
  readonly isCut: boolean;
  /** Of a file: where stamps without a year are. */
  readonly near?: number;
}

/** Bytes that are read at once: a sample needs no more. */
const slice = 65_536;

/** In order of their offsets. */
function takenOf({ items, rejected }: Batch<SourceItem>): Taken[] {
  const raws = items.flatMap((item): Taken[] => (item.type === undefined ? [{ offset: item.offset, raw: item }] : []));
  const refused = rejected.map((each): Taken => ({ offset: each.offset, refused: each }));
  return refused.length === 0 ? raws : [...raws, ...refused].sort((a, b) => a.offset - b.offset);
}

/**
 * The first records of a file; `-` is standard input, `.gz` is unpacked.
 *
 * @param isReceived lines have the time of their reading, as with `time: received`
 * @throws StartError where it cannot be read
 */
export async function fileSample(path: string, limit: number, isReceived = false): Promise<SourceSample> {
  const taken: Taken[] = [];
  const stop = new AbortController();
  try {
    if (path !== '-') refuseNoFile(await stat(path));
    for await (const batch of fileSource({ path, slice, stop: stop.signal })) {
      const now = Date.now();
      const stamped = batch.items.map((item) => ({ ...item, timestamp: now, appended: true }));
      taken.push(...takenOf(isReceived ? { ...batch, items: stamped } : batch));
      if (taken.length > limit) break;
    }
  } catch (error) {
    throw new StartError(`${path} cannot be read: ${(error as Error).message}`);
  } finally {
    stop.abort();
  }
  const isCut = taken.length > limit;
  return { source: fileSourceName(path), taken: taken.slice(0, limit), isCut, ...yearHint(path) };
}

/** As a Kafka topic would hold them: a JSON array of texts, or of objects with `value` (or `text`) and `timestamp`. */
export function valueSample(text: string, path: string, limit: number): SourceSample {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (error) {
    throw new StartError(`${path} is no JSON: ${(error as Error).message}; --values takes an array of values`);
  }
  if (!Array.isArray(values)) throw new StartError(`${path} is no JSON array: --values takes an array of values`);
  const taken = values.slice(0, limit).map((each: unknown, offset): Taken => {
    const held = (typeof each === 'string' ? { value: each } : (each ?? {})) as Partial<
      Record<'value' | 'text' | 'timestamp' | 'base64', unknown>
    >;
    const value = held.value ?? held.text;
    const bytes =
      typeof held.base64 === 'string'
        ? Buffer.from(held.base64, 'base64')
        : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value ?? ''));
    const timestamp = typeof held.timestamp === 'number' ? held.timestamp : Date.now();
    return { offset, raw: { bytes, start: 0, end: bytes.length, offset, timestamp, topic: topicOf(path) } };
  });
  return { source: `${topicOf(path)}/0`, taken, areValues: true, isCut: values.length > limit };
}

const topicOf = (path: string): string => path.replace(/^.*\//, '').replace(/(.)\.[^.]*$/, '$1');

/** How long a topic may give nothing, ms. */
const patience = 20_000;

/**
 * The first records that the partitions of a topic still have, read in a consumer group of its own that is deleted.
 *
 * @throws StartError where the brokers do not answer or there is no such topic
 */
export async function topicSample(
  settings: NonNullable<Config['kafka']>,
  topic: string,
  limit: number,
): Promise<readonly SourceSample[]> {
  const kafka = kafkaClient(settings);
  const admin = kafka.admin();
  let partitions: number;
  try {
    await admin.connect();
    const topics = await admin.listTopics();
    if (!topics.includes(topic))
      throw new StartError(
        `there is no topic ${topic} at ${settings.brokers.join(', ')}; there are ${topics.slice(0, 20).join(', ') || 'none'}`,
      );
    partitions = (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions.length;
  } catch (error) {
    throw error instanceof StartError ? error : kafkaUnavailable(settings, error);
  } finally {
    await admin.disconnect();
  }
  const groupId = `${settings.group}-try-${randomBytes(8).toString('hex')}`;
  const stop = new AbortController();
  const samples: SourceSample[] = [];
  const offsets = new TopicOffsets(kafka);
  await offsets.connect();
  let group: KafkaGroup | undefined;
  try {
    const feeds = await new Promise<readonly PartitionStream[]>((resolve, reject) => {
      const assigned: PartitionStream[] = [];
      group = new KafkaGroup({
        kafka,
        groupId,
        topics: [topic],
        onAssigned: (feed) => {
          assigned.push(feed);
          if (assigned.length === partitions) resolve(assigned);
        },
        onRevoked: () => undefined,
        onLost: () => undefined,
        onFatal: reject,
      });
      group.start().catch(reject);
    });
    const share = Math.max(1, Math.ceil(limit / partitions));
    const timer = setTimeout(() => stop.abort(), patience);
    await Promise.all(
      feeds.map(async (feed) => {
        const taken: Taken[] = [];
        const source = kafkaSource(feed, { start: 'earliest', bounded: true });
        for await (const batch of source.open(undefined, { stop: stop.signal, drain: stop.signal })) {
          taken.push(...takenOf(batch));
          if (taken.length > share) break;
        }
        samples.push({ source: feed.name, taken: taken.slice(0, share), isCut: taken.length > share });
      }),
    );
    clearTimeout(timer);
  } finally {
    await group?.stop();
    await offsets.forget(groupId);
    await offsets.close();
  }
  return samples.sort((a, b) => (a.source < b.source ? -1 : 1));
}

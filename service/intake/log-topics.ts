/**
 * Which partitions the log topics have, as the `controls` log tells it to every member: a topic grows, goes, comes back.
 * The first member that sees a change records it, and all follow the record, so that none reads a partition of which the
 * others do not know.
 */
import type { Control } from '../../records/control.js';
import type { KafkaSourceConfig } from './configured-topics.js';

export interface LogPartition {
  readonly config: KafkaSourceConfig;
  readonly incarnation: number;
  /** Whether it begins where the configuration says, and not at its beginning. */
  readonly isOriginal: boolean;
}

export interface LogTopic {
  /** 0: it is not there. */
  readonly partitions: number;
  /** Raised when it was re-created under the same name. */
  readonly incarnation: number;
  /** Partitions when it was first seen: these begin where the configuration says, later ones at their beginning. */
  readonly original: number;
  /** Ordinal of the change. */
  readonly change: number;
  /** Wall-clock ms. */
  readonly at: number;
}

interface TopicShape {
  readonly partitions: number;
  readonly incarnation: number;
  /** It came while a pattern that matches it was read already: all of it is new. */
  readonly isNew?: boolean;
}

/** The topics after all that was said. A change that was said twice counts once, and so does one of two at a time. */
export function logTopics(controls: Iterable<Control>): Map<string, LogTopic> {
  const topics = new Map<string, LogTopic>();
  for (const { command, id, about, value, at } of controls) {
    if (command !== 'topic') continue;
    const known = topics.get(about);
    const change = (known?.change ?? 0) + 1;
    const [, partitions, incarnation, isNew] = /^(\d{1,9}) (\d{1,9})( new)?$/.exec(value) ?? [];
    if (id !== changeId(about, change) || incarnation === undefined) continue;
    const shape = { partitions: Number(partitions), incarnation: Number(incarnation) };
    topics.set(about, { ...shape, original: known?.original ?? (isNew ? 0 : shape.partitions), change, at });
  }
  return topics;
}

/** What has changed where a topic has `partitions` now; undefined where nothing has. Topics never shrink. */
export function changed(known: LogTopic | undefined, partitions: number): TopicShape | undefined {
  if (!known) return { partitions, incarnation: 0 };
  if (partitions === known.partitions) return undefined;
  const isNew = partitions > 0 && partitions < Math.max(known.partitions, 1);
  const isBack = known.partitions === 0;
  return { partitions, incarnation: known.incarnation + (isNew || isBack ? 1 : 0) };
}

/** The record that tells of a change. */
export const topicControl = (
  topic: string,
  known: LogTopic | undefined,
  { partitions, incarnation, isNew = false }: TopicShape,
  said: Pick<Control, 'by' | 'via' | 'why' | 'at'>,
): Control => ({
  id: changeId(topic, (known?.change ?? 0) + 1),
  command: 'topic',
  about: topic,
  value: `${partitions} ${incarnation}${isNew ? ' new' : ''}`,
  ...said,
});

const changeId = (topic: string, change: number): string => `topic ${topic} ${change}`;

/** Names of the partitions of a topic, as sources. */
export const partitionsOf = (topic: string, { partitions }: Pick<LogTopic, 'partitions'>): string[] =>
  Array.from({ length: partitions }, (_, partition) => `${topic}/${partition}`);

/** Whether a partition begins where the configuration says: it was there before anything was read. */
export const isOriginal = ({ incarnation, original }: LogTopic, partition: number): boolean =>
  incarnation === 0 && partition < original;

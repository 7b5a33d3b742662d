/**
 * What a member of a fleet reads of the logs: the partitions of its log topics, also those that are added, removed or
 * re-created while it runs. The first member that polls finds a change and records it in `controls`, and all follow: the source
 * set is written, then the consumer group is joined again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import { BeyondEndError, type PartitionStream } from '../../connectors/kafka/partition-stream.js';
import type { TopicOffsets } from '../../connectors/kafka/offsets.js';
import type { WindowsRecord } from '../../records/windows.js';
import { StartError } from '../../runtime/start-error.js';
import type { ControlsLog } from '../flow/controls-log.js';
import type { Flow } from '../flow/flow.js';
import {
  changed,
  isOriginal,
  logTopics,
  partitionsOf,
  topicControl,
  type LogPartition,
  type LogTopic,
} from './log-topics.js';
import { ConfiguredTopics } from './configured-topics.js';
import type { Peers, Progressed } from '../fleet/peers.js';

/** A partition that this member reads, as far as its reading can be ended. */
export type LogFeed = Pick<PartitionStream, 'name' | 'topic' | 'isOpen' | 'end'>;

/** This member of the group that reads the log topics. */
export interface LogGroup {
  assigned(): readonly LogFeed[];
  start(): Promise<void>;
}

/** What intake needs of the cluster, of the other members and of this one. */
export interface IntakeParts<Group extends LogGroup> {
  readonly config: Pick<Config, 'sources' | 'channels'>;
  readonly admin: Pick<Admin, 'listTopics'>;
  readonly offsets: Pick<TopicOffsets, 'partitions' | 'range' | 'at'>;
  readonly peers: Pick<Peers, 'read'>;
  readonly flow: Flow;
  readonly log: Logger;
  readonly controls: ControlsLog;
  readonly broadcast: (record: WindowsRecord) => Promise<void>;
  /** Makes the member of the group that reads these topics. */
  readonly join: (topics: readonly string[]) => Group;
  /** Ends it: what was read is finished and checkpointed. */
  readonly leave: (group: Group) => Promise<void>;
  /** Ends a deleted source from its checkpoint: what was read of it counts. */
  readonly end: (name: string, partition: LogPartition) => Promise<void>;
  /** ms of a clock that only goes forward; that of the process where it is not given. */
  readonly now?: () => number;
}

/** How often the brokers are asked which partitions there are, ms. */
const lookMs = 5000;
/** How often the source set is written again, ms. */
const listMs = 86_400_000;
/** How long a recorded change may take to be read back, ms. */
const heardMs = 10_000;
/** How long the last records of a deleted topic may take to be finished, ms. */
const finishMs = 10_000;

/** Follows the partitions of the log topics. */
export class Intake<Group extends LogGroup> {
  private readonly configured: ConfiguredTopics;
  /** What is read now. */
  private topics = new Map<string, LogTopic>();
  private group: Group | undefined;
  private version = 0;
  private lookedAt: number;
  private listedAt: number;
  private trouble: Error | undefined;
  /** Partitions that were read here since the start. */
  private readonly had = new Set<string>();

  private readonly now: () => number;

  constructor(private readonly parts: IntakeParts<Group>) {
    this.configured = new ConfiguredTopics(parts.config);
    this.now = parts.now ?? (() => performance.now());
    this.lookedAt = this.listedAt = this.now();
  }

  /**
   * Polls the partitions, and records changes that no member has recorded.
   *
   * @throws StartError where a topic has never been there
   */
  async open(): Promise<void> {
    try {
      const never = this.configured.names.filter((topic) => !this.said().has(topic));
      await this.parts.offsets.partitions(never);
      await this.look();
      await this.beginPatterns();
    } catch (error) {
      throw new StartError((error as Error).message, 'unavailable');
    }
    this.topics = this.said();
    this.parts.flow.list(this.names());
  }

  /** Lists the sources and makes the member of the group, which the caller starts. */
  async begin(): Promise<void> {
    await this.list(Date.now());
    this.group = this.join();
  }

  partition(topic: string, partition: number): LogPartition {
    const known = this.topics.get(topic)!;
    const { incarnation } = known;
    this.had.add(`${topic}/${partition}`);
    return { config: this.configured.sourceOf(topic)!, incarnation, isOriginal: isOriginal(known, partition) };
  }

  incarnation(topic: string): number {
    return this.topics.get(topic)?.incarnation ?? 0;
  }

  /** What other members have read; positions in a topic that was there before under the same name say nothing. */
  async progress(): Promise<ReadonlyMap<string, Progressed>> {
    const told = await this.parts.peers.read(this.present());
    const current = ([name, { incarnation = 0 }]: [string, Progressed]): boolean =>
      incarnation === this.incarnation(name.slice(0, name.lastIndexOf('/')));
    return new Map([...told].filter(current));
  }

  /** Reading has failed, perhaps because a topic has changed: the next `settle` checks. */
  fail(error: Error): void {
    this.trouble ??= error;
  }

  /**
   * Checks now and then whether topics have changed, and follows the recorded changes.
   *
   * @throws Error what was given to `fail`, where no change of a topic explains it
   */
  async settle(): Promise<void> {
    const { trouble } = this;
    if (trouble || this.now() - this.lookedAt >= lookMs) {
      try {
        await this.look(trouble);
      } catch (error) {
        if (trouble) throw trouble;
        this.parts.log.debug({ err: error as Error }, 'which partitions there are is not known now');
      }
      this.lookedAt = this.now();
    }
    // Training reads the log from its first record that is left: retention must leave a source set in it.
    if (this.now() - this.listedAt >= listMs) await this.list(Date.now());
    const said = this.said();
    const isChanged = (topic: string): boolean => said.get(topic)?.change !== this.topics.get(topic)?.change;
    const news = [...new Set([...said.keys(), ...this.topics.keys()])].filter(isChanged);
    if (news.length === 0 && trouble) throw trouble;
    this.trouble = undefined;
    if (news.length > 0) await this.follow(said, news);
  }

  private async follow(said: Map<string, LogTopic>, news: readonly string[]): Promise<void> {
    const { log, flow } = this.parts;
    for (const topic of news) {
      const before = this.topics.get(topic);
      const now = said.get(topic)!;
      log.warn({ topic, partitions: now.partitions, before: before?.partitions ?? 0 }, describe(before, now));
    }
    const gone = news.filter(
      (topic) => said.get(topic)!.partitions === 0 || said.get(topic)!.incarnation !== this.incarnation(topic),
    );
    const feeds = (this.group?.assigned() ?? []).filter((feed) => feed.isOpen && gone.includes(feed.topic));
    await this.finish(feeds);
    await this.endLeft(
      gone,
      feeds.map(({ name }) => name),
    );
    if (this.group) await this.parts.leave(this.group);
    this.topics = said;
    flow.list(this.names());
    await this.list(Math.max(...news.map((topic) => said.get(topic)!.at)));
    this.group = this.join();
    try {
      await this.group?.start();
    } catch (error) {
      // A topic may have been deleted in the meantime.
      this.fail(error as Error);
    }
  }

  /** Ends the sources of deleted topics, so that the records that were read count. */
  private async finish(feeds: readonly LogFeed[]): Promise<void> {
    for (const feed of feeds) feed.end();
    const { flow } = this.parts;
    const began = this.now();
    const isLeft = ({ name }: LogFeed): boolean => flow.watermarks.has(name) && !flow.hasEnded(name);
    while (feeds.some(isLeft) && !this.trouble && this.now() - began < finishMs)
      await flow.change(new AbortController().signal, 100);
  }

  /**
   * The group assigns a deleted partition to no member, perhaps before the change was seen: every member that had it ends
   * its source. Ending it twice does no harm.
   */
  private async endLeft(gone: readonly string[], finished: readonly string[]): Promise<void> {
    for (const topic of gone)
      for (const name of partitionsOf(topic, this.topics.get(topic) ?? { partitions: 0 })) {
        if (!this.had.has(name) || finished.includes(name)) continue;
        await this.parts.end(name, this.partition(topic, Number(name.slice(topic.length + 1))));
      }
  }

  private join(): Group | undefined {
    const present = this.present();
    return present.length > 0 ? this.parts.join(present) : undefined;
  }

  private said(): Map<string, LogTopic> {
    const isRead = ([topic]: [string, LogTopic]): boolean => this.configured.sourceOf(topic) !== undefined;
    return new Map([...logTopics(this.parts.controls.said.values())].filter(isRead));
  }

  /**
   * Records that a pattern is read from now on: a topic that matches it later is read from its beginning, whatever the
   * configuration says of topics, also by members that were away when it was created. The record looks like that of a
   * topic without partitions.
   */
  private async beginPatterns(): Promise<void> {
    const { controls, log } = this.parts;
    const topics = logTopics(controls.said.values());
    for (const pattern of this.configured.patterns) {
      if (topics.has(pattern)) continue;
      const said = { by: 'tocsin', via: 'kafka', why: 'first read', at: Date.now() };
      await controls.say(topicControl(pattern, undefined, { partitions: 0, incarnation: 0 }, said));
    }
    const patterns = this.configured.patterns.join(', ');
    if (patterns !== '' && this.said().size === 0)
      log.warn({ patterns }, 'no topic matches yet: those that are created are read from their beginning');
  }

  private present(): string[] {
    return [...this.topics].filter(([, { partitions }]) => partitions > 0).map(([topic]) => topic);
  }

  private names(): string[] {
    return [...this.topics].flatMap(([topic, known]) => partitionsOf(topic, known));
  }

  private async list(at: number): Promise<void> {
    this.version = Math.max(this.version + 1, at);
    await this.parts.broadcast({ type: 'sources', version: this.version, sources: this.names() });
    this.listedAt = this.now();
  }

  /** Asks the brokers, and records what has changed. */
  private async look(trouble?: Error): Promise<void> {
    const { admin, offsets, controls } = this.parts;
    const there = new Set(await admin.listTopics());
    const said = this.said();
    const matching = [...there].filter((topic) => this.configured.sourceOf(topic));
    const topics = [...new Set([...this.configured.names, ...said.keys(), ...matching.sort()])];
    const counts = await offsets.partitions(topics.filter((topic) => there.has(topic)));
    const begun = logTopics(controls.said.values());
    const recreated = trouble && (await this.recreatedTopic(trouble));
    for (const topic of topics) {
      const known = said.get(topic);
      const partitions = counts.get(topic)?.length ?? 0;
      // A change that is recorded and not followed yet explains the trouble.
      const isRecreated = topic === recreated && known?.change === this.topics.get(topic)?.change;
      const found =
        changed(known, partitions) ?? (isRecreated ? { partitions, incarnation: known!.incarnation + 1 } : undefined);
      if (!found) continue;
      const shape = { ...found, isNew: !known && this.configured.isNew(topic, (pattern) => begun.has(pattern)) };
      const why = isRecreated ? trouble!.message : 'seen at the brokers';
      await controls.say(topicControl(topic, known, shape, { by: 'tocsin', via: 'kafka', why, at: Date.now() }));
      await this.heard(topic, (known?.change ?? 0) + 1);
    }
  }

  /** Waits until a recorded change is read back, like those of other members. */
  private async heard(topic: string, change: number): Promise<void> {
    const began = this.now();
    while ((this.said().get(topic)?.change ?? 0) < change) {
      if (this.now() - began > heardMs)
        throw new Error(`the change of topic ${topic} is not read back from the controls log`);
      await sleep(20);
    }
  }

  /**
   * The topic that was re-created, where reading failed because a partition ends before the position: then the last
   * record that was read is younger than all that are there now. Otherwise the brokers have lost the end of the partition.
   */
  private async recreatedTopic(trouble: Error): Promise<string | undefined> {
    const cause = trouble instanceof BeyondEndError ? trouble : trouble.cause;
    if (!(cause instanceof BeyondEndError) || cause.lastTime === undefined) return undefined;
    const { topic, partition, lastTime } = cause;
    const { low } = await this.parts.offsets.range(topic, partition);
    return (await this.parts.offsets.at(topic, partition, lastTime)) <= low ? topic : undefined;
  }
}

function describe(before: LogTopic | undefined, now: LogTopic): string {
  if (now.partitions === 0) return 'a log topic was deleted: what was not read of it is lost';
  if (!before) return 'a log topic has come that matches a pattern, and is read from its beginning';
  if (now.incarnation !== before.incarnation) return 'a log topic was re-created, and is read from its beginning';
  return 'a log topic has more partitions';
}

/** One member of a fleet: tasks come and go with the partitions of log topics, `windows` and `alerts`. */
import type { Admin, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import type { Health } from '../../connectors/http/server.js';
import type { Links } from '../../connectors/http/links.js';
import { KafkaChannelReader, KafkaChannelWriter } from '../../connectors/kafka/channel.js';
import { kafkaClient, type KafkaLog } from '../../connectors/kafka/client.js';
import type { PartitionFeed } from '../../connectors/kafka/feed.js';
import { KafkaGroup } from '../../connectors/kafka/group.js';
import { TopicOffsets } from '../../connectors/kafka/offsets.js';
import { kafkaChannelSource } from '../../connectors/kafka/source.js';
import {
  channelTopic,
  channelTopics,
  checkTopics,
  topicRisks,
  type ChannelTopic,
} from '../../connectors/kafka/topics.js';
import { decode } from '../../records/codec.js';
import { redriven } from '../../records/dead-letter.js';
import { decodeAlert } from '../../records/alert.js';
import type { SourceItem } from '../../records/raw.js';
import type { AlertNotice } from '../../records/notification.js';
import type { ChannelWriter } from '../../records/store.js';
import { decodeWindowsRecord } from '../../records/windows.js';
import { FencedError } from '../../runtime/backend.js';
import { steadyNow } from '../../runtime/clock.js';
import { health as healthOf, type Progress } from '../../runtime/progress.js';
import type { Source } from '../../runtime/source.js';
import { TaskError } from '../../runtime/task-options.js';
import { kafkaAway, UserError } from '../exit-codes.js';
import { refuseHalfResharded } from '../reshard/reshard.js';
import { Artefacts } from './artefacts.js';
import { channelNames, shardsOf, type WrittenChannel } from './channels.js';
import { refuseLostState } from './committed.js';
import { ControlsLog } from './controls-log.js';
import { isAllDecided, isAtRest, isDone } from './fleet-end.js';
import { openState } from './state.js';
import { Flow, mostAheadWindows } from './flow.js';
import { Intake } from './intake.js';
import { endedSource, logSource, renamed } from './log-source.js';
import type { LogPartition } from './log-topics.js';
import { announceKnown } from './known-beforehand.js';
import { ingestParts } from './parts.js';
import { encodeProgress, Peers } from './peers.js';
import { Registries } from './registries.js';
import { topologyOf, type Role } from './roles.js';
import { Healer } from './healer.js';
import { Responder } from './respond.js';
import { healingNews } from './tell.js';
import { Wiring } from './tasks.js';

export interface FleetParts {
  readonly config: Config & { readonly kafka: NonNullable<Config['kafka']> };
  /** Sources end at what is their end now, and the member ends when its shards have decided all of it. */
  readonly bounded: boolean;
  /** Reads no logs, and ends when what is in `windows` is decided and what is in `alerts` is handled. */
  readonly drain: boolean;
  /** Which of the three topologies this member runs. */
  readonly roles: ReadonlySet<Role>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly url: string;
  readonly links: Links;
  readonly print?: (notice: AlertNotice) => void;
}

interface RunningTask {
  start(): Promise<void>;
  stop(limitMs: number): Promise<boolean>;
  close(): void;
  progress(): Progress;
  readonly done: Promise<void>;
}

const stuckAfter = 60_000;
/** How often positions and marks are told to the others, ms. */
const observeMs = 1000;
const rangeAgeMs = 5000;
/** How long deliveries under way are waited for when a member stops, ms. */
const settleMs = 5000;

/** Another holder of the task has claimed its state. */
const isFenced = (error: unknown): boolean => error instanceof TaskError && error.cause instanceof FencedError;

/**
 * Who gets a partition may claim its state before the one that had it hears of the move. Whether it has moved is known
 * at the next join, which comes within a session.
 */
function afterMove(group: KafkaGroup, sessionMs: number, then: () => void): void {
  const { joins } = group;
  const began = performance.now();
  const timer = setInterval(() => {
    if (group.joins === joins && performance.now() - began < sessionMs) return;
    clearInterval(timer);
    then();
  }, 50).unref();
}

export class Fleet {
  private readonly tasks = new Map<string, RunningTask>();
  private readonly groups: KafkaGroup[] = [];
  private readonly closing: (() => Promise<unknown>)[] = [];
  private readonly stopping = new AbortController();
  private fatal: Error | undefined;
  /** What the members of this fleet have in common and those of another one do not. */
  private owner = '';
  private observedAt = 0;
  wiring!: Wiring;
  private flow!: Flow;
  /** Looks at topics and at what groups have committed. */
  private admin!: Admin;
  private registries!: Registries;
  private responder!: Responder;
  healer!: Healer;
  /** Of a member that reads logs. */
  private intake: Intake | undefined;

  private constructor(private readonly parts: FleetParts) {}

  static async open(parts: FleetParts): Promise<Fleet> {
    const fleet = new Fleet(parts);
    try {
      await fleet.prepare();
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  /** Joins the groups and runs until `stop`, the end of a bounded run, or a failure (rejects). */
  async run(): Promise<void> {
    try {
      for (const group of this.groups) await group.start();
      const { signal } = this.stopping;
      while (!signal.aborted && !this.fatal && !(await this.isOver())) {
        await this.flow.change(signal);
        if (!this.parts.bounded) await this.intake?.settle();
        await this.observe();
      }
    } finally {
      await this.close();
    }
    if (this.fatal) throw this.fatal;
  }

  stop(): void {
    this.stopping.abort();
  }

  get links(): Links {
    return this.parts.links;
  }

  health(): Health {
    const progress = [...this.tasks.values()].map((task) => task.progress());
    const live = [...healthOf(progress, steadyNow(), stuckAfter).problems, ...(this.fatal ? [this.fatal.message] : [])];
    const joining = this.groups.some((group) => group.joins === 0) ? ['joining the consumer groups'] : [];
    const restoring = progress.filter(({ phase }) => phase === 'restoring').map(({ task }) => `${task} is restoring`);
    const troubles = this.groups.flatMap(({ trouble }) => trouble ?? []);
    return { live, ready: [...live, ...joining, ...restoring, ...troubles], waiting: this.registries.waiting() };
  }

  private async prepare(): Promise<void> {
    const { config, metrics, log, url, links, print, roles } = this.parts;
    const kafkaLog: KafkaLog = (level, message, details) => log[level](details, message);
    const kafka = kafkaClient(config.kafka, kafkaLog);
    const { prefix, shards, replication, retention } = config.channels;
    this.admin = kafka.admin();
    this.closing.push(() => this.admin.disconnect());
    try {
      await this.admin.connect();
      const topics = channelTopics({ prefix, shards, replication, retention });
      const problems = await checkTopics(this.admin, topics);
      if (problems.length > 0) throw new UserError(problems.join('\n'));
      for (const risk of await this.risks(topics)) log.warn(risk);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw kafkaAway(config.kafka.brokers, error);
    }

    const { backend: opened, blobs, incarnation } = await openState(config, (message) => log.warn(message));
    this.owner = incarnation === undefined ? `channels ${prefix}` : `channels ${prefix}, state ${incarnation}`;
    this.closing.push(() => opened.close());
    if (incarnation !== undefined) await refuseHalfResharded(opened);
    // What other backends hold is this member's alone, and partitions that moved here have none yet.
    const isShared = config.state.backend === 'redis';
    const backend = isShared ? refuseLostState(opened, kafka, { group: config.kafka.group, prefix }) : opened;
    this.registries = new Registries({ metrics, log, backend });
    const writers = {} as Record<WrittenChannel, ChannelWriter>;
    for (const name of channelNames) {
      const writer = await KafkaChannelWriter.open({
        kafka,
        topic: channelTopic(prefix, name),
        shards: shardsOf(config, name),
        log: kafkaLog,
      });
      writers[name] = writer;
      this.closing.push(() => writer.close());
    }
    this.flow = new Flow({
      // Told of once the log topics were looked at.
      sources: [],
      shards,
      mostAhead: mostAheadWindows * config.windows.length,
      warmup: config.detection.warmup,
      // Models of a fleet are trained by `tocsin train` and promoted through the log: nobody waits for them here.
      promoted: true,
    });
    this.responder = Responder.create({
      config,
      backend,
      metrics,
      log,
      url,
      links,
      letters: writers['dead-letters'],
      ...(print ? { print } : {}),
    });
    this.closing.push(() => this.responder.stop(settleMs));
    const read = async (name: WrittenChannel): Promise<KafkaChannelReader> => {
      const reader = await KafkaChannelReader.open({
        kafka,
        topic: channelTopic(prefix, name),
        shards: shardsOf(config, name),
        log: kafkaLog,
      });
      this.closing.push(() => reader.close());
      return reader;
    };
    this.healer = await Healer.open({
      config,
      controls: await ControlsLog.open({ writer: writers.controls, reader: await read('controls'), log }),
      healing: { writer: writers.healing, reader: await read('healing') },
      decisions: () => read('decisions'),
      metrics,
      log,
      tell: (entry, alert) => this.responder.deliver(healingNews(config, links, entry, alert)),
    });
    this.closing.push(() => this.healer.stop(settleMs));
    const artefacts = Artefacts.in(config.state.dir, blobs);
    /** Opened where a verdict is about a time of which nobody was told. */
    let asked: ReturnType<typeof read> | undefined;
    this.wiring = new Wiring({
      config,
      writers,
      backend,
      metrics,
      artefacts,
      responder: this.responder,
      healer: this.healer,
      flow: this.flow,
      decisions: () => (asked ??= read('decisions')),
    });
    this.closing.push(await announceKnown(config, this.wiring.calendar, log, () => this.wiring.tells));
    const { group } = config.kafka;
    // Readers first, so that what is written finds them.
    if (roles.has('respond'))
      this.join(kafka, kafkaLog, `${group}-respond`, [channelTopic(prefix, 'alerts')], (feed) =>
        this.wiring.respondTask(renamed(kafkaChannelSource(feed, { decode: decodeAlert }), feed.name, 'alerts/0')),
      );
    if (roles.has('detect'))
      this.join(kafka, kafkaLog, `${group}-detect`, [channelTopic(prefix, 'windows')], (feed) => {
        const name = `windows/${feed.partition}`;
        const source = kafkaChannelSource(feed, { decode: decodeWindowsRecord });
        return this.wiring.detectTask(feed.partition, renamed(source, feed.name, name));
      });
    if (roles.has('ingest')) await this.joinLogs(kafka, kafkaLog);
  }

  /** Not everyone who may read topics may read their settings. */
  private async risks(topics: readonly ChannelTopic[]): Promise<readonly string[]> {
    try {
      return await topicRisks(this.admin, topics);
    } catch (error) {
      return [`the settings of topics are not known: ${(error as Error).message}`];
    }
  }

  private async joinLogs(kafka: Kafka, log: KafkaLog): Promise<void> {
    const { config, bounded } = this.parts;
    const { group } = config.kafka;
    this.join(kafka, log, `${group}-redrive`, [channelTopic(config.channels.prefix, 'redrive')], (feed) => {
      const source = kafkaChannelSource(feed, { decode: (value) => decode(redriven, value) });
      return this.wiring.redriveTask(renamed(source, feed.name, 'redrive/0'));
    });
    const intake = await this.openIntake(kafka, (topics) =>
      this.join(kafka, log, group, topics, (feed) => {
        const partition = intake.partition(feed.topic, feed.partition);
        const records = logSource(feed, { partition, windows: config.windows, flow: this.flow, bounded });
        return this.logTask(feed.name, partition, records);
      }),
    );
    await intake.begin();
  }

  private logTask(name: string, { config: of, incarnation }: LogPartition, records: Source<SourceItem>): RunningTask {
    const { source, schemas } = this.registries.resolve(name, of, records);
    const parts = ingestParts(this.parts.config, of, schemas);
    return this.wiring.ingestTask({ name, incarnation, source, parts });
  }

  /** Ends a source that is there no more, from its checkpoint. */
  private async endLog(name: string, partition: LogPartition): Promise<void> {
    const task = this.logTask(name, partition, endedSource);
    this.flow.take(name);
    try {
      await task.start();
      await task.done;
    } catch (error) {
      // Another member that had it ends it, too.
      if (!isFenced(error)) throw error;
    } finally {
      task.close();
      this.flow.leave(name);
    }
  }

  private async openIntake(kafka: Kafka, join: (topics: readonly string[]) => KafkaGroup): Promise<Intake> {
    const { config, log } = this.parts;
    const peers = new Peers(kafka, config.kafka.group);
    await peers.connect();
    this.closing.push(() => peers.close());
    const offsets = new TopicOffsets(kafka);
    await offsets.connect();
    this.closing.push(() => offsets.close());
    this.intake = new Intake({
      sources: config.sources,
      admin: this.admin,
      offsets,
      peers,
      flow: this.flow,
      log,
      controls: this.healer.controls,
      broadcast: (record) => this.wiring.broadcast(record),
      join,
      end: (name, partition) => this.endLog(name, partition),
      leave: async (group) => {
        await group.stop();
        this.groups.splice(this.groups.indexOf(group), 1);
      },
    });
    await this.intake.open();
    return this.intake;
  }

  private join(
    kafka: Kafka,
    log: KafkaLog,
    groupId: string,
    topics: readonly string[],
    make: (feed: PartitionFeed) => RunningTask,
  ): KafkaGroup {
    const { config, metrics, bounded } = this.parts;
    const fail = (error: unknown): void => {
      // A log topic that is gone, or was made anew, is no reason to end.
      if (groupId === config.kafka.group && this.intake && !bounded) {
        this.intake.fail(error as Error);
        return;
      }
      this.fatal ??= error as Error;
      this.stopping.abort();
    };
    const group = new KafkaGroup({
      kafka,
      groupId,
      topics,
      owner: this.owner,
      log,
      commitMs: observeMs,
      sessionTimeoutMs: config.kafka.session,
      onAssigned: async (feed) => {
        const task = make(feed);
        this.tasks.set(feed.name, task);
        this.flow.take(feed.name);
        task.done.catch((error: unknown) => {
          const isMine = (): boolean => this.tasks.get(feed.name) === task;
          // The partition is there no more: who has fenced this task ends its source.
          if (isFenced(error) && feed.gone) return;
          if (isFenced(error)) afterMove(group, config.kafka.session, () => isMine() && fail(error));
          else if (isMine()) fail(error);
        });
        // The outbox goes with the alerts.
        if (topologyOf(task.progress()) === 'respond') await this.responder.take();
        if (!feed.revoked) {
          await task.start();
          metrics.restores.inc({ topology: topologyOf(task.progress()) });
        }
      },
      onRevoked: async (feed, reason) => {
        const { name } = feed;
        const task = this.tasks.get(name);
        this.tasks.delete(name);
        if (reason === 'moved') task?.close();
        else {
          await task?.stop(config.shutdown);
          // The last word before it leaves: others wait by it.
          if (task) this.commit(group, feed, task);
        }
        this.flow.leave(name);
        if (task && topologyOf(task.progress()) === 'respond')
          await this.wiring.rest(reason === 'moved' ? 0 : settleMs);
      },
      onLost: (lost) =>
        // The group has said it in words.
        metrics.lost.inc({ source: lost.source }, lost.to - lost.from),
      onFatal: fail,
    });
    this.groups.push(group);
    this.closing.push(() => group.stop());
    return group;
  }

  /** Tells the group up to where a partition is checkpointed, and the other members how far its source is. */
  private commit(group: KafkaGroup, feed: PartitionFeed, task: RunningTask): Progress['checkpoint'] {
    const { checkpoint } = task.progress();
    const progress = this.flow.progressOf(feed.name);
    const incarnation = this.intake?.incarnation(feed.topic) ?? 0;
    if (checkpoint) group.commit(feed, checkpoint.offset, progress && encodeProgress({ ...progress, incarnation }));
    return checkpoint;
  }

  /** Tells how far behind each partition is, and commits positions for tools that show lag. */
  private async observe(): Promise<void> {
    if (performance.now() - this.observedAt < observeMs) return;
    this.observedAt = performance.now();
    for (const group of this.groups) {
      for (const feed of group.assigned()) {
        const task = this.tasks.get(feed.name);
        const checkpoint = task && this.commit(group, feed, task);
        try {
          const { high } = await feed.range(rangeAgeMs);
          this.parts.metrics.lag.set({ source: feed.name }, Math.max(0, high - (checkpoint?.offset ?? 0)));
        } catch {
          // The partition has just gone, or the brokers are away: the next look will tell.
        }
      }
    }
    try {
      if (this.intake) this.flow.tell(await this.intake.progress());
    } catch (error) {
      this.parts.log.debug({ err: error as Error }, 'what other members have read is not known now');
    }
  }

  /** Whether a member that ends by itself has come to its end. */
  private async isOver(): Promise<boolean> {
    const { config, bounded, drain, roles } = this.parts;
    if ((!bounded && !drain) || this.groups.some((group) => group.joins === 0)) return false;
    const tasks = [...this.tasks.values()].map((task) => task.progress());
    if (!isAtRest(tasks) || !(drain || isDone(tasks, roles, this.flow))) return false;
    try {
      return await isAllDecided(this.admin, { config, roles, drain });
    } catch {
      return false; // The brokers are away, or the group moves: asked again.
    }
  }

  private async close(): Promise<void> {
    for (const one of this.closing.splice(0).reverse()) await one();
  }
}

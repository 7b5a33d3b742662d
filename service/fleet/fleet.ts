/** One member of a fleet: tasks come and go with the partitions of log topics, `windows` and `alerts`. */
import type { HealthReport } from '../../connectors/http/server.js';
import type { Links } from '../../connectors/http/links.js';
import type { PartitionStream } from '../../connectors/kafka/partition-stream.js';
import { KafkaGroup } from '../../connectors/kafka/consumer-group.js';
import { TopicOffsets } from '../../connectors/kafka/offsets.js';
import { untilAnswered } from '../../connectors/kafka/retry.js';
import { kafkaChannelSource } from '../../connectors/kafka/source.js';
import { channelTopic } from '../../connectors/kafka/topics.js';
import { decodeRedriven } from '../../records/dead-letter.js';
import { decodeAlert } from '../../records/alert.js';
import type { SourceItem } from '../../records/raw.js';
import { decodeWindowsRecord } from '../../records/windows.js';
import { FencedError } from '../../runtime/backend.js';
import { steadyNow } from '../../runtime/clock.js';
import { health as healthOf, type TaskProgress } from '../../runtime/health.js';
import type { Source } from '../../runtime/source.js';
import { TaskError } from '../../runtime/task-options.js';
import { isAllDecided, isAtRest, isDone } from './end.js';
import { openMember, settleMs, type Closing, type FleetParts, type FleetMember } from './member.js';
import type { Healer } from '../healing/leader.js';
import type { Trainer } from '../training/trainer.js';
import { Intake } from '../intake/intake.js';
import { takenOver } from '../intake/taken-over.js';
import { endedSource, logSource, renamed, toldElsewhere, type Elsewhere } from '../intake/log-source.js';
import type { LogPartition } from '../intake/log-topics.js';
import { ingestParts } from '../options.js';
import { encodeProgress, Peers } from './peers.js';
import { ingestTaskName, respondTask, topologyOf } from './roles.js';
import type { Wiring } from '../tasks/tasks.js';

interface FleetTask {
  start(): Promise<void>;
  stop(limitMs: number): Promise<boolean>;
  close(): void;
  progress(): TaskProgress;
  readonly done: Promise<void>;
}

const stuckAfter = 60_000;
/** How often positions and marks are published to the others, ms. */
const observeMs = 1000;
const rangeAgeMs = 5000;
/**
 * Records of this much broker time before what another member had closed are read again, ms: a line may be ahead of the
 * broker by the five minutes for which it is not rejected.
 */
const againMs = 600_000;

/** Another holder of the task has claimed its state. */
const isFenced = (error: unknown): boolean => error instanceof TaskError && error.cause instanceof FencedError;

/**
 * The member that gets a partition may claim its state before the one that had it learns of the move. Whether it has moved is known
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
  private readonly tasks = new Map<string, FleetTask>();
  private readonly groups: KafkaGroup[] = [];
  private readonly stopping = new AbortController();
  private fatal: Error | undefined;
  private observedAt = 0;
  /** Of a member that reads logs. */
  private intake: Intake<KafkaGroup> | undefined;

  private constructor(
    private readonly parts: FleetParts,
    private readonly member: FleetMember,
    private readonly closing: Closing,
  ) {}

  static async open(parts: FleetParts): Promise<Fleet> {
    const closing: Closing = [];
    try {
      const fleet = new Fleet(parts, await openMember(parts, closing), closing);
      await fleet.joinAll();
      return fleet;
    } catch (error) {
      await closeAll(closing);
      throw error;
    }
  }

  /** Joins the groups and runs until `stop`, the end of a bounded run, or a failure (rejects). */
  async run(): Promise<void> {
    try {
      this.trainer.start();
      for (const group of this.groups) await group.start();
      const { signal } = this.stopping;
      while (!signal.aborted && !this.fatal && !(await this.isOver())) {
        await this.member.flow.change(signal);
        if (!this.parts.bounded) await this.intake?.settle();
        await this.observe();
      }
    } finally {
      await closeAll(this.closing);
    }
    if (this.fatal) throw this.fatal;
  }

  stop(): void {
    this.stopping.abort();
  }

  get links(): Links {
    return this.parts.links;
  }

  get wiring(): Wiring {
    return this.member.wiring;
  }

  get healer(): Healer {
    return this.member.healer;
  }

  get trainer(): Trainer {
    return this.member.trainer;
  }

  health(): HealthReport {
    const progress = [...this.tasks.values()].map((task) => task.progress());
    const live = [...healthOf(progress, steadyNow(), stuckAfter).problems, ...(this.fatal ? [this.fatal.message] : [])];
    const joining = this.groups.some((group) => group.joins === 0) ? ['joining the consumer groups'] : [];
    const restoring = progress.filter(({ phase }) => phase === 'restoring').map(({ task }) => `${task} is restoring`);
    const troubles = this.groups.flatMap(({ trouble }) => trouble ?? []);
    return { live, ready: [...live, ...joining, ...restoring, ...troubles], waiting: this.member.registries.waiting() };
  }

  private async joinAll(): Promise<void> {
    const { config, roles } = this.parts;
    const { group } = config.kafka;
    const { prefix } = config.channels;
    // Readers first, so that what is written finds them.
    if (roles.has('respond'))
      this.join(`${group}-respond`, [channelTopic(prefix, 'alerts')], (feed) => {
        const alerts = renamed(kafkaChannelSource(feed, { decode: decodeAlert }), feed.name, 'alerts/0');
        const { source, isTold } = toldElsewhere(
          alerts,
          () => this.recordedBefore(feed),
          () => this.member.elsewhere.has(respondTask),
        );
        return this.wiring.respondTask(source, isTold);
      });
    if (roles.has('detect'))
      this.join(`${group}-detect`, [channelTopic(prefix, 'windows')], (feed) => {
        const name = `windows/${feed.partition}`;
        const source = kafkaChannelSource(feed, { decode: decodeWindowsRecord });
        return this.wiring.detectTask(feed.partition, renamed(source, feed.name, name));
      });
    if (roles.has('ingest')) await this.joinLogs();
  }

  private async joinLogs(): Promise<void> {
    const { config, bounded } = this.parts;
    const { group } = config.kafka;
    this.join(`${group}-redrive`, [channelTopic(config.channels.prefix, 'redrive')], (feed) => {
      const source = kafkaChannelSource(feed, { decode: (value) => decodeRedriven(value) });
      return this.wiring.redriveTask(renamed(source, feed.name, 'redrive/0'));
    });
    const intake = await this.openIntake((topics) =>
      this.join(group, topics, (feed) => {
        const partition = intake.partition(feed.topic, feed.partition);
        const records = logSource(feed, {
          partition,
          windows: config.windows,
          flow: this.member.flow,
          bounded,
          openElsewhere: () => this.openElsewhere(feed, intake),
        });
        return this.logTask(feed.name, partition, records);
      }),
    );
    await intake.begin();
  }

  private logTask(name: string, { config: of, incarnation }: LogPartition, records: Source<SourceItem>): FleetTask {
    const { source, schemas } = this.member.registries.resolve(name, of, records);
    const parts = ingestParts(this.parts.config, of, schemas);
    return this.wiring.ingestTask({ name, incarnation, source, parts });
  }

  /**
   * The offset before which another member has notified of alerts, where that one alone has the state. What it notified
   * lately may still be in its outbox: that is notified again.
   */
  private async recordedBefore(feed: PartitionStream): Promise<number | undefined> {
    const committed = this.member.elsewhere.get(respondTask);
    if (committed === undefined) return undefined;
    const waitsMs = Math.max(0, ...this.parts.config.respond.webhooks.map(({ expire }) => expire));
    return waitsMs > 0 ? Math.min(committed, await feed.at(Date.now() - waitsMs)) : committed;
  }

  /** Where a log partition is read again of which another member alone has the state. */
  private async openElsewhere(feed: PartitionStream, intake: Intake<KafkaGroup>): Promise<Elsewhere | undefined> {
    const { shards } = this.parts.config.channels;
    const incarnation = intake.incarnation(feed.topic);
    const committed = this.member.elsewhere.get(ingestTaskName(feed.name, incarnation));
    if (committed === undefined) return undefined;
    const windows = await this.member.openWindows();
    const resumed = await takenOver(windows, shards, feed.name, incarnation).finally(() => windows.close());
    const closed = resumed?.watermark ?? (await untilAnswered(() => intake.progress())).get(feed.name)?.watermark;
    const from = closed === undefined ? committed : Math.min(committed, await feed.at(Math.max(0, closed - againMs)));
    return { from, resumed };
  }

  /** Ends a source that was deleted, from its checkpoint. */
  private async endLog(name: string, partition: LogPartition): Promise<void> {
    const task = this.logTask(name, partition, endedSource);
    this.member.flow.take(name);
    try {
      await task.start();
      await task.done;
    } catch (error) {
      // Another member that had it ends it, too.
      if (!isFenced(error)) throw error;
    } finally {
      task.close();
      this.member.flow.leave(name);
    }
  }

  private async openIntake(join: (topics: readonly string[]) => KafkaGroup): Promise<Intake<KafkaGroup>> {
    const { config, log } = this.parts;
    const { admin, flow, kafka } = this.member;
    const peers = new Peers(kafka, config.kafka.group);
    await peers.connect();
    this.closing.push(() => peers.close());
    const offsets = new TopicOffsets(kafka);
    await offsets.connect();
    this.closing.push(() => offsets.close());
    const intake = (this.intake = new Intake<KafkaGroup>({
      config,
      admin,
      offsets,
      peers,
      flow,
      log,
      controls: this.healer.controls,
      broadcast: (record) => this.wiring.broadcast(record),
      join,
      end: (name, partition) => this.endLog(name, partition),
      leave: async (group) => {
        await group.stop();
        this.groups.splice(this.groups.indexOf(group), 1);
      },
    }));
    await intake.open();
    return intake;
  }

  private join(groupId: string, topics: readonly string[], make: (feed: PartitionStream) => FleetTask): KafkaGroup {
    const { config, metrics, bounded } = this.parts;
    const { flow, kafka, kafkaLog, owner, responder } = this.member;
    const fail = (error: unknown): void => {
      // A log topic that was deleted or re-created is no reason to end.
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
      owner,
      log: kafkaLog,
      commitMs: observeMs,
      sessionTimeoutMs: config.kafka.session,
      onAssigned: async (feed) => {
        const task = make(feed);
        this.tasks.set(feed.name, task);
        flow.take(feed.name);
        task.done.catch((error: unknown) => {
          const isMine = (): boolean => this.tasks.get(feed.name) === task;
          // The partition was deleted: the member that fenced this task ends its source.
          if (isFenced(error) && feed.gone) return;
          if (isFenced(error)) afterMove(group, config.kafka.session, () => isMine() && fail(error));
          else if (isMine()) fail(error);
        });
        // The outbox goes with the alerts.
        if (topologyOf(task.progress()) === 'respond') await responder.take();
        if (!feed.revoked) {
          await task.start();
          metrics.restores.inc({ topology: topologyOf(task.progress()) });
        }
      },
      onRevoked: async (feed, reason) => {
        const { name } = feed;
        const task = this.tasks.get(name);
        this.tasks.delete(name);
        if (task?.progress().task === 'detect/0') this.member.trainer.follow();
        if (reason === 'moved') task?.close();
        else {
          await task?.stop(config.shutdown);
          // The last word before it leaves: others wait by it.
          if (task) this.commit(group, feed, task);
        }
        flow.leave(name);
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
  private commit(group: KafkaGroup, feed: PartitionStream, task: FleetTask): TaskProgress['checkpoint'] {
    const { checkpoint } = task.progress();
    const progress = this.member.flow.progressOf(feed.name);
    const incarnation = this.intake?.incarnation(feed.topic) ?? 0;
    // Where another member was further, that stays known until this one is.
    const isBehind = checkpoint && checkpoint.offset < (this.member.elsewhere.get(task.progress().task) ?? 0);
    if (checkpoint && !isBehind)
      group.commit(feed, checkpoint.offset, progress && encodeProgress({ ...progress, incarnation }));
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
          // The partition was just revoked, or the brokers are away: the next poll shows which.
        }
      }
    }
    try {
      if (this.intake) this.member.flow.tell(await this.intake.progress());
    } catch (error) {
      this.parts.log.debug({ err: error as Error }, 'what other members have read is not known now');
    }
  }

  /** Whether a member that ends by itself has come to its end. */
  private async isOver(): Promise<boolean> {
    const { config, bounded, drain, roles } = this.parts;
    if ((!bounded && !drain) || this.groups.some((group) => group.joins === 0)) return false;
    const tasks = [...this.tasks.values()].map((task) => task.progress());
    if (!isAtRest(tasks) || !(drain || isDone(tasks, roles, this.member.flow))) return false;
    try {
      return await isAllDecided(this.member.admin, { config, roles, drain });
    } catch {
      return false; // The brokers are away, or the group moves: asked again.
    }
  }
}

async function closeAll(closing: Closing): Promise<void> {
  for (const one of closing.splice(0).reverse()) await one();
}

/** Wires the three topologies to sources, channels and the outside, as tasks under one supervisor. */
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { Metrics } from '../connectors/http/metrics.js';
import type { HealthReport } from '../connectors/http/server.js';
import type { Links } from '../connectors/http/links.js';
import { decodeRedriven } from '../records/dead-letter.js';
import { decodeAlert } from '../records/alert.js';
import type { Decided, Tracked } from '../records/decided.js';
import type { AlertNotice } from '../records/notification.js';
import { decodeWindowsRecord, type WindowsRecord } from '../records/windows.js';
import { channelSource, type ChannelItem } from '../runtime/channel-source.js';
import { steadyNow } from '../runtime/clock.js';
import { health as healthOf } from '../runtime/health.js';
import { Supervisor } from '../runtime/supervisor.js';
import { Task } from '../runtime/task.js';
import { Artefacts } from '../training/artefacts.js';
import { shardsOf, type Embedded } from './channels.js';
import { Flow, maxAheadWindows } from './flow/flow.js';
import { resumeFlow } from './flow/resumed.js';
import { readable, refuseForeignLogs } from './foreign-logs.js';
import { FollowService } from './intake/follow-service.js';
import type { FollowedSources } from './intake/followed-sources.js';
import { announceKnown } from './people/announcements.js';
import { readCustomModels, type CustomModel } from '../training/custom-models.js';
import { ControlsLog } from './flow/controls-log.js';
import type { OnlineFollower } from './features/follower.js';
import { onlineFollower } from './features/online.js';
import { Healer } from './healing/leader.js';
import { Responder } from './delivery/responder.js';
import { healingNews } from './delivery/notifications.js';
import { refusedWarning } from './tasks/line-shares.js';
import { Wiring, type NamedSource } from './tasks/tasks.js';
import { installPrior } from '../training/prior.js';
import { withMlflow } from './mlflow/fallback.js';
import { SnapshotStore } from './snapshots/store.js';
import { Trainer } from './training/trainer.js';

export interface PipelineParts {
  readonly config: Config;
  readonly embedded: Embedded;
  readonly sources: readonly NamedSource[];
  /** Files that are read as they grow. */
  readonly followed?: FollowedSources;
  /** Followed files end at what is their end now. */
  readonly bounded?: boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly url: string;
  readonly links: Links;
  readonly print?: (notice: AlertNotice) => void;
  /** Sees every decision, for the demo and for nothing that decides. */
  readonly watch?: (decided: Decided) => void;
}

/** A slice, a checkpoint or a restore that takes longer than this is stuck, ms. */
const stuckAfter = 60_000;

export class Pipeline {
  private readonly tasks: { progress(): ReturnType<Task<unknown, unknown>['progress']> }[] = [];
  private readonly follow: FollowService | undefined;
  private readonly online: OnlineFollower | undefined;
  /** Version of the source set that was listed last. */
  private version = 0;
  private listed: readonly string[] = [];
  private readonly supervisor: Supervisor;
  readonly flow: Flow;
  readonly wiring: Wiring;
  readonly trainer: Trainer;
  private readonly detects: readonly Task<ChannelItem<WindowsRecord>, Tracked>[];
  /** Whose state is restored before anything is written. */
  private readonly restored: readonly { prepare(): Promise<void> }[];
  private forgetKnown: (() => Promise<void>) | undefined;

  private constructor(
    private readonly parts: PipelineParts,
    artefacts: Artefacts,
    private readonly responder: Responder,
    readonly healer: Healer,
    own: readonly CustomModel[],
    prior: string | undefined,
    private readonly first: readonly NamedSource[],
  ) {
    const { config, sources, followed, bounded = false, log } = parts;
    const { shards } = config.channels;
    this.flow = new Flow({
      sources: [...sources, ...first].map(({ name }) => name),
      shards,
      maxAhead: maxAheadWindows * config.windows.length,
      holds: true,
    });
    const { channels, backend, blobs } = parts.embedded;
    const writers = {
      windows: channels.windows.writer,
      alerts: channels.alerts.writer,
      decisions: channels.decisions.writer,
      shadows: channels.shadows.writer,
      'dead-letters': channels['dead-letters'].writer,
      controls: channels.controls.writer,
      healing: channels.healing.writer,
    };
    const { metrics, watch } = parts;
    const { flow } = this;
    const snapshots = SnapshotStore.in(config.state.dir, blobs);
    const openWindows = async () => ({ reader: channels.windows.reader, close: async () => undefined });
    this.wiring = new Wiring({
      refused: (share) => log.warn(share, refusedWarning(share)),
      config,
      writers,
      backend,
      metrics,
      artefacts,
      responder,
      healer,
      flow,
      decisions: async () => channels.decisions.reader,
      snapshots,
      openWindows,
      online: (this.online = onlineFollower(config, {
        decisions: async () => ({ reader: channels.decisions.reader, close: async () => undefined }),
        metrics,
        log,
      })),
      ...(watch ? { watch } : {}),
    });
    this.trainer = new Trainer({
      config,
      controls: healer.controls,
      flow,
      holds: true,
      artefacts,
      ...(blobs ? { blobs } : {}),
      own,
      prior,
      windows: openWindows,
      snapshots,
      decisions: async () => ({ reader: channels.decisions.reader, close: async () => undefined }),
      shadowed: async () => ({ reader: channels.shadows.reader, close: async () => undefined }),
      caughtUp: (signal) => this.caughtUp(signal),
      broadcast: (record) => this.wiring.broadcast(record),
      metrics,
      log,
    });
    this.trainer.lead(1, () => flow.decided());
    const ingestTasks = sources.map((source) => this.wiring.ingestTask(source));
    if (followed) {
      followed.front = () => flow.front;
      this.follow = new FollowService({
        followed,
        first,
        task: (source) => this.wiring.ingestTask(source),
        list: (names) => this.list(names),
        log,
        bounded,
      });
    }
    this.detects = Array.from({ length: shards }, (_, shard) =>
      this.wiring.detectTask(
        shard,
        channelSource({
          reader: channels.windows.reader,
          shard,
          name: `windows/${shard}`,
          decode: decodeWindowsRecord,
        }),
      ),
    );
    const respondTask = this.wiring.respondTask(
      channelSource({ reader: channels.alerts.reader, shard: 0, name: 'alerts/0', decode: decodeAlert }),
    );
    const redriveTask = this.wiring.redriveTask(
      channelSource({
        reader: parts.embedded.redrive,
        shard: 0,
        name: 'redrive/0',
        decode: (value) => decodeRedriven(value),
      }),
    );
    const detectTasks = this.detects;
    this.tasks.push(...ingestTasks, redriveTask, ...detectTasks, respondTask);
    const ingesting = [...ingestTasks, ...(this.follow ? [this.follow] : [])];
    this.restored = [...detectTasks, redriveTask, ...ingesting];
    this.supervisor = new Supervisor([ingesting, [redriveTask], detectTasks, [respondTask]], {
      event: (what, service, error) => {
        if (error) log.error({ service, err: error }, what);
        else log.debug({ service }, what);
      },
    });
  }

  static async open(parts: PipelineParts): Promise<Pipeline> {
    const { config, embedded, metrics, log, url, links, print } = parts;
    await refuseForeignLogs(embedded.channels, (name) => shardsOf(config, name));
    const artefacts = Artefacts.in(config.state.dir, withMlflow(config, embedded.blobs));
    // Read now: an unfit file is reported at the start, and not at the first training.
    const own = await readCustomModels(config.detection.models);
    const prior = await installPrior(artefacts.dir);
    const responder = await Responder.open({
      config,
      backend: embedded.backend,
      metrics,
      log,
      url,
      links,
      deadLetters: embedded.channels['dead-letters'].writer,
      ...(print ? { print } : {}),
    });
    const { controls, healing, decisions } = embedded.channels;
    const healer = await Healer.open({
      config,
      healing,
      controls: await ControlsLog.open({ ...controls, log }),
      decisions: async () => decisions.reader,
      metrics,
      log,
      tell: (entry, alert) => responder.deliver(healingNews(config, links, entry, alert)),
    });
    const first = (await parts.followed?.find()) ?? [];
    const pipeline = new Pipeline(parts, artefacts, responder, healer, own, prior, first);
    try {
      for (const task of pipeline.restored) await task.prepare();
      await pipeline.resume();
    } catch (error) {
      await healer.stop(1000);
      throw error;
    }
    pipeline.forgetKnown = await announceKnown(config, pipeline.wiring.calendar, log, () => pipeline.wiring.tells);
    return pipeline;
  }

  /** Runs until every source has ended, `stop` was called, or something failed (rejects). */
  async run(): Promise<void> {
    this.trainer.start();
    try {
      await this.supervisor.run(this.parts.config.shutdown);
    } finally {
      await this.trainer.stop();
      await this.forgetKnown?.();
      await this.online?.stop(Math.min(5000, this.parts.config.shutdown));
      await this.healer.stop(Math.min(5000, this.parts.config.shutdown));
      await this.responder.stop(Math.min(5000, this.parts.config.shutdown));
    }
  }

  stop(): void {
    this.supervisor.stop(this.parts.config.shutdown);
  }

  get links(): Links {
    return this.parts.links;
  }

  health(): HealthReport {
    const progress = [...this.tasks.map((task) => task.progress()), ...(this.follow?.progress() ?? [])];
    const live = healthOf(progress, steadyNow(), stuckAfter).problems;
    const restoring = progress.filter(({ phase }) => phase === 'restoring').map(({ task }) => `${task} is restoring`);
    return { live, ready: [...live, ...restoring] };
  }

  /** Resolves where every shard has decided all that is in its log now. */
  private async caughtUp(signal: AbortSignal): Promise<void> {
    const { windows, decisions } = this.parts.embedded.channels;
    for (const [shard, task] of this.detects.entries()) {
      const { next } = await windows.reader.range(shard);
      while (!signal.aborted && (task.progress().checkpoint?.offset ?? 0) < next) await this.flow.change(signal);
    }
    await decisions.writer.flush();
  }

  /** Says which sources there are, and learns from the log where those of an earlier run begin. */
  private async resume(): Promise<void> {
    await this.list(this.first.map(({ name }) => name));
    await this.trainer.begin();
    if (this.trainer.ledger.first !== undefined) return;
    await resumeFlow(this.flow, this.allRecords());
  }

  /** Says which sources are read from now on. @param followed - names of the followed ones */
  private async list(followed: readonly string[]): Promise<void> {
    const { flow } = this;
    const names = [...this.parts.sources.map(({ name }) => name), ...followed];
    for (const name of this.listed) if (!names.includes(name)) flow.leave(name);
    for (const name of names) flow.take(name);
    flow.list(names);
    this.listed = names;
    this.version = Math.max(this.version + 1, Date.now());
    await this.wiring.broadcast({ type: 'sources', version: this.version, sources: names });
  }

  private async *allRecords(): AsyncGenerator<WindowsRecord> {
    for (let shard = 0; shard < this.parts.config.channels.shards; shard++)
      for await (const { record } of this.records(shard)) yield record;
  }

  private async *records(shard: number): AsyncGenerator<ChannelItem<WindowsRecord>> {
    const { reader } = this.parts.embedded.channels.windows;
    for (let next = 0; ;) {
      const records = await reader.read(shard, next, 1000);
      const last = records.at(-1);
      if (!last) return;
      for (const { offset, value } of records) yield { offset, record: readable('windows', shard, offset, value) };
      next = last.offset + 1;
    }
  }
}

/** Wires the three topologies to sources, channels and the outside, as tasks under one supervisor. */
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import type { Health, VerdictRequest } from '../../connectors/http/server.js';
import { listSets } from '../../models/registry/registry.js';
import { alertStore } from '../../operators/notify.js';
import { encodeAlert, decodeAlert, type Alert } from '../../records/alert.js';
import type { Rejected } from '../../records/batch.js';
import type { Decided, Tracked } from '../../records/decided.js';
import { entityFromKey } from '../../records/entity.js';
import { hashText, hex, shardOf } from '../../records/hash.js';
import type { AlertNotice } from '../../records/notification.js';
import type { SourceItem } from '../../records/raw.js';
import { encodeDecision } from '../../records/score.js';
import type { Store } from '../../records/store.js';
import {
  decodeWindowsRecord,
  encodeWindowsRecord,
  isBroadcast,
  type IngestRecord,
  type WindowsRecord,
} from '../../records/windows.js';
import { channelSink } from '../../runtime/channel-sink.js';
import { channelSource, type ChannelItem } from '../../runtime/channel-source.js';
import { health as healthOf } from '../../runtime/progress.js';
import type { Sink, Source } from '../../runtime/source.js';
import { Supervisor, type Service } from '../../runtime/supervisor.js';
import { Task, type TaskHooks } from '../../runtime/task.js';
import { detect } from '../../topologies/detect.js';
import { ingest } from '../../topologies/ingest.js';
import { respond } from '../../topologies/respond.js';
import type { IngestParts } from '../../topologies/ingest.js';
import { Artefacts } from './artefacts.js';
import { deadLetterSink, type Embedded } from './channels.js';
import { Flow } from './flow.js';
import { kernel, respondParts, selectParts, windowParts } from './parts.js';
import { Responder } from './respond.js';
import { train, type Trained } from './train.js';

/** A source that one ingest task reads. */
export interface NamedSource {
  readonly name: string;
  readonly incarnation: number;
  readonly source: Source<SourceItem>;
  readonly parts: Omit<IngestParts, 'source' | 'incarnation' | 'epoch' | 'stores'>;
}

export interface PipelineParts {
  readonly config: Config;
  readonly embedded: Embedded;
  readonly sources: readonly NamedSource[];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly url: string;
  readonly print?: (notice: AlertNotice) => void;
  /** Sees every decision, for the demo and for nothing that decides. */
  readonly watch?: (decided: Decided) => void;
}

/** A slice, a checkpoint or a restore that takes longer than this is stuck, ms. */
const stuckAfter = 60_000;
const mostAheadWindows = 100;

export class Pipeline {
  private readonly tasks: { progress(): ReturnType<Task<unknown, unknown>['progress']> }[] = [];
  private readonly supervisor: Supervisor;
  readonly flow: Flow;
  /** Alert transitions written so far. */
  raised = 0;
  private alerts: Store<Alert> | undefined;

  private constructor(
    private readonly parts: PipelineParts,
    private readonly artefacts: Artefacts,
    private readonly responder: Responder,
    promoted: boolean,
  ) {
    const { config, sources, log } = parts;
    const { shards } = config.channels;
    this.flow = new Flow({
      sources: sources.map(({ name }) => name),
      shards,
      mostAhead: mostAheadWindows * config.windows.length,
      warmup: config.detection.warmup,
      promoted,
    });
    const ingestTasks = sources.map((source) => this.ingestTask(source));
    const detectTasks = Array.from({ length: shards }, (_, shard) => this.detectTask(shard));
    const respondTask = this.respondTask();
    this.tasks.push(...ingestTasks, ...detectTasks, respondTask);
    this.supervisor = new Supervisor([ingestTasks, [...detectTasks, this.trainer()], [respondTask]], {
      event: (what, service, error) => {
        if (error) log.error({ service, err: error }, what);
        else log.debug({ service }, what);
      },
    });
  }

  static async open(parts: PipelineParts): Promise<Pipeline> {
    const { config, embedded, metrics, log, url, print } = parts;
    const artefacts = Artefacts.in(config.state.dir);
    const promoted = (await listSets(artefacts.dir)).length > 0;
    const responder = await Responder.open({
      config,
      backend: embedded.backend,
      metrics,
      log,
      url,
      ...(print ? { print } : {}),
    });
    const pipeline = new Pipeline(parts, artefacts, responder, promoted);
    await pipeline.resume();
    return pipeline;
  }

  /** Runs until every source has ended, `stop` was called, or something failed (rejects). */
  async run(): Promise<void> {
    try {
      await this.supervisor.run(this.parts.config.shutdown);
    } finally {
      await this.responder.stop(Math.min(5000, this.parts.config.shutdown));
    }
  }

  stop(): void {
    this.supervisor.stop(this.parts.config.shutdown);
  }

  health(): Health {
    const progress = this.tasks.map((task) => task.progress());
    const live = healthOf(progress, Date.now(), stuckAfter).problems;
    const restoring = progress.filter(({ phase }) => phase === 'restoring').map(({ task }) => `${task} is restoring`);
    return { live, ready: [...live, ...restoring] };
  }

  *knownAlerts(): IterableIterator<Alert> {
    for (const key of this.alerts?.keys() ?? []) yield this.alerts!.get(key)!;
  }

  /** Writes a verdict to the shard that owns the alert's entity; undefined when there is no such alert. */
  async giveVerdict({ alert: fingerprint, value, by, id }: VerdictRequest): Promise<{ id: string } | undefined> {
    const alert = this.alerts?.get(fingerprint);
    if (!alert) return undefined;
    const verdict = {
      id: id ?? hex(hashText([fingerprint, value, by].join('\0'))),
      alert: fingerprint,
      value,
      by,
      at: Date.now(),
      context: alert.context,
    };
    const { writer } = this.parts.embedded.channels.windows;
    const record: WindowsRecord = { type: 'verdict', verdict };
    writer.append(shardOf(alert.entity, this.parts.config.channels.shards), alert.entity, encodeWindowsRecord(record));
    await writer.flush();
    this.parts.metrics.verdicts.inc({ value });
    return { id: verdict.id };
  }

  /** Trains on all that the windows log holds up to `to` and promotes the set. */
  async trainAndPromote(to?: number): Promise<Trained | undefined> {
    const { config, log } = this.parts;
    const began = performance.now();
    const trained = await train({
      shards: Array.from({ length: config.channels.shards }, (_, shard) => () => this.records(shard)),
      windows: windowParts(config),
      rules: config.rules,
      kernel,
      seed: config.detection.seed,
      dir: this.artefacts.dir,
      ...(to === undefined ? {} : { to }),
    });
    if (trained) {
      await this.broadcast({ type: 'promotion', artefact: trained.id, from: trained.from });
      const { rows, entities, templates, detectors } = trained;
      log.info(
        {
          artefact: trained.id,
          rows,
          entities,
          templates,
          detectors: detectors.length,
          seconds: Math.round(performance.now() - began) / 1000,
        },
        'models trained and promoted',
      );
    } else log.warn('too few windows to train on: only plain rules can fire');
    this.flow.promote();
    return trained;
  }

  /** Says which sources there are, and learns from the log where an earlier run began. */
  private async resume(): Promise<void> {
    const { config, sources } = this.parts;
    await this.broadcast({ type: 'sources', version: Date.now(), sources: sources.map(({ name }) => name) });
    for (let shard = 0; shard < config.channels.shards; shard++) {
      for await (const { record } of this.records(shard)) {
        if (!('pane' in record)) continue;
        this.flow.began(record.pane);
        break;
      }
    }
  }

  private async broadcast(record: WindowsRecord): Promise<void> {
    const { writer } = this.parts.embedded.channels.windows;
    const value = encodeWindowsRecord(record);
    for (let shard = 0; shard < this.parts.config.channels.shards; shard++) writer.append(shard, '', value);
    await writer.flush();
  }

  private async *records(shard: number): AsyncGenerator<ChannelItem<WindowsRecord>> {
    const { reader } = this.parts.embedded.channels.windows;
    for (let next = 0; ;) {
      const records = await reader.read(shard, next, 1000);
      if (records.length === 0) return;
      for (const { offset, value } of records) yield { offset, record: decodeWindowsRecord(value) };
      next = records[records.length - 1].offset + 1;
    }
  }

  private hooks(topology: string): TaskHooks {
    const { metrics } = this.parts;
    return {
      slice: ({ ms }) => metrics.stage.observe({ topology }, ms / 1000),
      checkpoint: ({ task }) => metrics.checkpoints.inc({ task }),
    };
  }

  private letters(topology: string): Sink<Rejected> {
    const { embedded, metrics } = this.parts;
    return deadLetterSink(embedded.channels['dead-letters'].writer, (rejected) => {
      for (const { reason } of rejected) metrics.rejected.inc({ topology, reason });
    });
  }

  private ingestTask({ name, incarnation, source, parts }: NamedSource): Task<SourceItem, IngestRecord> {
    const { config, embedded, metrics } = this.parts;
    const sink = channelSink<IngestRecord>({
      writer: embedded.channels.windows.writer,
      shards: config.channels.shards,
      key: (record) => (isBroadcast(record) ? undefined : 'entity' in record ? record.entity : undefined),
      shardOf,
      encode: encodeWindowsRecord,
    });
    const hooks = this.hooks('ingest');
    return new Task({
      name: `ingest/${name}`,
      topology: (stores, epoch) => ingest({ ...parts, source: name, incarnation, epoch, stores }),
      source,
      sink: {
        write: async (items, context) => {
          await sink.write(items, context);
          let marked: { watermark: number; end: boolean } | undefined;
          for (const item of items) {
            metrics.partials.inc({ type: item.type });
            if (item.type === 'mark') marked = { watermark: item.watermark, end: item.kind === 'end' };
            else if (item.type !== 'definition') this.flow.began(item.pane);
          }
          if (!marked) return;
          // Readers see what is flushed: a mark is what they wait for.
          await sink.flush();
          metrics.watermark.set({ source: name }, marked.watermark / 1000);
          this.flow.mark(name, marked.watermark, marked.end);
        },
        flush: () => sink.flush(),
      },
      deadLetters: this.letters('ingest'),
      backend: embedded.backend,
      mayRead: (signal) => this.flow.mayRead(name, signal),
      hooks: {
        ...hooks,
        slice: (done) => {
          metrics.records.inc({ source: name }, done.items);
          hooks.slice?.(done);
        },
      },
    });
  }

  private detectTask(shard: number): Task<ChannelItem<WindowsRecord>, Tracked> {
    const { config, embedded } = this.parts;
    const name = `windows/${shard}`;
    return new Task({
      name: `detect/${shard}`,
      topology: (stores, epoch) =>
        detect({
          stores,
          windows: { ...windowParts(config), shard: name },
          artefacts: this.artefacts,
          calibration: this.artefacts.calibration,
          kernel,
          rules: config.rules,
          select: selectParts(config),
          track: { tag: { source: name, incarnation: 0, epoch } },
        }),
      source: channelSource({ reader: embedded.channels.windows.reader, shard, name, decode: decodeWindowsRecord }),
      sink: this.detectSink(shard),
      deadLetters: this.letters('detect'),
      backend: embedded.backend,
      hooks: this.hooks('detect'),
    });
  }

  private detectSink(shard: number): Sink<Tracked> {
    const { embedded, metrics, watch } = this.parts;
    const { decisions, alerts } = embedded.channels;
    const flush = async (): Promise<void> => {
      await decisions.writer.flush();
      await alerts.writer.flush();
    };
    return {
      write: async (items) => {
        let raised = false;
        for (const item of items) {
          if (item.type === 'decided') {
            const { decision } = item;
            decisions.writer.append(0, decision.entity, encodeDecision(decision));
            const { kind } = entityFromKey(decision.entity);
            metrics.windows.inc({ kind });
            for (const { detector } of decision.scores) metrics.scores.inc({ detector });
            if (decision.fired) metrics.fired.inc({ kind, policy: decision.policy });
            for (const reason of decision.flags) metrics.inexact.inc({ reason });
            watch?.(item);
          } else if (item.type === 'alert') {
            alerts.writer.append(0, item.alert.entity, encodeAlert(item.alert));
            raised = true;
            this.raised++;
          } else if (item.type === 'boundary') {
            metrics.boundary.set({ shard: String(shard) }, item.end / 1000);
            this.flow.boundary(shard, item.end);
          }
        }
        // An alert does not wait for the next checkpoint.
        if (raised) await flush();
      },
      flush,
    };
  }

  private respondTask(): Task<ChannelItem<Alert>, Parameters<Responder['write']>[0][number]> {
    const { config, embedded } = this.parts;
    return new Task({
      name: 'respond/0',
      topology: (stores) => {
        this.alerts = alertStore(stores);
        this.responder.start(this.knownAlerts());
        return respond({ stores, ...respondParts(config) });
      },
      source: channelSource({
        reader: embedded.channels.alerts.reader,
        shard: 0,
        name: 'alerts/0',
        decode: decodeAlert,
      }),
      sink: this.responder,
      deadLetters: this.letters('respond'),
      backend: embedded.backend,
      checkpointMs: 200,
      hooks: this.hooks('respond'),
    });
  }

  /** Trains once, when the warm-up is over. */
  private trainer(): Service {
    const stopping = new AbortController();
    let settle: { resolve: () => void; reject: (error: Error) => void };
    const done = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
    done.catch(() => undefined);
    const work = async (): Promise<void> => {
      while (!stopping.signal.aborted && !this.flow.promoted) {
        if (this.flow.trainingIsDue) await this.trainAndPromote(this.flow.warmupEnd);
        else await this.flow.change(stopping.signal);
      }
    };
    return {
      name: 'trainer',
      done,
      start: async () =>
        void work().then(
          () => settle.resolve(),
          (error: unknown) => settle.reject(error as Error),
        ),
      drain: () => stopping.abort(),
      stop: async () => {
        stopping.abort();
        return true;
      },
    };
  }
}

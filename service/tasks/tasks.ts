/** Makes the tasks of the three topologies, for an embedded run and for a member of a fleet alike. */
import type { Config } from '../../config/schema.js';
import type { EntityFacts } from '../../connectors/http/entity-metrics.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { schemas } from '../../models/features/schemas.js';
import { alertStore } from '../../operators/deduplicate.js';
import { encodeAlert, type Alert } from '../../records/alert.js';
import type { Rejected } from '../../records/batch.js';
import type { Decided, Tracked } from '../../records/decided.js';
import type { Redriven } from '../../records/dead-letter.js';
import { entityFromKey, shardOf } from '../../records/entity.js';
import type { CalendarApi } from '../../connectors/http/calendar-routes.js';
import { brokenRule, type RowRules } from '../../operators/quarantine.js';
import { readRowRules } from '../features/row-rules.js';
import { Calendars } from '../../operators/calendars/calendars.js';
import { uint } from '../../records/wire/codec.js';
import { writtenItem, type SourceItem } from '../../records/raw.js';
import { encodeDecision } from '../../records/score.js';
import { encodeShadowed } from '../../records/shadow.js';
import type { Notification } from '../../records/notification.js';
import type { ChannelWriter, Store } from '../../records/store.js';
import {
  isProgress,
  type IngestRecord,
  type Mark,
  type PanePartial,
  type WindowsRecord,
} from '../../records/windows.js';
import { overflowKey } from '../../operators/merge/open-windows.js';
import type { StateBackend } from '../../runtime/backend.js';
import type { ChannelItem } from '../../runtime/channel-source.js';
import { GivenUp, type Sink, type Source } from '../../runtime/source.js';
import { Task } from '../../runtime/task.js';
import type { TaskHooks } from '../../runtime/task-options.js';
import { detect, type DetectParts } from '../../topologies/detect.js';
import type { Aside } from '../../topologies/aside.js';
import { ingest, type IngestParts } from '../../topologies/ingest.js';
import { redrive } from '../../topologies/redrive.js';
import { respond } from '../../topologies/respond.js';
import type { Artefacts } from '../../training/artefacts.js';
import { deadLetterSink, type WrittenChannel } from '../channels.js';
import type { Flow } from '../flow/flow.js';
import {
  kernel,
  redriveParts,
  respondParts,
  selectParts,
  serviceBudgets,
  trackParts,
  windowParts,
} from '../options.js';
import type { TailReader } from '../flow/controls-log.js';
import type { Healer } from '../healing/leader.js';
import { withResets } from '../intake/resets.js';
import { LineShare, type RefusedShare } from './line-shares.js';
import { RespondSink } from './respond-sink.js';
import { poisonAlert, poisonRecord, poisonRedriven, poisonWindows } from './poison.js';
import type { OnlineFollower } from '../features/follower.js';
import { ingestTaskName, respondTask } from '../fleet/roles.js';
import { broadcast, windowsSink } from '../windows-channel.js';
import type { Responder } from '../delivery/responder.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { snapshotTurns } from '../snapshots/turns.js';
import { recordsBetween, type LogOpener } from '../snapshots/records-between.js';
import { Verdicts } from '../people/verdicts.js';

/** A source that one ingest task reads. */
export interface NamedSource {
  readonly name: string;
  readonly incarnation: number;
  readonly source: Source<SourceItem>;
  readonly parts: Omit<IngestParts, 'source' | 'incarnation' | 'epoch' | 'stores'>;
  /** Called behind each checkpoint, with the offset that it covers all before. */
  readonly covered?: (offset: number) => void;
}

export interface WiringParts {
  readonly config: Config;
  readonly writers: Readonly<Record<WrittenChannel, ChannelWriter>>;
  readonly backend: StateBackend;
  readonly metrics: Metrics;
  readonly artefacts: Artefacts;
  readonly responder: Responder;
  readonly healer: Healer;
  readonly flow: Flow;
  readonly decisions: () => Promise<TailReader>;
  readonly snapshots: SnapshotStore;
  /** Opens the `windows` log, where what came since a snapshot is decided again. */
  readonly openWindows: LogOpener;
  /** Which member of a fleet has a shard, for people. */
  readonly ownerOf?: (shard: number) => Promise<string | undefined>;
  /** Writes features for other programs; none where it is not asked for. */
  readonly online?: OnlineFollower | undefined;
  /** A source has many lines that cannot be read. */
  readonly refused?: (share: RefusedShare) => void;
  /** Sees every decision, for the demo and for nothing that decides. */
  readonly watch?: (decided: Decided) => void;
}

/** Hears how many records come, refused ones too; what the driver says of a source is none. */
const counted = (source: Source<SourceItem>, count: (records: number) => void): Source<SourceItem> => ({
  async *open(position, control) {
    for await (const batch of source.open(position, control)) {
      const records = batch.items.filter(({ type }) => type === undefined).length + batch.rejected.length;
      if (records > 0) count(records);
      yield batch;
    }
  },
});

export class Wiring {
  /** Alert transitions written here that `respond` has not handled yet. */
  underWay = 0;
  private alerts: Store<Alert> | undefined;
  private calendars: Calendars | undefined;
  /** Answers beside the stream, by shard, of those that this process has or had. */
  private readonly asides = new Map<number, Aside>();

  readonly verdicts: Verdicts;
  private readonly facts: EntityFacts;

  private readonly rowRules: RowRules | undefined;

  constructor(private readonly parts: WiringParts) {
    const { config, writers, metrics, healer, decisions } = parts;
    this.rowRules = readRowRules(config);
    metrics.quarantined.expect(this.rowRules?.rules.map(({ name }) => name) ?? []);
    this.verdicts = new Verdicts({
      shards: config.channels.shards,
      windows: writers.windows,
      decisions,
      metrics,
      alerts: () => this.knownAlerts(),
      controls: healer.controls.said,
      say: (control) => healer.controls.say(control),
    });
    this.facts = {
      columns: (schema) => schemas.get(schema)?.columns.map(({ name }) => name),
      budget: serviceBudgets(parts.config),
    };
  }

  /** Called where this process has the first shard, with the epoch of its task and up to where it is decided, ms. */
  onFirstShard: ((epoch: number, decided: () => number | undefined) => void) | undefined;

  /** Whether this process is the one that tells people: it has the task of alerts. */
  get tells(): boolean {
    return this.alerts !== undefined;
  }

  *knownAlerts(): IterableIterator<Alert> {
    for (const key of this.alerts?.keys() ?? []) yield this.alerts!.get(key)!;
  }

  /** What answers questions about an entity; undefined where its shard is at another process. */
  asideOf(entity: string): Aside | undefined {
    const aside = this.asides.get(shardOf(entity, this.parts.config.channels.shards));
    return aside?.isOpen === true ? aside : undefined;
  }

  /** In words, where the state of an entity is that this process does not have. */
  async whereIs(entity: string): Promise<string> {
    const shard = shardOf(entity, this.parts.config.channels.shards);
    const owner = await this.parts.ownerOf?.(shard).catch(() => undefined);
    return owner === undefined
      ? `shard ${shard} is open at no member yet: try again`
      : `shard ${shard} is at the member on ${owner}: ask that one`;
  }

  /** The respond task goes to another process; waits for what is under way up to a limit, ms. */
  rest(limitMs: number): Promise<void> {
    this.alerts = undefined;
    this.parts.healer.follow();
    return this.parts.responder.rest(limitMs);
  }

  /** Writes a record to every shard of `windows`. */
  broadcast(record: WindowsRecord): Promise<void> {
    return broadcast(this.parts.writers.windows, this.parts.config.channels.shards, record);
  }

  /** Calendar entries and deploys, for every shard alike. */
  readonly calendar: CalendarApi = {
    entries: () => this.calendars?.all() ?? [],
    say: (entry) => this.broadcast({ type: 'calendar', entry }),
    deployed: async (deploy) => {
      await this.broadcast({ type: 'deploy', deploy });
      this.parts.responder.deployed(deploy);
    },
  };

  /**
   * @param handled - called with the number of items of a slice, when it is done
   * @param covered - called behind each checkpoint with its offset
   */
  private hooks(topology: string, handled?: (items: number) => void, covered?: (offset: number) => void): TaskHooks {
    const { metrics } = this.parts;
    return {
      slice: ({ ms, items }) => {
        handled?.(items);
        metrics.stage.observe({ topology }, ms / 1000);
      },
      checkpoint: ({ task, position }) => {
        metrics.checkpoints.inc({ task });
        covered?.(position.offset);
      },
    };
  }

  private deadLetters(topology: string, seen?: (rejected: readonly Rejected[]) => void): Sink<Rejected> {
    const { config, writers, metrics } = this.parts;
    return deadLetterSink(writers['dead-letters'], config.dead_letters.raw, (rejected) => {
      for (const item of rejected) {
        metrics.rejected.inc({ topology, reason: item.reason });
        const rule = brokenRule(item);
        if (rule !== undefined) metrics.quarantined.broke(rule);
      }
      seen?.(rejected);
    });
  }

  ingestTask({ name, incarnation, source, parts, covered }: NamedSource): Task<SourceItem, IngestRecord> {
    const { backend, metrics } = this.parts;
    const sink = this.windowsSink();
    const share = new LineShare(name, (found) => this.parts.refused?.(found));
    return new Task({
      name: ingestTaskName(name, incarnation),
      topology: (stores, epoch) =>
        ingest({
          ...parts,
          source: name,
          incarnation,
          epoch,
          stores,
          count: (what, n) => metrics.noted.inc({ what }, n),
          lines: (counts) => {
            for (const fate of ['read', 'joined', 'refused'] as const) {
              if (counts[fate] > 0) metrics.lines.inc({ source: name, fate }, counts[fate]);
            }
            if (counts.borrowedTime > 0) metrics.borrowedTimes.inc({ source: name }, counts.borrowedTime);
            share.add(counts);
          },
        }),
      source: counted(withResets(source, name, this.parts.healer.controls.said), (records) =>
        metrics.records.inc({ source: name }, records),
      ),
      sink: {
        write: async (items, context) => {
          const { flow } = this.parts;
          let written = 0;
          let marked: Mark | undefined;
          /** Readers see what is flushed: a mark is what they wait for. */
          const writeTo = async (end: number): Promise<void> => {
            await sink.write(items.slice(written, end), context);
            written = end;
            if (!marked) return;
            await sink.flush();
            metrics.watermark.set({ source: name }, marked.watermark / 1000);
            metrics.stalled.set({ source: name }, marked.kind === 'stalled' ? 1 : 0);
            flow.mark(name, marked.watermark, marked.kind);
            marked = undefined;
          };
          for (const [at, item] of items.entries()) {
            metrics.partials.inc({ type: item.type });
            if ('capped' in item && item.capped) metrics.limited.inc({ source: name, limit: limitOf(item) });
            if ('pane' in item) flow.began(name, item.pane);
            if (item.type !== 'mark' || !isProgress(item)) continue;
            // A stalled source closes nothing: those that do not wait for it hold their own marks.
            if (item.kind !== 'stalled' && !flow.mayMarkNow(name, item.watermark)) {
              await writeTo(at);
              // What is trained on meanwhile must be all there.
              await sink.flush();
              if (!(await flow.mayMark(name, item.watermark, item.kind, context.stop))) throw new GivenUp();
            }
            marked = item;
          }
          await writeTo(items.length);
        },
        flush: () => sink.flush(),
      },
      deadLetters: this.deadLetters('ingest', (rejected) => {
        for (const { reason } of rejected)
          if (reason === 'late' || reason === 'future') metrics.misdated.inc({ source: name, reason });
      }),
      backend,
      journal: writtenItem,
      poison: poisonRecord(name),
      mayRead: (signal) => this.parts.flow.mayRead(name, signal),
      hooks: this.hooks('ingest', undefined, covered),
    });
  }

  /** Reads what people put back. */
  redriveTask(source: Source<ChannelItem<Redriven>>): Task<ChannelItem<Redriven>, IngestRecord> {
    const { config, backend } = this.parts;
    return new Task({
      name: 'redrive/0',
      topology: (stores, epoch) =>
        redrive({ source: 'redrive/0', incarnation: 0, epoch, stores, partsOf: redriveParts(config) }),
      source,
      sink: this.windowsSink(),
      deadLetters: this.deadLetters('redrive'),
      backend,
      poison: poisonRedriven,
      hooks: this.hooks('redrive'),
    });
  }

  private windowsSink(): Sink<IngestRecord> {
    const { config, writers } = this.parts;
    return windowsSink(writers.windows, config.channels.shards);
  }

  detectTask(shard: number, source: Source<ChannelItem<WindowsRecord>>): Task<ChannelItem<WindowsRecord>, Tracked> {
    const { config, backend, metrics, snapshots, openWindows } = this.parts;
    const name = `windows/${shard}`;
    const parts = {
      windows: { ...windowParts(config), shard: name },
      artefacts: this.parts.artefacts,
      calibration: this.parts.artefacts.calibration,
      kernel,
      rules: config.rules,
      rowRules: this.rowRules,
      select: selectParts(config),
      speaksForInput: shard === 0,
    };
    const track = (epoch: number): DetectParts['track'] => ({
      ...trackParts(config),
      tag: { source: name, incarnation: 0, epoch },
    });
    return new Task({
      name: `detect/${shard}`,
      topology: (stores, epoch) => {
        this.calendars = new Calendars(stores);
        this.parts.online?.look(shard);
        if (shard === 0) {
          const closed = stores.open('boundary', uint);
          this.onFirstShard?.(epoch, () => closed.get(''));
        }
        return detect({ ...parts, stores, track: track(epoch), aside: (aside) => this.asides.set(shard, aside) });
      },
      turns: snapshotTurns({
        shard,
        shards: config.channels.shards,
        store: snapshots,
        records: (from, to) => recordsBetween(openWindows, shard, from, to),
        detect: { ...parts, track: track(1) },
        reverted: () => metrics.reverts.inc(),
      }),
      source,
      sink: this.detectSink(shard),
      deadLetters: this.deadLetters('detect'),
      backend,
      poison: poisonWindows(name),
      hooks: this.hooks('detect', undefined, () => this.parts.online?.look(shard)),
    });
  }

  private detectSink(shard: number): Sink<Tracked> {
    const { writers, metrics, watch } = this.parts;
    const { decisions, alerts, shadows } = writers;
    const flush = async (): Promise<void> => {
      await decisions.flush();
      await alerts.flush();
      await shadows.flush();
    };
    return {
      write: async (items) => {
        let raised = false;
        for (const item of items) {
          if (item.type === 'decided') {
            const { decision } = item;
            decisions.append(shard, decision.entity, encodeDecision(decision));
            const { kind } = entityFromKey(decision.entity);
            metrics.windows.inc({ kind });
            metrics.seen.see(decision.entity);
            for (const { detector } of decision.scores) metrics.scores.inc({ detector });
            if (decision.fired) metrics.fired.inc({ kind, policy: decision.policy });
            for (const reason of decision.flags) metrics.inexact.inc({ reason });
            metrics.shown.see(item, this.facts);
            watch?.(item);
          } else if (item.type === 'alert') {
            alerts.append(0, item.alert.entity, encodeAlert(item.alert));
            raised = true;
            this.underWay++;
          } else if (item.type === 'shadowed') {
            shadows.append(0, item.name, encodeShadowed(item));
          } else if (item.type === 'boundary') {
            metrics.boundary.set({ shard: String(shard) }, item.end / 1000);
            metrics.entities.set({ shard: String(shard) }, item.entities);
            metrics.overflow.set({ shard: String(shard) }, item.overflow);
            this.parts.flow.boundary(shard, item.end);
            if (item.ended) this.parts.flow.finish(shard);
          }
        }
        // An alert does not wait for the next checkpoint.
        if (raised) await flush();
      },
      flush,
    };
  }

  /** @param isTold - whether what is read now was notified before: it is read for the state alone */
  respondTask(
    source: Source<ChannelItem<Alert>>,
    isTold = (): boolean => false,
  ): Task<ChannelItem<Alert>, Notification> {
    const { config, backend, responder, healer } = this.parts;
    const known = (): Iterable<Alert> => (isTold() ? [] : this.knownAlerts());
    const sink = new RespondSink({ responder, isTold, resume: () => responder.start(known()) });
    return new Task({
      name: respondTask,
      topology: (stores, epoch) => {
        this.alerts = alertStore(stores);
        sink.restored();
        responder.start(known());
        healer.lead(known, epoch);
        return respond({ stores, ...respondParts(config) });
      },
      source,
      sink,
      isRebuilding: isTold,
      deadLetters: this.deadLetters('respond'),
      backend,
      poison: poisonAlert,
      checkpointMs: 200,
      hooks: this.hooks('respond', (items) => (this.underWay -= items)),
    });
  }
}

/** Which limit a partial has come to. */
function limitOf({ type, entity }: PanePartial): string {
  if (entity === overflowKey(type === 'series')) return 'entities';
  return { log: 'signatures', session: 'session_keys', series: 'points' }[type];
}

/**
 * Trains: one process leads, trains in a thread from the `windows` log, and promotes by a control record. What it does is
 * recorded in `controls` before it takes effect, so that whoever leads next goes on where it was ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { markPromoted } from '../../models/registry/registry.js';
import { publishSet, type Blobs } from '../../models/registry/share.js';
import { trainingControl, type TrainingEntry } from '../../records/training.js';
import type { WindowsRecord } from '../../records/windows.js';
import type { Artefacts } from '../../training/artefacts.js';
import { tooFew, trainInBackground, TrainingStopped, type TrainingOutcome } from '../../training/background.js';
import type { CustomModel } from '../../training/custom-models.js';
import { TrainingLedger, type Promoted } from '../../training/ledger.js';
import { dueStep, nextStep, type TrainingStep } from '../../training/schedule.js';
import type { ControlsLog, TailReader } from '../flow/controls-log.js';
import type { Flow } from '../flow/flow.js';
import { windowParts } from '../options.js';
import { CanaryKeeper } from '../canary/keeper.js';
import { ShadowKeeper } from '../shadow/keeper.js';
import { MlflowMirror } from '../mlflow/mirror.js';
import { SnapshotKeeper } from '../snapshots/keeper.js';
import type { LogOpener } from '../snapshots/records-between.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { FirstPane } from './first-pane.js';
import { MostWindows } from './most-windows.js';
import { ModelDoors } from './doors.js';
import { driftStart, showDrift } from './drift.js';
import { trainingStatus, type TrainingStatus } from './status.js';

export interface TrainerParts {
  readonly config: Config;
  readonly controls: ControlsLog;
  readonly flow: Flow;
  /** Whether marks wait for a training, so that what takes over when is a property of the data. */
  readonly holds: boolean;
  readonly artefacts: Artefacts;
  readonly blobs?: Blobs;
  readonly own: readonly CustomModel[];
  /** The set that ships with tocsin, stored in the folder of the registry; undefined where none is used. */
  readonly prior: string | undefined;
  /** Opens the `windows` log. */
  readonly windows: LogOpener;
  readonly snapshots: SnapshotStore;
  /** Opens the log of decisions, where drift is looked for. */
  readonly decisions: LogOpener;
  /** Opens the log of what shadows would have decided. */
  readonly shadowed: LogOpener;
  /** Resolves where all that is in `windows` is decided; where marks wait for a training, drift is that of the data. */
  readonly caughtUp?: (signal: AbortSignal) => Promise<void>;
  readonly broadcast: (record: WindowsRecord) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Between two looks, ms. */
const lookMs = 250;
/** After a failure nothing is tried for this long, ms. */
const retryMs = 5000;
/** Windows further back than this are not trained on, ms. */
const horizon = 28 * 86_400_000;
/** Windows of all entities together, ms: with fewer a tail can claim nothing that is rare enough to page. */
const enoughMs = 14 * 86_400_000;
/** Between two looks for the first pane, ms: each of them joins a consumer group. */
const seekMs = 5000;

interface Lead {
  epoch: number;
  /** Up to where it is decided, ms of event time. */
  readonly decided: () => number | undefined;
  claimed: boolean;
}

export class Trainer {
  readonly ledger = new TrainingLedger();
  private leading: Lead | undefined;
  /** Ends a training whose process has lost the lead. */
  private term = new AbortController();
  private readonly closing = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private training: TrainingStep | undefined;
  private notes = 0;
  private notBefore = 0;
  private failure: string | undefined;
  /** The promotion that all shards have, by this process. */
  private announced: Promoted | undefined;
  /** What people ask of models. */
  readonly doors: ModelDoors;
  private readonly firstPane: FirstPane;
  private readonly windowBound: MostWindows;
  private readonly keeper: SnapshotKeeper;
  private readonly canaries: CanaryKeeper;
  private readonly shadows: ShadowKeeper;
  private readonly mirror: MlflowMirror;
  private notSoughtBefore = 0;
  private saidTooLittle = false;

  constructor(private readonly parts: TrainerParts) {
    const { config, broadcast } = parts;
    this.firstPane = new FirstPane(config.channels.shards);
    this.windowBound = new MostWindows(config.channels.shards, windowParts(config));
    this.shadows = new ShadowKeeper({ ...parts, ledger: this.ledger });
    this.mirror = new MlflowMirror({ ...parts, ledger: this.ledger, dir: parts.artefacts.dir });
    this.doors = new ModelDoors({
      ...parts,
      ledger: this.ledger,
      heard: () => this.heard(),
      decided: () => this.leading?.decided() ?? parts.flow.decided(),
      found: () => this.canaries.status,
      shadowed: () => this.shadows.reports(),
    });
    this.keeper = new SnapshotKeeper({
      ledger: this.ledger,
      shards: config.channels.shards,
      options: config.state.snapshots,
      store: parts.snapshots,
      broadcast,
      say: (control) => this.doors.say(control),
    });
    this.canaries = new CanaryKeeper({
      ledger: this.ledger,
      shards: config.channels.shards,
      decisions: parts.decisions,
      controls: parts.controls,
      say: (control) => this.doors.say(control),
      metrics: parts.metrics,
      log: parts.log,
    });
  }

  /** From now on this process trains. @param decided - up to where it is decided, ms */
  lead(epoch: number, decided: () => number | undefined): void {
    this.leading = { epoch, decided, claimed: false };
  }

  /** From now on another process may train. */
  follow(): void {
    this.leading = undefined;
    this.endTerm();
  }

  private endTerm(): void {
    this.term.abort();
    this.term = new AbortController();
  }

  /** Claims the lead at once: what takes over first is in the log before anything else is. */
  async begin(): Promise<void> {
    await this.parts.controls.poll();
    this.read();
    if (this.leading) await this.claim(this.leading);
  }

  /** Goes on until `stop`. */
  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.closing.abort();
    this.term.abort();
    await this.loop;
  }

  /** What a page shows of it. */
  status(): TrainingStatus {
    const { config, flow } = this.parts;
    const decided = this.leading?.decided() ?? flow.decided();
    const { automatic } = config.detection.training;
    const start = automatic
      ? driftStart(config, this.ledger, decided ?? 0, Date.now())
      : { why: 'detection.training.automatic is false' };
    return trainingStatus(this.ledger, {
      options: this.schedule,
      automatic,
      noDrift: 'why' in start ? start.why : undefined,
      decided,
      leads: this.leading?.claimed === true,
      training: this.training !== undefined,
      failure: this.failure,
    });
  }

  private async heard(): Promise<TrainingLedger> {
    await this.parts.controls.poll();
    this.read();
    return this.ledger;
  }

  private get schedule() {
    const { warmup, training } = this.parts.config.detection;
    return { atLeast: warmup, every: training.every };
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      let isStepTaken = false;
      try {
        isStepTaken = await this.look();
        this.failure = undefined;
      } catch (error) {
        if (!(error instanceof TrainingStopped)) {
          this.failure = (error as Error).message;
          this.parts.log.error(
            { err: error as Error },
            'training failed: it is tried again, and the models in force stay',
          );
          this.parts.metrics.trainings.inc({ outcome: 'failed' });
          this.notBefore = performance.now() + retryMs;
        }
      }
      // In a gap of a log the next step is due already, and nothing moves that would say so.
      if (isStepTaken) continue;
      await this.parts.flow.change(signal, lookMs);
      // A flow that moves all the time must not keep the loop busy.
      await sleep(20, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Whether a step of training was taken. */
  private async look(): Promise<boolean> {
    await this.parts.controls.poll();
    this.read();
    const lead = this.leading;
    if (!lead || performance.now() < this.notBefore) return false;
    if (!lead.claimed) await this.claim(lead);
    if (lead.claimed) await this.canaries.look();
    if (lead.claimed) await this.shadows.look();
    if (lead.claimed) this.mirror.look();
    if (lead.claimed) await this.keeper.look(lead.decided());
    if (lead.claimed && this.ledger.inForce !== this.announced) await this.announce();
    if (!lead.claimed || !this.parts.config.detection.training.automatic) return false;
    const step = await this.due(lead);
    if (step) await this.take(lead, step);
    return step !== undefined;
  }

  /** Reads what was recorded; keeps the metrics. */
  private read(): void {
    const { log, metrics } = this.parts;
    const { length: before } = this.ledger.reverts;
    for (const entry of this.ledger.read(this.parts.controls.said)) {
      const { what, artefact, why, step, origin } = entry;
      const upTo = step === undefined ? undefined : new Date(step).toISOString();
      if (what === 'promoted') log.info({ artefact, origin, why, upTo }, 'models promoted');
      if (what === 'refused') log.warn({ artefact, why, upTo }, 'new models refused: the ones in force stay');
      if (what === 'looked') log.info({ why, upTo }, 'no training is due: the models in force stay');
      // A sparse log finds too little each day: once is enough to know it.
      if (what === 'too-little' && !this.saidTooLittle)
        log.info({ why, upTo }, 'too little to train on so far: tried again when there is more');
      if (what !== 'claimed' && what !== 'began') this.saidTooLittle = what === 'too-little';
      if (what === 'promoted' || what === 'refused' || what === 'too-little') metrics.trainings.inc({ outcome: what });
    }
    const lead = this.leading;
    // What it learns from is not to be learnt from.
    if (this.ledger.reverts.length > before) this.endTerm();
    if (lead?.claimed && this.ledger.epoch !== lead.epoch) {
      // Another process has claimed it.
      lead.claimed = false;
      this.endTerm();
    }
    const status = this.status();
    metrics.modelsInForce.set(status.origin === undefined ? 0 : 1);
    metrics.modelNames.reset();
    for (const [alias, artefact] of Object.entries(this.doors.names())) metrics.modelNames.set({ alias, artefact }, 1);
    const newest = [...this.ledger.snapshots.values()].at(-1);
    if (newest) metrics.snapshotAt.set(newest.at / 1000);
    if (status.trainedUpTo !== undefined) metrics.trainedUpTo.set(status.trainedUpTo / 1000);
    if (status.trainedAt !== undefined) metrics.trainedAt.set(status.trainedAt / 1000);
    if (status.behind !== undefined) metrics.trainingBehind.set(status.behind / 1000);
  }

  private async claim(lead: Lead): Promise<void> {
    lead.epoch = Math.max(lead.epoch, this.ledger.epoch + 1);
    if (!(await this.write(lead, { what: 'claimed', why: `process ${process.pid}` }))) return;
    lead.claimed = true;
    const { prior } = this.parts;
    const { warmup } = this.parts.config.detection;
    if (!this.ledger.inForce && prior !== undefined && warmup === 0) {
      const { blobs, artefacts } = this.parts;
      if (blobs) await publishSet(artefacts.dir, prior, blobs);
      const why = 'the models that ship with tocsin, until there are own ones';
      await this.write(lead, { what: 'promoted', why, artefact: prior, from: 0, origin: 'prior' });
    }
    // Whoever led before may have been ended before all shards had it.
    await this.keeper.announce();
    await this.announce();
    if (this.parts.holds) this.holdNext();
  }

  /** Writes the promotion in force to all shards; those that have it ignore it. */
  private async announce(): Promise<void> {
    const { inForce } = this.ledger;
    if (inForce && inForce.origin !== 'command') {
      const { artefact, from } = inForce;
      await this.parts.broadcast({ type: 'promotion', artefact, from });
      // Killed before this, it says so again, which changes nothing.
      if (inForce.origin !== 'prior') await markPromoted(this.parts.artefacts.dir, artefact).catch(() => undefined);
    }
    this.announced = inForce;
  }

  /** In an embedded run nothing is closed beyond the next step before it is settled. */
  private holdNext(): void {
    const { flow, config } = this.parts;
    if (!config.detection.training.automatic) {
      flow.hold(Number.POSITIVE_INFINITY);
      return;
    }
    if (this.ledger.first === undefined) return;
    flow.fixFirst(this.ledger.first);
    flow.hold(this.ledger.first + this.next().elapsed);
  }

  private next(): TrainingStep {
    const { first, step, foundTooLittle } = this.ledger;
    return nextStep(this.schedule, step === undefined ? undefined : step - first!, foundTooLittle);
  }

  /** The step that is due now. */
  private async due(lead: Lead): Promise<TrainingStep | undefined> {
    const { flow, holds } = this.parts;
    if (this.ledger.first === undefined) {
      const first = holds ? flow.first : await this.seekFirst(lead);
      if (first === undefined) return undefined;
      await this.write(lead, { what: 'began', why: '', first });
      if (holds) this.holdNext();
    }
    const { first, step, foundTooLittle } = this.ledger;
    if (first === undefined) return undefined;
    if (holds) return flow.isHeld ? this.next() : undefined;
    const decided = lead.decided();
    if (decided === undefined) return undefined;
    return dueStep(this.schedule, decided - first, step === undefined ? undefined : step - first, foundTooLittle);
  }

  private async take(lead: Lead, due: TrainingStep): Promise<void> {
    const to = this.ledger.first! + due.elapsed;
    const { reader, close } = await this.parts.windows();
    try {
      const { length: reverts } = this.ledger.reverts;
      const outcome = (await this.isEnough(reader, to)) ? await this.train(reader, due, to, lead) : this.tooLittle();
      await this.heard();
      // Asked for meanwhile: it is trained again, without what is left out.
      if (this.ledger.reverts.length === reverts) await this.settle(lead, to, outcome);
    } finally {
      this.training = undefined;
      await close();
    }
    if (this.parts.holds && lead.claimed) this.holdNext();
  }

  /**
   * Whether a first training can have windows enough: a file of few lines over months is asked about each day. Later ones
   * look for drift, too, and are always begun.
   */
  private async isEnough(reader: TailReader, to: number): Promise<boolean> {
    if (this.ledger.trained !== undefined) return true;
    return this.windowBound.canReach(this.minRows, reader, this.learntFrom(to), to);
  }

  private tooLittle(): TrainingOutcome {
    return { what: 'too-little', why: tooFew(this.minRows) };
  }

  private get minRows(): number {
    return Math.ceil(enoughMs / this.parts.config.windows.length);
  }

  private learntFrom(to: number): number {
    return Math.max(this.ledger.first!, to - horizon);
  }

  private async train(reader: TailReader, due: TrainingStep, to: number, { epoch }: Lead): Promise<TrainingOutcome> {
    this.training = due;
    const begun = { upTo: new Date(to).toISOString(), kind: due.kind, epoch };
    this.parts.log.info(begun, 'training begins: the models in force stay until it is over');
    const reason = due.kind === 'schedule' ? 'scheduled' : undefined;
    const { config, artefacts, own } = this.parts;
    const { detection, channels, rules } = config;
    const ranges = await Promise.all(Array.from({ length: channels.shards }, (_, shard) => reader.range(shard)));
    const { inForce, trained } = this.ledger;
    const start = driftStart(config, this.ledger, to, Date.now());
    const drift = 'why' in start ? undefined : await this.decisionsUpToNow();
    if (inForce) await artefacts.load(inForce.artefact);
    if (trained) await artefacts.load(trained.artefact);
    const job = {
      dir: artefacts.dir,
      windows: windowParts(config),
      rules,
      seed: detection.seed,
      extra: detection.extra,
      own,
      policy: detection.policy,
      budget: detection.budget,
      minRows: this.minRows,
      from: this.learntFrom(to),
      to,
      without: this.ledger.reverts.flatMap(({ without }) => without),
      ranges,
      ...(reason === undefined ? {} : { reason }),
      ...(this.parts.prior === undefined ? {} : { prior: this.parts.prior }),
      ...(inForce ? { inForce: inForce.artefact } : {}),
      ...(trained ? { previous: trained.artefact } : {}),
    };
    if (!drift || 'why' in start) return trainInBackground(job, { windows: reader }, this.term.signal);
    try {
      const { training } = detection;
      const about = { ranges: drift.ranges, learntTo: start.learntTo, budget: training.drift_budget };
      const readers = { windows: reader, decisions: drift.reader };
      const outcome = await trainInBackground({ ...job, drift: about }, readers, this.term.signal);
      const { metrics, log } = this.parts;
      if (outcome.drift) showDrift(outcome.drift, metrics, log, Date.now());
      return outcome;
    } finally {
      await drift.close();
    }
  }

  private async decisionsUpToNow() {
    await this.parts.caughtUp?.(this.term.signal);
    const { reader, close } = await this.parts.decisions();
    const { shards } = this.parts.config.channels;
    const ranges = await Promise.all(Array.from({ length: shards }, (_, shard) => reader.range(shard)));
    return { reader, close, ranges };
  }

  /** Records what came of a training, and lets a set that has passed take over. */
  private async settle(lead: Lead, step: number, outcome: TrainingOutcome): Promise<void> {
    const { why } = outcome;
    if (outcome.trained === undefined) {
      await this.write(lead, { what: outcome.what, why, step });
      return;
    }
    const { id, from, rows, entities, templates, detectors } = outcome.trained;
    const about = { step, artefact: id, from, rows, entities, templates, detectors: detectors.length };
    if (outcome.what === 'refused') {
      await this.write(lead, { what: 'refused', why, ...about });
      return;
    }
    const { blobs, artefacts } = this.parts;
    // Before it is recorded: whoever reads of it must find it.
    if (blobs) await publishSet(artefacts.dir, id, blobs);
    if (await this.write(lead, { what: 'promoted', why, origin: 'own', ...about })) await this.announce();
  }

  /** Writes an entry and waits until it is read back; false where it is void, since another process leads. */
  private async write(lead: Lead, entry: Omit<TrainingEntry, 'epoch' | 'at'>): Promise<boolean> {
    const { controls } = this.parts;
    const id = `training/${lead.epoch}/${process.pid}/${this.notes++}`;
    await controls.record(trainingControl({ ...entry, epoch: lead.epoch, at: Date.now() }, id));
    this.read();
    return this.ledger.epoch === lead.epoch;
  }

  /** Where event time begins in a fleet. */
  private async seekFirst(lead: Lead): Promise<number | undefined> {
    if (lead.decided() === undefined || performance.now() < this.notSoughtBefore) return undefined;
    const { reader, close } = await this.parts.windows();
    try {
      return await this.firstPane.look(reader);
    } finally {
      this.notSoughtBefore = performance.now() + seekMs;
      await close();
    }
  }
}

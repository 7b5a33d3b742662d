/** Looks after the canary: what it decided beside the rest, and its end where it is worse. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Metrics } from '../../connectors/http/metrics.js';
import { canaryControl } from '../../records/canary.js';
import type { Control } from '../../records/control.js';
import { answeredAlerts } from '../../training/canary/verdicts.js';
import type { TrainingLedger } from '../../training/ledger.js';
import type { LogOpener } from '../snapshots/records-between.js';
import { CanaryWatch, type CanaryFound } from './watch.js';

export interface CanaryKeeperParts {
  readonly ledger: TrainingLedger;
  readonly shards: number;
  /** Opens the log of decisions. */
  readonly decisions: LogOpener;
  /** Commands so far. */
  readonly controls: { readonly said: ReadonlyMap<string, Control> };
  /** Makes a control durable and reads it back. */
  readonly say: (control: Control) => Promise<unknown>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Between two looks, ms. */
const lookMs = 2000;

export class CanaryKeeper {
  private watch: CanaryWatch | undefined;
  private found: CanaryFound | undefined;
  private notBefore = 0;
  /** Id of the canary of which it was recorded that it is better. */
  private praised = '';

  constructor(private readonly parts: CanaryKeeperParts) {}

  /** What was found last; undefined where there is no canary, or another process looks after it. */
  get status(): CanaryFound | undefined {
    return this.parts.ledger.canary ? this.found : undefined;
  }

  /** By the process that leads. */
  async look(): Promise<void> {
    const { ledger, shards, decisions, controls, say, metrics, log } = this.parts;
    const { canary } = ledger;
    metrics.canaryShare.set((canary?.share ?? 0) / 1000);
    if (!canary) {
      this.watch = this.found = undefined;
      return;
    }
    if (performance.now() < this.notBefore) return;
    this.notBefore = performance.now() + lookMs;
    if (!this.watch?.isOf(canary)) this.watch = new CanaryWatch(canary.artefact, shards, decisions);
    this.found = await this.watch.look(canary, answeredAlerts(controls.said.values()));
    const { alerts, answers, logRatio, isBetter, objection } = this.found;
    metrics.canaryAlerts.set({ group: 'canary' }, alerts.canary);
    metrics.canaryAlerts.set({ group: 'rest' }, alerts.rest);
    metrics.canaryEvidence.set({ that: 'louder' }, logRatio);
    metrics.canaryEvidence.set({ that: 'more-false' }, answers.worse);
    metrics.canaryEvidence.set({ that: 'fewer-false' }, answers.better);
    if (isBetter && this.praised !== canary.id) {
      this.praised = canary.id;
      log.info(
        { artefact: canary.artefact },
        'fewer of the alerts of the canary are false: promote it, or let it go on',
      );
    }
    if (objection === undefined) return;
    const { artefact } = canary;
    log.warn({ artefact, why: objection }, 'the canary is ended: the champion scores all entities again');
    metrics.canaryRollbacks.inc();
    await say(
      canaryControl(
        { id: `canary/${randomUUID()}`, artefact, share: 0, by: 'tocsin', why: objection, at: Date.now() },
        'training',
      ),
    );
  }
}

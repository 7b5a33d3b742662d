/** Shows what shadows would have decided: as metrics, and to who asks. */
import type { Logger } from 'pino';
import type { Metrics } from '../../connectors/http/metrics.js';
import { isShadow } from '../../records/shadow.js';
import type { TrainingLedger } from '../../training/ledger.js';
import type { LogOpener } from '../snapshots/records-between.js';
import { ShadowWatch, type LiveShadow } from './watch.js';

export interface ShadowKeeperParts {
  readonly ledger: TrainingLedger;
  /** Opens the log of what shadows would have decided. */
  readonly shadowed: LogOpener;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Between two looks, ms. */
const lookMs = 5000;

export class ShadowKeeper {
  private readonly watch: ShadowWatch;
  private notBefore = 0;
  /** Failures that were logged, by name. */
  private readonly warned = new Map<string, string>();

  constructor(private readonly parts: ShadowKeeperParts) {
    this.watch = new ShadowWatch(parts.shadowed);
  }

  /** One report for each shadow that there is. */
  async reports(): Promise<readonly LiveShadow[]> {
    const { names } = this.parts.ledger;
    const found = await this.watch.look();
    return found.filter(({ name, artefact }) => names.get(name)?.artefact === artefact);
  }

  /** By the process that leads. */
  async look(): Promise<void> {
    const { ledger, metrics, log } = this.parts;
    if (performance.now() < this.notBefore) return;
    this.notBefore = performance.now() + lookMs;
    metrics.shadowWindows.reset();
    metrics.shadowAlerts.reset();
    if (![...ledger.names.keys()].some(isShadow)) return;
    for (const { name: shadow, artefact, windows, fired, alerts, broken, missed, failure } of await this.reports()) {
      const { both, onlyShadow, onlyChampion } = fired;
      const agreed = windows - both - onlyShadow - onlyChampion;
      metrics.shadowWindows.set({ shadow, outcome: 'both-fire' }, both);
      metrics.shadowWindows.set({ shadow, outcome: 'neither-fires' }, agreed);
      metrics.shadowWindows.set({ shadow, outcome: 'only-shadow' }, onlyShadow);
      metrics.shadowWindows.set({ shadow, outcome: 'only-champion' }, onlyChampion);
      metrics.shadowWindows.set({ shadow, outcome: 'broken' }, broken);
      metrics.shadowAlerts.set({ shadow, by: 'shadow' }, alerts.shadow);
      metrics.shadowAlerts.set({ shadow, by: 'champion' }, alerts.champion);
      if (missed === 0 || this.warned.get(shadow) === failure) continue;
      this.warned.set(shadow, failure);
      log.warn({ shadow, artefact, why: failure }, 'a shadow does not score: what decides goes on');
    }
  }
}

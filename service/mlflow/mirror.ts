/** Writes what is in force, and what has a name, to MLflow: beside all that decides, tried again where it does not answer. */
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { champion } from '../../records/alias.js';
import type { TrainingLedger } from '../../training/ledger.js';
import { MlflowRegistry } from './registry.js';

export interface MirrorParts {
  readonly config: Pick<Config, 'mlflow'>;
  readonly ledger: TrainingLedger;
  /** Folder of the registry. */
  readonly dir: string;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** After a failure, ms. */
const retryMs = 15_000;

export class MlflowMirror {
  private readonly registry: MlflowRegistry | undefined;
  /** Names as they were written last. */
  private written = '';
  private notBefore = 0;
  private isAway = false;
  private underWay: Promise<void> | undefined;

  constructor(private readonly parts: MirrorParts) {
    const { mlflow } = parts.config;
    this.registry = mlflow && MlflowRegistry.of(mlflow);
  }

  /** By the process that leads: begins to write where there is something new, and does not wait for it. */
  look(): void {
    if (!this.registry || this.underWay || performance.now() < this.notBefore) return;
    const { inForce, names } = this.parts.ledger;
    const named = new Map(inForce ? [[champion, inForce.artefact]] : []);
    for (const [name, { artefact }] of names) named.set(name, artefact);
    const now = JSON.stringify([...named].sort());
    if (now === this.written || named.size === 0) return;
    this.underWay = this.write(this.registry, named, now).finally(() => (this.underWay = undefined));
  }

  private async write(registry: MlflowRegistry, named: ReadonlyMap<string, string>, now: string): Promise<void> {
    const { dir, metrics, log } = this.parts;
    try {
      await registry.nameAs(dir, named, Date.now());
      this.written = now;
      metrics.mlflowUp.set(1);
      if (this.isAway) log.info('MLflow answers again: what was named meanwhile is written');
      this.isAway = false;
    } catch (error) {
      metrics.mlflowUp.set(0);
      this.notBefore = performance.now() + retryMs;
      if (!this.isAway)
        log.warn(
          { why: (error as Error).message },
          'MLflow was not written: it is tried again, and the models in force stay',
        );
      this.isAway = true;
    }
  }
}

/** When the process that trains looks for drift, and how it shows what was found. */
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import type { DriftFound } from '../../training/background.js';
import type { TrainingLedger } from '../../training/ledger.js';

/** Event time of a past that own models have learnt from before drift is looked for, ms. */
const minPast = 9 * 86_400_000;
/** What is further behind the clock than this is a backlog, ms. */
const liveMs = 2 * 86_400_000;

/**
 * Event time up to which the models in force have learnt, ms; undefined where it is too early to look for drift: they must
 * have learnt long enough, and something must have come since.
 */
export function learntTo(
  { detection }: Pick<Config, 'detection'>,
  { inForce, first }: TrainingLedger,
  to: number,
  now: number,
): number | undefined {
  const { drift } = detection.training;
  if (drift === 'never' || inForce?.step === undefined || first === undefined) return undefined;
  if (inForce.step - first < minPast || inForce.step >= to) return undefined;
  return drift === 'always' || now - to < liveMs ? inForce.step : undefined;
}

const maxNamed = 10;

export function showDrift({ drifted, entities, young }: DriftFound, metrics: Metrics, log: Logger, now: number): void {
  metrics.drift.reset();
  for (const entity of drifted) metrics.drift.set({ entity }, 1);
  metrics.driftEntities.set(entities);
  metrics.driftYoung.set(young);
  metrics.driftLooked.set(now / 1000);
  if (drifted.length > 0)
    log.warn(
      { drifted: drifted.slice(0, maxNamed), of: entities },
      'services are not what they were when the models learnt them',
    );
}

/** When the process that trains looks for drift, and how it shows what was found. */
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import type { DriftFound } from '../../training/background.js';
import type { TrainingLedger } from '../../training/ledger.js';
import { eventSpan } from './words.js';

/** Event time of a past that own models have learnt from before drift is looked for, ms. */
const minPast = 9 * 86_400_000;
/** What is further behind the clock than this is a backlog, ms. */
const liveMs = 2 * 86_400_000;

/** Up to where the models in force have learnt, event time in ms, or in words why drift is not looked for. */
export type DriftStart = { readonly learntTo: number } | { readonly why: string };

/**
 * Whether drift can be looked for: own models must have learnt long enough, and something must have come since.
 *
 * @param to - event time up to which it would be looked for, ms
 * @param now - wall clock, ms
 */
export function driftStart(
  { detection }: Pick<Config, 'detection'>,
  { inForce, first }: Pick<TrainingLedger, 'inForce' | 'first'>,
  to: number,
  now: number,
): DriftStart {
  const { drift } = detection.training;
  if (drift === 'never') return { why: 'detection.training.drift is never' };
  const step = inForce?.step;
  if (step === undefined || first === undefined)
    return { why: 'no own models score yet, and drift is looked for against what they have learnt' };
  if (step - first < minPast)
    return { why: `the own models have learnt from ${eventSpan(step - first)}, and ${eventSpan(minPast)} are needed` };
  if (step >= to) return { why: 'nothing came since the models learnt' };
  if (drift === 'live' && now - to >= liveMs)
    return {
      why: `what is read is ${eventSpan(now - to)} behind the clock: a backlog is looked at where detection.training.drift is always`,
    };
  return { learntTo: step };
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

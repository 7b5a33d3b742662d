/** The simulated operator: answers alerts late, sometimes wrongly, sometimes not at all. */
import type { Incident } from '../simulate/incident.js';
import { Random } from '../simulate/random.js';
import { type FiredEpisode, explains } from './matching.js';

export type Answer = 'anomaly' | 'not-anomaly' | 'expected';

export interface OperatorOptions {
  readonly seed: number;
  /** The truth. */
  readonly incidents: readonly Incident[];
  /** Event time from the alert to its answer, ms. Default 20 minutes. */
  readonly delayMs?: number;
  /** Part of the answers that is wrong. Default .05. */
  readonly mistakes?: number;
  /** Part of the alerts that nobody answers. Default .15. */
  readonly unanswered?: number;
}

/** @returns the verdict and its event time in ms, or undefined where nobody answers */
export type SimulatedOperator = (
  episode: FiredEpisode,
) => { readonly verdict: Answer; readonly at: number } | undefined;

/**
 * An operator who knows the truth, but is human. What is said of an alert depends on the seed and the alert alone, not
 * on the order of the questions.
 *
 * @example
 * const ask = simulatedOperator({ seed: 7, incidents });
 * ask({ entity: 'service{service="auth"}', start, firedAt }); // { verdict: 'anomaly', at: firedAt + 1200000 }
 */
export function simulatedOperator(options: OperatorOptions): SimulatedOperator {
  const { seed, incidents, delayMs = 20 * 60_000, mistakes = 0.05, unanswered = 0.15 } = options;
  return (episode) => {
    const random = new Random(seed, `operator/${episode.entity}/${episode.start}`);
    if (random.fraction() < unanswered) return undefined;
    const at = episode.firedAt + delayMs;
    // At that time nobody knows more than has happened.
    const known = { ...episode, end: Math.min(episode.end ?? at, at) };
    const causes = incidents.filter((incident) => explains(incident, known));
    const right = causes.some(({ expected }) => !expected) ? 'anomaly' : causes.length > 0 ? 'expected' : 'not-anomaly';
    const wrong = right === 'anomaly' ? 'not-anomaly' : 'anomaly';
    return { verdict: random.fraction() < mistakes ? wrong : right, at };
  };
}

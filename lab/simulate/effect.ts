/** What an incident does to a service in one minute. */
import type { Incident } from './incident.js';

/** Sets of messages that incidents add to. */
export type Mix = 'errors' | 'novel' | 'timeout' | 'leak' | 'deploy' | 'batch' | 'rollout';

export interface Effect {
  /** Multiplier of the usual traffic; 0 silences everything. */
  readonly traffic: number;
  /** Multiplier of durations. */
  readonly latency: number;
  /** Memory pressure, 0 to 1. */
  readonly load: number;
  /** Additional lines a minute. */
  readonly extra: Partial<Record<Mix, number>>;
  /** Processes start in this minute. */
  readonly restart: boolean;
}

const none: Effect = { traffic: 1, latency: 1, load: 0, extra: {}, restart: false };

/**
 * @param time start of the minute, ms
 * @param rate the service's usual lines a minute at this time, so that an incident is as visible at night as at noon
 * @param batch the usual lines a minute of its daily batch run
 */
export function effectOf(incident: Incident, time: number, rate: number, batch: number): Effect {
  const { kind, start, end, strength } = incident;
  const restartAfter = (kind === 'slow leak' || kind === 'bad deploy') && time === end;
  if (restartAfter) return { ...none, restart: true };
  // What a new version says it goes on saying.
  if (time < start || (time >= end && kind !== 'rollout')) return none;
  switch (kind) {
    case 'error burst':
      return { ...none, extra: { errors: strength * Math.max(5, 0.6 * rate) } };
    case 'new error':
      return { ...none, extra: { novel: strength * Math.max(1.5, 0.06 * rate) } };
    case 'silence':
      return { ...none, traffic: 0 };
    case 'latency':
      return { ...none, latency: 3.2 * strength, extra: { timeout: 0.03 * rate } };
    case 'slow leak': {
      const level = (time - start) / (end - start);
      return {
        ...none,
        latency: 1 + 3 * strength * level * level,
        load: level,
        extra: { leak: strength * level * Math.max(4, 0.4 * rate) },
      };
    }
    case 'surge':
      return { ...none, traffic: 2.6 * strength, latency: 1.3 };
    case 'bad deploy':
      return {
        traffic: 0.85,
        latency: 1.8 * strength,
        load: 0,
        extra: { deploy: strength * Math.max(4, 0.35 * rate), errors: 0.15 * rate },
        restart: time === start,
      };
    case 'scheduled job':
      return { ...none, extra: { batch: 3 * strength * batch } };
    case 'rollout':
      return { ...none, extra: { rollout: Math.max(0.5, 0.04 * rate) }, restart: time === start };
    case 'broken sessions':
      return none;
  }
}

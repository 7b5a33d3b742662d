/** The scorer: what was found of what was injected, how late, and what it cost in false alerts. */
import type { Incident } from '../simulate/incident.js';
import { type FiredEpisode, explains, finds, nameOf } from './matching.js';

const week = 7 * 86_400_000;

export interface ScoreInput {
  readonly incidents: readonly Incident[];
  readonly episodes: readonly FiredEpisode[];
  /** Names of everything that is watched, services and session classes: each has a row, also without an alert. */
  readonly watched: readonly string[];
  /** Event time that is judged, ms: episodes that begin outside are left out. */
  readonly from: number;
  readonly to: number;
}

export interface IncidentOutcome {
  readonly incident: Incident;
  readonly found: boolean;
  /** From the incident's start to the first alert that found it, ms; undefined for a miss. */
  readonly delayMs?: number;
}

export interface FalseAlerts {
  readonly name: string;
  readonly alerts: number;
  readonly perWeek: number;
}

export interface Score {
  /** The incidents that should page, in order of their start. */
  readonly outcomes: readonly IncidentOutcome[];
  readonly injected: number;
  readonly found: number;
  /** Of the incidents found; undefined where none was. */
  readonly medianDelayMs?: number | undefined;
  /** One row for each that is watched. */
  readonly falseAlerts: readonly FalseAlerts[];
  readonly weeks: number;
  /** Expected changes, and how many alerts each raised; such an alert is counted here and not as a false one. */
  readonly expectedChanges: readonly { readonly incident: Incident; readonly alerts: number }[];
}

/**
 * Scores fired episodes against the truth. An incident is found by an alert on one of its services that overlaps it and
 * starts before its end. An alert that no incident explains is false; one on an expected change is counted with it.
 *
 * @throws RangeError when the judged time is empty, or an episode is of nothing that is watched
 */
export function score({ incidents, episodes, watched, from, to }: ScoreInput): Score {
  if (!(to > from)) throw new RangeError(`nothing to score: the judged time ends at ${to} and starts at ${from}`);
  const judged = episodes.filter(({ start }) => start >= from && start < to);
  const injected = incidents.filter(({ start, end }) => start < to && end > from).sort((a, b) => a.start - b.start);

  const outcomes = injected
    .filter(({ expected }) => !expected)
    .map((incident): IncidentOutcome => {
      const fired = judged.filter((episode) => finds(incident, episode)).map(({ firedAt }) => firedAt - incident.start);
      return fired.length > 0 ? { incident, found: true, delayMs: Math.min(...fired) } : { incident, found: false };
    });

  const weeks = (to - from) / week;
  const falseCounts = new Map(watched.map((name) => [name, 0]));
  for (const episode of judged) {
    const name = nameOf(episode.entity);
    const count = falseCounts.get(name);
    if (count === undefined)
      throw new RangeError(`an alert on ${episode.entity}, but ${name} is not among those watched`);
    if (!injected.some((incident) => explains(incident, episode))) falseCounts.set(name, count + 1);
  }

  const found = outcomes.filter((outcome) => outcome.found);
  return {
    outcomes,
    injected: outcomes.length,
    found: found.length,
    medianDelayMs: median(found.map(({ delayMs }) => delayMs!)),
    falseAlerts: [...falseCounts].map(([name, alerts]) => ({ name, alerts, perWeek: alerts / weeks })),
    weeks,
    expectedChanges: injected
      .filter(({ expected }) => expected)
      .map((incident) => ({ incident, alerts: judged.filter((episode) => explains(incident, episode)).length })),
  };
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

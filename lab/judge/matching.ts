/** Which alert belongs to which incident: shared by the simulated operator and the scorer. */
import { entityFromKey } from '../../records/entity.js';
import type { Incident } from '../simulate/incident.js';

/** What an alert says of itself. Times are ms of event time. */
export interface FiredEpisode {
  /** Canonical key of the entity. */
  readonly entity: string;
  /** Start of the first window that fired. */
  readonly start: number;
  /** When the alert was raised: the end of that window at the earliest. */
  readonly firedAt: number;
  /** End of the last window that fired; undefined while it lasts. */
  readonly end?: number | undefined;
}

/** An alert that begins within this time after an incident is its aftermath: neither a find nor a false alert. */
export const aftermathMs = 15 * 60_000;

/** The name by which the simulation knows an entity: its `service` label, or the whole key where it has none. */
export const nameOf = (entity: string): string => entityFromKey(entity).labels.service ?? entity;

/** Does the alert overlap the incident, and begin before it is over? */
export const finds = (incident: Incident, episode: FiredEpisode): boolean =>
  incident.services.includes(nameOf(episode.entity)) &&
  episode.start < incident.end &&
  (episode.end ?? Infinity) > incident.start &&
  episode.firedAt > incident.start;

/** Does the incident explain the alert: by overlap, or as its aftermath? */
export const explains = (incident: Incident, episode: FiredEpisode): boolean =>
  finds({ ...incident, end: incident.end + aftermathMs }, episode);

/** Entities that broke together: one incident, with the one that is likely to have begun it. */
import { double, list, optional, struct, text, time, uint, type Codec } from './wire/codec.js';

/** An alert in an incident. */
export interface IncidentMember {
  readonly fingerprint: string;
  readonly entity: string;
  /** ms since 1970. */
  readonly startsAt: number;
  /** Return level when it joined. */
  readonly u: number;
}

/** Alerts of several entities that began close together. */
export interface Incident {
  readonly id: string;
  /** Start of the earliest alert in it, ms since 1970. */
  startsAt: number;
  /** Start of the latest. */
  lastAt: number;
  /** When its last alert was resolved. */
  endedAt: number | undefined;
  /** All that ever joined, and those that fire. */
  size: number;
  firing: number;
  /** The first to join, up to a limit. */
  members: readonly IncidentMember[];
  /** Fingerprint of the likely origin, and why it. */
  origin: string;
  why: string;
}

/** Canonical bytes of an incident. */
export const incidentCodec: Codec<Incident> = struct<Incident>({
  id: text,
  startsAt: time,
  lastAt: time,
  endedAt: optional(time),
  size: uint,
  firing: uint,
  members: list(struct<IncidentMember>({ fingerprint: text, entity: text, startsAt: time, u: double })),
  origin: text,
  why: text,
});

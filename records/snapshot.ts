/** Snapshots of what was learnt, and going back to one: asked for in `controls`, carried out at a record of `windows`. */
import type { Control } from './control.js';
import { list, struct, text, time, type Codec } from './wire/codec.js';

/** [from, to) of event time, ms. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}
/** Canonical bytes of a range. */
export const timeRange: Codec<TimeRange> = struct<TimeRange>({ from: time, to: time });

/** Every shard keeps what it has learnt from the records before this one. */
export interface SnapshotRecord {
  readonly type: 'snapshot';
  readonly id: string;
}

/**
 * Every shard goes back to a snapshot, and decides again what came since, for its state alone: without promotions, and
 * without the windows, sessions and verdicts of some ranges.
 */
export interface RevertRecord {
  readonly type: 'revert';
  readonly id: string;
  readonly snapshot: string;
  readonly without: readonly TimeRange[];
}

/** Canonical bytes of a snapshot record, without its type. */
export const snapshotFields = struct<Omit<SnapshotRecord, 'type'>>({ id: text });
/** Canonical bytes of a revert record, without its type. */
export const revertFields = struct<Omit<RevertRecord, 'type'>>({ id: text, snapshot: text, without: list(timeRange) });

interface Authorship {
  readonly by: string;
  readonly why: string;
  /** Wall-clock ms. */
  readonly at: number;
}

/** A snapshot as it was asked for; its id is its name. */
export interface Snapshot extends Authorship {
  readonly id: string;
  /** The champion, empty before there was one. */
  readonly artefact: string;
  /** Up to where it was decided, ms of event time. */
  readonly decided: number;
  readonly shards: number;
}

/** A revert as it was asked for. */
export interface Revert extends Authorship {
  readonly id: string;
  readonly snapshot: string;
  readonly without: readonly TimeRange[];
  /** The champion of the snapshot, and the bound with which it takes over. */
  readonly artefact: string;
  readonly from: number;
}

const name = /^[a-z0-9][a-z0-9-]{0,59}$/;

/** Why a text cannot name a snapshot; undefined where it can. */
export const misnamedSnapshot = (id: string): string | undefined =>
  name.test(id) ? undefined : `${id} cannot name a snapshot: use up to 60 of a-z, 0-9 and "-", a letter or digit first`;

/**
 * The command that takes a snapshot, as `controls` records it.
 *
 * @param via by which way it came
 */
export function snapshotControl({ id, by, why, at, ...value }: Snapshot, via: string): Control {
  return { id: `snapshot/${id}`, command: 'snapshot', about: id, value: JSON.stringify(value), by, via, why, at };
}

/**
 * The command that goes back to a snapshot, as `controls` records it.
 *
 * @param via by which way it came
 */
export function revertControl({ id, snapshot, by, why, at, ...value }: Revert, via: string): Control {
  return { id, command: 'revert', about: snapshot, value: JSON.stringify(value), by, via, why, at };
}

/** All shards of `windows` have the record of this snapshot, or of this revert. */
export const turnedControl = (id: string, at: number): Control => ({
  id: `turned/${id}`,
  command: 'turned',
  about: id,
  value: '',
  by: 'tocsin',
  via: 'training',
  why: '',
  at,
});

const parsed = (value: string): Record<string, unknown> => {
  try {
    return JSON.parse(value) as Record<string, unknown>;
  } catch {
    return {};
  }
};

/** Undefined for a control about something else, and for one that this release cannot read. */
export function snapshotIn({ command, about: id, value, by, why, at }: Control): Snapshot | undefined {
  if (command !== 'snapshot') return undefined;
  const { artefact, decided, shards } = parsed(value);
  return typeof artefact === 'string' && typeof decided === 'number' && typeof shards === 'number'
    ? { id, artefact, decided, shards, by, why, at }
    : undefined;
}

/** The revert that a command asks for; undefined where it asks for something else. */
export function revertIn({ id, command, about: snapshot, value, by, why, at }: Control): Revert | undefined {
  if (command !== 'revert') return undefined;
  const { artefact, from, without } = parsed(value);
  return typeof artefact === 'string' && typeof from === 'number' && Array.isArray(without)
    ? { id, snapshot, artefact, from, without: without as TimeRange[], by, why, at }
    : undefined;
}

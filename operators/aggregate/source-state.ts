/** What the record-by-record judgement of a source remembers. */
import { clocksState, newClocks, type ClocksState } from './clocks.js';
import {
  bool,
  bytes,
  double,
  int,
  list,
  optional,
  pair,
  struct,
  text,
  uint,
  type Codec,
} from '../../records/wire/codec.js';
import { entityFromKey } from '../../records/entity.js';
import type { DecodedRecord, LogRecord } from '../../records/log-record.js';

/** What is remembered of a source. */
export interface AggregatedSource {
  /** Greatest event time of the records so far that may count, ms, or -1. */
  max: number;
  /** Panes that end at or before it are closed, ms, or -1. */
  boundary: number;
  /** Offset of the last record. */
  offset: number;
  /** Records with a jump in time that is not confirmed yet. */
  held: DecodedRecord[];
  /** The time at the reader by its last control, ms, or -1, and whether it was at the end of what is there. */
  clock: number;
  live: boolean;
  clocks: ClocksState;
  /** Records since the share of wrong times was last looked at, how many of them were late or future, and what was found. */
  seen: number;
  wrong: number;
  misdated: boolean;
  /** When a person last said where event time is, wall-clock ms, or 0. */
  resetAt: number;
  /** Lines up to this offset that are before the boundary were counted by the reader before, or -1. */
  counted: number;
}

interface HeldLine {
  readonly level: number;
  readonly outcome: number;
  readonly message: Uint8Array;
  readonly signature: number;
  readonly variable: number;
  readonly numbers: readonly number[];
  readonly route: number;
  readonly replica: number;
  readonly sessions: readonly (readonly [string, string])[];
}
interface HeldRecord {
  readonly entity: string;
  readonly time: number;
  readonly timestamp: number;
  readonly origin: number | undefined;
  readonly value: number;
  readonly offset: number;
  readonly line: HeldLine | undefined;
}

const held: Codec<HeldRecord> = struct<HeldRecord>({
  entity: text,
  time: uint,
  timestamp: int,
  origin: optional(uint),
  value: double,
  offset: uint,
  line: optional(
    struct<HeldLine>({
      level: uint,
      outcome: uint,
      message: bytes,
      signature: uint,
      variable: uint,
      numbers: list(int),
      route: uint,
      replica: uint,
      sessions: list(pair(text, text)),
    }),
  ),
});

interface StoredSource extends Omit<AggregatedSource, 'held'> {
  readonly held: readonly HeldRecord[];
}
const stored: Codec<StoredSource> = struct<StoredSource>({
  max: int,
  boundary: int,
  offset: uint,
  held: list(held),
  clock: int,
  live: bool,
  clocks: clocksState,
  seen: uint,
  wrong: uint,
  misdated: bool,
  resetAt: uint,
  counted: int,
});

/** Canonical bytes of a source's state. */
export const sourceState: Codec<AggregatedSource> = {
  write: (to, state) => stored.write(to, { ...state, held: state.held.map(toHeld) }),
  read(from) {
    const { held: records, ...rest } = stored.read(from);
    return { ...rest, held: records.map(fromHeld) };
  },
};

/** Before the first record. */
export const newSourceState = (): AggregatedSource => ({
  max: -1,
  boundary: -1,
  offset: 0,
  held: [],
  clock: -1,
  live: false,
  clocks: newClocks(),
  seen: 0,
  wrong: 0,
  misdated: false,
  resetAt: 0,
  counted: -1,
});

/** A copy that outlives the batch. */
export function kept(record: DecodedRecord): DecodedRecord {
  if (record.type === 'point') return record;
  const message = Uint8Array.prototype.slice.call(record.bytes, record.start, record.end);
  return { ...record, bytes: message, start: 0, end: message.length };
}

function toHeld(record: DecodedRecord): HeldRecord {
  const { time, timestamp, origin, value, offset } = record;
  const line = record.type === 'log' ? toLine(record) : undefined;
  return { entity: record.entity.key, time, timestamp, origin, value, offset, line };
}

const toLine = (record: LogRecord): HeldLine => ({
  level: record.level,
  outcome: record.outcome,
  message: record.bytes.subarray(record.start, record.end),
  signature: record.signature,
  variable: record.variable >>> 0,
  numbers: record.numbers,
  route: record.route ?? 0,
  replica: record.replica ?? 0,
  sessions: record.sessions.map(({ entity, key }) => [entity.key, key] as const),
});

function fromHeld({ entity, time, timestamp, origin, value, offset, line }: HeldRecord): DecodedRecord {
  const common = { entity: entityFromKey(entity), time, value, offset, timestamp, origin };
  if (!line) return { type: 'point', ...common };
  const { level, outcome, message, signature, variable, numbers, route, replica } = line;
  const sessions = line.sessions.map(([owner, key]) => ({ entity: entityFromKey(owner), key }));
  return {
    type: 'log',
    ...common,
    level,
    outcome,
    bytes: message,
    start: 0,
    end: message.length,
    signature,
    variable,
    numbers,
    route,
    replica,
    sessions,
  };
}

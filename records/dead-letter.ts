/** What could not be handled, as it is kept for people, and what they put back. */
import type { Rejected } from './batch.js';
import { bytes, int, optional, struct, text, uint, type Codec } from './codec.js';

export interface DeadLetter extends Rejected {
  /** Wall clock, ms: when it was written. */
  readonly at: number;
}

const whole = struct<NonNullable<Rejected['whole']>>({ timestamp: int, topic: text });

export const deadLetter: Codec<DeadLetter> = struct<DeadLetter>({
  reason: text,
  detail: text,
  source: text,
  offset: uint,
  time: optional(uint),
  bytes: optional(bytes),
  whole: optional(whole),
  attempt: optional(uint),
  at: uint,
});

/** The same record has the same name however often its letter was written; each further attempt has another one. */
export const letterId = ({ source, offset, attempt = 0 }: Pick<DeadLetter, 'source' | 'offset' | 'attempt'>): string =>
  `${source}@${offset}${attempt === 0 ? '' : `+${attempt}`}`;

/** Whether its record can be put back: all of its bytes are there. Deliveries and parts of records cannot. */
export const isRedrivable = (letter: DeadLetter): boolean => letter.bytes !== undefined && letter.whole !== undefined;

/** A record on its way back. */
export interface Redriven {
  /** `letterId`: a second one is ignored. */
  readonly id: string;
  /** Source and offset under which it was first read. */
  readonly source: string;
  readonly offset: number;
  readonly attempt: number;
  readonly topic: string;
  /** Broker time stamp, ms, or -1. */
  readonly timestamp: number;
  readonly bytes: Uint8Array;
}

export const redriven: Codec<Redriven> = struct<Redriven>({
  id: text,
  source: text,
  offset: uint,
  attempt: uint,
  topic: text,
  timestamp: int,
  bytes,
});

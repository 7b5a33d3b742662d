/** What could not be handled, as it is kept for people, and what they put back. */
import type { RecordPart, Rejected } from './batch.js';
import type { Labels } from './entity.js';
import {
  bytes,
  decodeEither,
  encode,
  int,
  optional,
  readAs,
  struct,
  text,
  texts,
  uint,
  type Codec,
} from './wire/codec.js';

/** A refused record as the `dead-letters` channel keeps it. */
export interface DeadLetter extends Rejected {
  /** Wall clock, ms: when it was written. */
  readonly at: number;
  /** A message that was given up: its id, under which its receiver knows it, and what was to be sent. */
  readonly delivery?: UndeliveredAlert | undefined;
}

interface UndeliveredAlert {
  readonly id: string;
  readonly payload: Uint8Array;
}

const part: Codec<RecordPart> = struct<RecordPart>({ index: uint, from: uint, to: uint });
const whole = struct<NonNullable<Rejected['whole']>>({ timestamp: int, topic: text });

const fields = {
  reason: text,
  detail: text,
  source: text,
  offset: uint,
  time: optional(uint),
  bytes: optional(bytes),
  whole: optional(whole),
  attempt: optional(uint),
  at: uint,
};

/** Canonical bytes of a dead letter. */
export const deadLetter: Codec<DeadLetter> = struct<DeadLetter>({
  ...fields,
  delivery: optional(struct<UndeliveredAlert>({ id: text, payload: bytes })),
  part: optional(part),
  inputs: optional(texts),
});

/** Earlier dead letters ended here: none had a key or headers. */
const olderDeadLetter: Codec<DeadLetter> = readAs(
  struct<Omit<DeadLetter, 'inputs'>>({
    ...fields,
    delivery: optional(struct<UndeliveredAlert>({ id: text, payload: bytes })),
    part: optional(part),
  }),
  (item) => item,
);

/** One record of the `dead-letters` channel. */
export const encodeDeadLetter = (item: DeadLetter): Buffer => encode(deadLetter, item);

/** @throws RangeError on broken bytes */
export const decodeDeadLetter = (input: Uint8Array): DeadLetter => decodeEither(deadLetter, olderDeadLetter, input);

/** The same record has the same name however often its letter was written; each further attempt has another one. */
export const deadLetterId = ({
  source,
  offset,
  part: piece,
  attempt = 0,
  delivery,
}: Pick<DeadLetter, 'source' | 'offset' | 'part' | 'attempt' | 'delivery'>): string =>
  `${source}@${delivery?.id ?? offset}${piece ? `.${piece.index}` : ''}${attempt === 0 ? '' : `+${attempt}`}`;

/** Whether its record can be put back: all of its bytes are there. Parts of records cannot, and deliveries are sent. */
export const isRedrivable = (deadLetter: DeadLetter): boolean =>
  deadLetter.bytes !== undefined && deadLetter.whole !== undefined;

/** A record on its way back. */
export interface Redriven {
  /** `letterId`: a second one is ignored. */
  readonly id: string;
  /** Source and offset under which it was first read. */
  readonly source: string;
  readonly offset: number;
  /** Which piece of that record it is, where it held several. */
  readonly part: RecordPart | undefined;
  readonly attempt: number;
  readonly topic: string;
  /** Broker time stamp, ms, or -1. */
  readonly timestamp: number;
  readonly bytes: Uint8Array;
  /** What relabel rules may match of it besides its topic. */
  readonly inputs: Labels | undefined;
}

const redrivenFields = {
  id: text,
  source: text,
  offset: uint,
  part: optional(part),
  attempt: uint,
  topic: text,
  timestamp: int,
  bytes,
};

/** Canonical bytes of a record on its way back. */
export const redriven: Codec<Redriven> = struct<Redriven>({ ...redrivenFields, inputs: optional(texts) });

/** Earlier ones ended before the inputs. */
const olderRedriven: Codec<Redriven> = readAs(struct<Omit<Redriven, 'inputs'>>(redrivenFields), (item) => ({
  ...item,
  inputs: undefined,
}));

/** @throws RangeError on broken bytes */
export const decodeRedriven = (input: Uint8Array): Redriven => decodeEither(redriven, olderRedriven, input);

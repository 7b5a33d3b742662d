/** Records of a source that may still grow: the last one of each stream, until the next one comes. */
import { evidence, evidenceOf, queryTimeOf, traces } from './evidence.js';
import { findLevel } from '../../formats/level.js';
import { entityFromKey } from '../../records/entity.js';
import type { LogRecord } from '../../records/log-record.js';
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
import type { LinePlace } from './fate.js';

/** Lines that a record may have, and texts of them, and their bytes, that its message keeps. */
const limits = { lines: 1000, texts: 2, bytes: 1024 } as const;
/** A record of one stream waits no longer than this in event time, ms, and in lines, while others go on. */
const patience = { time: 2000, lines: 200 } as const;
/** Streams with an open record. */
const maxStreams = 64;

/** A record that may still get further lines. */
export interface OpenRecord {
  stream: string;
  record: LogRecord;
  /** Place of its first line among those of its value; the offset is the record's. */
  index: number;
  /** Event time of its last line, ms. */
  last: number;
  /** Lines of the source that came after its last one. */
  since: number;
  joined: number;
  texts: number;
  trace: number;
  /** The next line of the stream goes on in the middle of this one (`P` of CRI). */
  partial: boolean;
  /** The text is in the next line, behind its level (java.util.logging). */
  headOnly: boolean;
  /** Room for parts to come: the record's bytes are its beginning. */
  grown: Buffer | undefined;
}

/** What a line without a stamp of its own is to the open record of its stream. */
export interface Continuation {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** ms, or NaN where the line has no time at all. */
  readonly time: number;
}

/** How the first line of a record says that others follow. */
export interface RecordForm {
  /** It goes on in the next one of its stream. */
  readonly partial: boolean;
  /** The text is in the next line, behind its level. */
  readonly headOnly: boolean;
  /** All lines up to the next stamp are its text. */
  readonly isBlock: boolean;
}

/** Takes the records that are closed, in the order of their first lines. */
export interface ClosedRecords {
  push(record: LogRecord): unknown;
}

/** The open records of one source. Records leave in the order of their first lines as far as they are closed together. */
export class OpenRecords {
  private readonly open: OpenRecord[];

  constructor(stored: readonly OpenRecord[]) {
    this.open = [...stored];
  }

  /** As it is stored between batches: the messages are copies, since a batch's buffers end with it. */
  snapshot(): readonly OpenRecord[] {
    return this.open.map((one) => {
      const { record } = one;
      const message = Uint8Array.prototype.slice.call(record.bytes, record.start, record.end) as Uint8Array;
      return { ...one, grown: undefined, record: { ...record, bytes: message, start: 0, end: message.length } };
    });
  }

  get size(): number {
    return this.open.length;
  }

  /** The open record of a stream takes a line that goes on in its middle, or shows that it belongs to it. */
  join(stream: string, line: Continuation, always = false): LinePlace | undefined {
    const at = this.find(stream);
    if (at < 0) return undefined;
    const open = this.open[at]!;
    if (open.joined >= limits.lines) return undefined;
    const shown = isAnnounced(open, line) ? announced : evidenceOf(line.bytes, line.start, line.end, open.trace);
    if (!always || shown.evidence !== evidence.none) {
      if (shown.evidence === evidence.none) return undefined;
      open.trace = shown.trace;
      if (shown.evidence === evidence.text || (open.joined === 0 && isDotNetHead(open.record))) this.append(open, line);
      const isSql = shown.trace === traces.sql;
      const isOther = isSql || shown.trace === traces.block || shown === announced;
      if (shown.evidence === evidence.text && open.record.level === 0 && !isOther) open.record.level = errorLevel;
      if (shown.trace === traces.block && line.start < line.end && open.record.level < errorLevel)
        open.record.level = Math.max(open.record.level, levelOfBlock(line));
      const queryTime = isSql ? queryTimeOf(line.bytes, line.start, line.end) : -1;
      if (queryTime >= 0) open.record.value = queryTime;
    } else this.append(open, line);
    open.joined++;
    open.since = 0;
    if (!Number.isNaN(line.time)) open.last = Math.max(open.last, line.time);
    return placeOf(open);
  }

  /** The record whose text the next line has, where the last one of the stream is such a head. */
  headOf(stream: string): { readonly record: LogRecord; readonly place: LinePlace } | undefined {
    const at = this.find(stream);
    if (at < 0 || !this.open[at]!.headOnly) return undefined;
    this.open[at]!.headOnly = false;
    this.open[at]!.joined++;
    return { record: this.open[at]!.record, place: placeOf(this.open[at]!) };
  }

  /** Whether the last line of a stream goes on in its next one. */
  isPartial(stream: string): boolean {
    const at = this.find(stream);
    return at >= 0 && this.open[at]!.partial;
  }

  /** A part of a line (CRI, Docker) takes the next one as it is. */
  extend(stream: string, { bytes, start, end, time }: Continuation, partial: boolean): LinePlace {
    const open = this.open[this.find(stream)]!;
    const { record } = open;
    const size = record.end - record.start;
    const more = Math.min(end - start, longestMessage - size);
    if (more > 0) {
      // Twice as large each time, so that many small parts take linear time.
      if (!open.grown || open.grown.length < size + more) {
        const grown = Buffer.alloc(Math.min(longestMessage, 2 * (size + more)));
        grown.set(record.bytes.subarray(record.start, record.end));
        open.grown = record.bytes = grown;
      }
      open.grown.set(bytes.subarray(start, start + more), size);
      record.start = 0;
      record.end = size + more;
    }
    open.partial = partial;
    open.joined++;
    open.since = 0;
    open.last = Math.max(open.last, time);
    return placeOf(open);
  }

  /** Whether a trace is open in a stream: something has been joined to its record. */
  hasTrace(stream: string): boolean {
    const at = this.find(stream);
    return at >= 0 && this.open[at]!.trace !== traces.none && this.open[at]!.joined > 0;
  }

  /** A new record of a stream; those that it ends leave through `out`. */
  begin(stream: string, record: LogRecord, index: number, form: RecordForm, out: ClosedRecords): void {
    const { open } = this;
    const { partial, headOnly } = form;
    const trace = form.isBlock ? traces.block : traces.none;
    if (open.length === 1 && open[0]!.stream === stream) {
      // Nearly every line of a file: its place is taken over, so that nothing is made but the record.
      const one = open[0]!;
      out.push(one.record);
      one.record = record;
      one.index = index;
      one.last = record.time;
      one.since = one.joined = one.texts = 0;
      one.trace = trace;
      one.partial = partial;
      one.headOnly = headOnly;
      one.grown = undefined;
      return;
    }
    if (open.length > 0) {
      for (let i = 0; i < open.length;) {
        const one = open[i]!;
        const patient = record.time - one.last <= patience.time && ++one.since <= patience.lines;
        if (one.stream !== stream && patient) i++;
        else out.push(open.splice(i, 1)[0]!.record);
      }
      if (open.length >= maxStreams) out.push(open.splice(0, 1)[0]!.record);
    }
    open.push({
      stream,
      record,
      index,
      last: record.time,
      since: 0,
      joined: 0,
      texts: 0,
      trace,
      partial,
      headOnly,
      grown: undefined,
    });
  }

  /** All leave, in the order of their first lines. */
  close(out: ClosedRecords): void {
    for (const { record } of this.open.splice(0)) out.push(record);
  }

  private find(stream: string): number {
    const { open } = this;
    for (let i = open.length - 1; i >= 0; i--) if (open[i]!.stream === stream) return i;
    return -1;
  }

  private append(open: OpenRecord, { bytes, start, end }: Continuation): void {
    if (open.texts >= limits.texts) return;
    while (start < end && bytes[start]! <= 0x20) start++;
    while (end > start && bytes[end - 1]! <= 0x20) end--;
    if (start === end) return;
    open.texts++;
    const { record } = open;
    open.grown = undefined;
    const more = bytes.subarray(start, Math.min(end, start + limits.bytes));
    record.bytes =
      record.start === record.end
        ? Buffer.from(more)
        : Buffer.concat([record.bytes.subarray(record.start, record.end), blank, more]);
    record.start = 0;
    record.end = record.bytes.length;
  }
}

const announced = { evidence: evidence.text, trace: traces.none } as const;

/** The first line of a record ends in a colon: what follows it, and has no level of its own, is what it announces. */
const isAnnounced = ({ record, joined, trace, stream }: OpenRecord, { bytes, start, end }: Continuation): boolean =>
  joined === 0 &&
  trace === traces.none &&
  stream === '' &&
  start < end &&
  record.end > record.start &&
  record.bytes[record.end - 1] === 0x3a &&
  findLevel(bytes, start, end) === 0 &&
  evidenceOf(bytes, start, end, traces.none).evidence === evidence.none;

/** Level of a line of a block: its own, or that of an error of Oracle. */
function levelOfBlock({ bytes, start, end }: Continuation): number {
  const isOracle = end - start > 9 && bytes[start] === 0x4f && bytes[start + 3] === 0x2d && bytes[start + 9] === 0x3a;
  return isOracle && bytes[start + 1] === 0x52 ? errorLevel : findLevel(bytes, start, end);
}

const placeOf = ({ record, index }: OpenRecord): LinePlace => ({ offset: record.offset, index });

const blank = Buffer.from(' ');
const errorLevel = 5;
/** As much as a line may have. */
const longestMessage = 1_048_576;

/** `info: Microsoft.Hosting.Lifetime[14]`: the console logger of .NET has the text in the next line, indented. */
function isDotNetHead({ bytes, start, end }: LogRecord): boolean {
  let i = end - 1;
  if (bytes[i] !== 0x5d) return false;
  for (i--; i > start && bytes[i]! >= 0x30 && bytes[i]! <= 0x39; i--);
  return bytes[i] === 0x5b && i < end - 2;
}

interface StoredOpenRecord extends Omit<OpenRecord, 'record' | 'place' | 'grown'> {
  readonly offset: number;
  readonly index: number;
  readonly entity: string;
  readonly time: number;
  readonly level: number;
  readonly outcome: number;
  readonly route: number;
  readonly replica: number;
  readonly message: Uint8Array;
  readonly value: number;
  readonly timestamp: number;
  readonly appended: boolean | undefined;
  readonly origin: number | undefined;
  readonly sessions: readonly (readonly [string, string])[];
}

const stored: Codec<StoredOpenRecord> = struct<StoredOpenRecord>({
  stream: text,
  offset: uint,
  index: uint,
  entity: text,
  time: uint,
  level: uint,
  outcome: uint,
  route: uint,
  replica: uint,
  message: bytes,
  value: double,
  timestamp: int,
  appended: optional(bool),
  origin: optional(uint),
  sessions: list(pair(text, text)),
  last: uint,
  since: uint,
  joined: uint,
  texts: uint,
  trace: uint,
  partial: bool,
  headOnly: bool,
});

/** Canonical bytes of an open record. */
export const openRecord: Codec<OpenRecord> = {
  write(to, { record, index, stream, last, since, joined, texts, trace, partial, headOnly }) {
    stored.write(to, {
      stream,
      last,
      since,
      joined,
      texts,
      trace,
      partial,
      headOnly,
      offset: record.offset,
      index,
      entity: record.entity.key,
      time: record.time,
      level: record.level,
      outcome: record.outcome,
      route: record.route ?? 0,
      replica: record.replica ?? 0,
      message: record.bytes.subarray(record.start, record.end),
      value: record.value,
      timestamp: record.timestamp,
      appended: record.appended,
      origin: record.origin,
      sessions: record.sessions.map(({ entity, key }) => [entity.key, key] as const),
    });
  },
  read(from) {
    const {
      offset,
      index,
      entity,
      time,
      level,
      outcome,
      route,
      replica,
      message,
      value,
      timestamp,
      appended,
      origin,
      sessions,
      ...rest
    } = stored.read(from);
    const record: LogRecord = {
      type: 'log',
      entity: entityFromKey(entity),
      time,
      level,
      outcome,
      route,
      replica,
      bytes: message,
      start: 0,
      end: message.length,
      value,
      signature: 0,
      variable: 0,
      numbers: [],
      sessions: sessions.map(([owner, key]) => ({ entity: entityFromKey(owner), key })),
      offset,
      timestamp,
      appended,
      origin,
    };
    return { ...rest, grown: undefined, index, record };
  },
};

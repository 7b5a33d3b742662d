/**
 * The export format of the systemd journal (systemd.io/JOURNAL_EXPORT_FORMATS): a field a line, `KEY=value`, or `KEY` and
 * the data with its length as eight bytes before it; an empty line ends an entry. An entry becomes an object, as
 * `journalctl -o json` would have written it.
 */
import { bytes as bytesCodec, int, list, struct, text, uint, type Codec } from '../../records/wire/codec.js';
import type { RawRecord } from '../../records/raw.js';

const newline = 0x0a;
const equals = 0x3d;
/** Longest entry, bytes. */
export const longestEntry = 1_048_576;

/** Whether an entry begins with the line at `start`: its address fields come first. */
export function isJournalStart(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== 0x5f || bytes[start + 1] !== 0x5f) return false;
  const head = Buffer.from(bytes.subarray(start, Math.min(end, start + 24))).toString('latin1');
  return /^__(?:CURSOR|REALTIME_TIMESTAMP|MONOTONIC_TIMESTAMP|SEQNUM)=/.test(head);
}

const isKey = (bytes: Uint8Array, from: number, to: number): boolean => {
  if (to === from || to - from > 64) return false;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    const isUpper = byte >= 0x41 && byte <= 0x5a;
    if (!isUpper && !(byte >= 0x30 && byte <= 0x39) && byte !== 0x5f) return false;
  }
  return true;
};

/** An entry in the export format, as an object. */
export interface JournalObject {
  /** Its bytes are `[from, to)` of the value. */
  readonly from: number;
  readonly to: number;
  /** The entry as a JSON object. */
  readonly json: Buffer;
}

/** The entries of `bytes[start, end)`, one after another. What is no field ends the reading of its entry. */
export function journalEntries(bytes: Uint8Array, start: number, end: number): JournalObject[] {
  const entries: JournalObject[] = [];
  let fields: Record<string, string> = {};
  let from = start;
  let i = start;
  const finish = (to: number): void => {
    if (Object.keys(fields).length > 0) entries.push({ from, to, json: Buffer.from(JSON.stringify(fields)) });
    fields = {};
  };
  while (i < end) {
    const found = bytes.indexOf(newline, i);
    const stop = found < 0 || found > end ? end : found;
    if (stop === i) {
      finish(i);
      from = i = stop + 1;
      continue;
    }
    const mark = bytes.indexOf(equals, i);
    const isText = mark >= 0 && mark < stop && isKey(bytes, i, mark);
    const keyEnd = isText ? mark : stop;
    if (isText) fields[latin1(bytes, i, mark)] ??= utf8(bytes, mark + 1, stop);
    else if (isKey(bytes, i, keyEnd)) {
      const size = sizeAt(bytes, stop + 1, end);
      const to = Math.min(end, stop + 9 + size);
      fields[latin1(bytes, i, keyEnd)] ??= utf8(bytes, Math.min(end, stop + 9), to);
      i = to + 1;
      continue;
    }
    i = stop + 1;
  }
  finish(end);
  return entries;
}

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');
const utf8 = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('utf8');

/** The length of a field at `i`, eight bytes, the smallest first; what is larger than an entry is as large as one. */
function sizeAt(bytes: Uint8Array, i: number, end: number): number {
  if (i + 8 > end) return 0;
  let size = 0;
  for (let k = 7; k >= 0; k--) size = Math.min(longestEntry, size * 256 + bytes[i + k]!);
  return size;
}

/** An entry of which not all lines have come, as it is stored between batches. */
export interface JournalEntry {
  readonly topic: string;
  /** Its lines so far, with their line breaks. */
  bytes: Uint8Array;
  /** Offsets of its lines. */
  readonly offsets: readonly number[];
  /** Offset behind the last one. */
  readonly at: number;
  /** Where in it the length of a field begins of which not all bytes are here, or -1. */
  readonly sizeAt: number;
  /** How many bytes the entry has with the data of its last field. */
  readonly need: number;
}

/** Canonical bytes of an entry that still grows. */
export const journalEntry: Codec<JournalEntry> = struct<JournalEntry>({
  topic: text,
  bytes: bytesCodec,
  offsets: list(uint),
  at: uint,
  sizeAt: int,
  need: uint,
});

/** Gathers the lines of an entry: data of a field may hold line breaks, which have cut it. */
export class JournalLines {
  readonly topic: string;
  readonly offsets: number[];
  private pieces: Buffer[];
  private length: number;
  private at: number;
  private sizeAt: number;
  private need: number;

  constructor(entry: JournalEntry) {
    this.topic = entry.topic;
    this.offsets = [...entry.offsets];
    this.pieces = [Buffer.from(entry.bytes)];
    this.length = entry.bytes.length;
    this.at = entry.at;
    this.sizeAt = entry.sizeAt;
    this.need = entry.need;
  }

  static begin = (topic: string): JournalLines =>
    new JournalLines({ topic, bytes: new Uint8Array(), offsets: [], at: 0, sizeAt: -1, need: 0 });

  get isTooLong(): boolean {
    return this.length > longestEntry;
  }

  get bytes(): Buffer {
    if (this.pieces.length > 1) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces[0]!;
  }

  snapshot(): JournalEntry {
    const { topic, offsets, bytes, at, sizeAt: size, need } = this;
    return { topic, offsets: [...offsets], bytes, at, sizeAt: size, need };
  }

  /** `more`; `end` where the line ends the entry; `other` where it is none of its lines. */
  take({ bytes, start, end, offset }: RawRecord): 'more' | 'end' | 'other' {
    const isInside = this.need > this.length;
    if (!isInside) {
      if (end === start) {
        this.offsets.push(offset);
        return 'end';
      }
      const mark = bytes.indexOf(equals, start);
      const isText = mark >= 0 && mark < end && isKey(bytes, start, mark);
      if (!isText && !isKey(bytes, start, end)) return 'other';
      this.append(bytes.subarray(start, end));
      if (!isText) {
        this.sizeAt = this.length;
        this.need = this.length + 8;
      }
    } else {
      // A carriage return that was taken for a part of the line break is a part of the data.
      if (offset - this.at === 2) {
        this.pieces = [Buffer.concat([this.bytes.subarray(0, -1), Buffer.from('\r\n')])];
        this.length++;
      }
      this.append(bytes.subarray(start, end));
    }
    this.offsets.push(offset);
    this.at = offset + end - start;
    if (this.sizeAt >= 0 && this.length >= this.sizeAt + 8) {
      this.need = this.sizeAt + 9 + sizeAt(this.bytes, this.sizeAt, this.length);
      this.sizeAt = -1;
    }
    return 'more';
  }

  private append(line: Uint8Array): void {
    this.pieces.push(Buffer.concat([line, Buffer.from('\n')]));
    this.length += line.length + 1;
  }
}

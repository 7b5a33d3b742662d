/** Cuts a stream of bytes into batches of lines, at line ends. */
import type { Batch, Rejected } from '../../records/batch.js';
import type { RawRecord } from '../../records/raw.js';

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Longest line, bytes; what is longer is rejected and passed over without being kept. */
export const longestLine = 1_048_576;
const keptOfLong = 4096;

/** How lines are cut. */
export interface LineOptions {
  /** Name of the source, for positions and rejects. */
  readonly source: string;
  /** Input of the relabel rules. */
  readonly topic: string;
  /** Offset of the first byte of the stream. */
  readonly offset: number;
}

/** Takes pieces of a stream, gives batches whose lines share the piece's buffer. */
export class LineCutter {
  private readonly options: LineOptions;
  /** The unfinished line so far. */
  private rest: Buffer = Buffer.alloc(0);
  /** Offset of the first byte of `rest`. */
  private at: number;
  /** Bytes of a line that is too long, 0 outside of one. */
  private skipped = 0;
  private long: Uint8Array = new Uint8Array();

  constructor(options: LineOptions) {
    this.options = options;
    this.at = options.offset;
  }

  /** Offset of the next byte that no batch has covered. */
  get offset(): number {
    return this.at;
  }

  /** The batch of lines that `piece` completes. */
  push(piece: Buffer): Batch<RawRecord> {
    const rejected: Rejected[] = [];
    let bytes = piece;
    if (this.skipped > 0) {
      const stop = piece.indexOf(newline);
      this.skipped += stop < 0 ? piece.length : stop;
      if (stop < 0) return this.batch([], rejected);
      this.endLong(rejected);
      bytes = piece.subarray(stop + 1);
    } else if (this.rest.length > 0) bytes = Buffer.concat([this.rest, piece]);
    const items = this.cut(bytes);
    const last = items.at(-1);
    const consumed = last ? last.offset - this.at + this.lastSize : 0;
    this.at += consumed;
    const rest = bytes.subarray(consumed);
    if (rest.length > longestLine) {
      this.skipped = rest.length;
      this.long = Buffer.from(rest.subarray(0, keptOfLong));
      this.rest = Buffer.alloc(0);
    } else this.rest = Buffer.from(rest);
    return this.batch(items, rejected);
  }

  /** The last line, where it has no line break. */
  finish(): Batch<RawRecord> {
    const rejected: Rejected[] = [];
    const { rest } = this;
    this.rest = Buffer.alloc(0);
    if (this.skipped > 0) {
      this.endLong(rejected);
      this.at--; // There was no line break.
      return this.batch([], rejected);
    }
    const items = rest.length > 0 ? [this.record(rest, 0, rest.length, this.at)] : [];
    this.at += rest.length;
    return this.batch(items, rejected);
  }

  /** The unfinished line is given up: its bytes. */
  abandon(): Buffer {
    const { rest } = this;
    this.rest = Buffer.alloc(0);
    this.skipped = 0;
    return rest;
  }

  /** Bytes of the last line cut, with its line break. */
  private lastSize = 0;

  private cut(bytes: Buffer): RawRecord[] {
    const items: RawRecord[] = [];
    const base = this.at;
    let from = 0;
    for (;;) {
      const stop = bytes.indexOf(newline, from);
      if (stop < 0) return items;
      items.push(this.record(bytes, from, stop, base + from));
      this.lastSize = stop + 1 - from;
      from = stop + 1;
    }
  }

  private record(bytes: Buffer, start: number, end: number, offset: number): RawRecord {
    const { topic } = this.options;
    return {
      bytes,
      start,
      end: end > start && bytes[end - 1] === carriageReturn ? end - 1 : end,
      offset,
      timestamp: -1,
      topic,
    };
  }

  private endLong(rejected: Rejected[]): void {
    rejected.push({
      reason: 'too-long',
      detail: `the line has ${this.skipped} bytes; at most ${longestLine} are read`,
      source: this.options.source,
      offset: this.at,
      bytes: this.long,
    });
    this.at += this.skipped + 1;
    this.skipped = 0;
    this.long = new Uint8Array();
  }

  private batch(items: RawRecord[], rejected: Rejected[]): Batch<RawRecord> {
    return { items, rejected, position: { source: this.options.source, offset: this.at } };
  }
}

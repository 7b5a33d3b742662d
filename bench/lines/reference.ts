/** What all readers of the bench topic must count, worked out from the events while they are written. */
import { levels } from '../../records/log-record.js';
import type { LineEvent } from './event.js';

/** Length of a window, ms. */
export const windowMs = 10_000;

/** Rows of a reader: `L window level lines` of all, and `T window template lines` of those that mask, sorted. */
export type Rows = readonly string[];

/** Where the level begins in a line, behind `2026-01-05 12:34:56,789 `: what is masked and hashed begins there, too. */
export const maskedFrom = 24;

/** FNV-1a of `bytes[from, to)` with each run of digits as one `#`, 32 bits unsigned. */
export function maskedHash(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  let inDigits = false;
  for (let i = from; i < to; i++) {
    let byte = bytes[i]!;
    if (byte >= 0x30 && byte <= 0x39) {
      if (inDigits) continue;
      inDigits = true;
      byte = 0x23;
    } else inDigits = false;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

/** Counts by window and key. */
export class Counts {
  private readonly counts = new Map<string, number>();

  add(kind: 'L' | 'T', window: number, key: string | number, n = 1): void {
    const row = `${kind} ${window} ${key}`;
    this.counts.set(row, (this.counts.get(row) ?? 0) + n);
  }

  rows(): Rows {
    return [...this.counts].map(([row, n]) => `${row} ${n}`).sort();
  }
}

/** Adds what an event and its line count as. */
export function addEvent(counts: Counts, { time, level }: LineEvent, line: string): void {
  const at = Math.floor(time);
  const window = at - (at % windowMs);
  const bytes = Buffer.from(line);
  counts.add('L', window, levelName(levels.indexOf(level.toLowerCase() as 'error')));
  counts.add('T', window, maskedHash(bytes, maskedFrom, bytes.length));
}

export const levelName = (level: number): string => levels[level]!.toUpperCase();

/** The first row that differs, for people; undefined where all of the reference's rows of these kinds are there and no others. */
export function difference(rows: Rows, reference: Rows, kinds: string): string | undefined {
  const wanted = reference.filter((row) => kinds.includes(row[0]!));
  for (let i = 0; i < Math.max(rows.length, wanted.length); i++)
    if (rows[i] !== wanted[i]) return `row ${i + 1}: ${rows[i] ?? 'none'}, expected ${wanted[i] ?? 'none'}`;
  return undefined;
}

/** Rows of windows that end at or before a watermark, ms. */
export const closedRows = (rows: Rows, watermark: number): Rows =>
  rows.filter((row) => Number(row.split(' ')[1]) + windowMs <= watermark);

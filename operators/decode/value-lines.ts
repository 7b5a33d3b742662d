/** The lines of one value: most hold one, some a whole stack trace or what a shipper has put together. */

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Index of the first line break in `bytes[start, end)`, or -1. */
export function firstBreak(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === newline) return i;
  return -1;
}

/** Finds line breaks in values that share a buffer, one after another: each byte of the buffer is looked at once. */
export class BreakSearch {
  private bytes: Uint8Array | undefined;
  private from = 0;
  /** Index of the first line break at or behind `from`. */
  private next = 0;

  /** Whether there is a line break in `bytes[start, end)`. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    if (bytes === this.bytes && start < this.from) return firstBreak(bytes, start, end) >= 0;
    if (bytes !== this.bytes || this.next < start) {
      this.bytes = bytes;
      const found = bytes.indexOf(newline, start);
      this.next = found < 0 ? Infinity : found;
    }
    this.from = start;
    return this.next < end;
  }
}

/** The end of `bytes[start, end)` without line breaks at its end. */
export function withoutBreaks(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && (bytes[end - 1] === newline || bytes[end - 1] === carriageReturn)) end--;
  return end;
}

/** Lines that were not read: where they begin, and the ordinal of the first. */
export interface LinesLeft {
  readonly from: number;
  readonly index: number;
}

/**
 * Calls `line` with each line of `bytes[start, end)` that is not empty, without its line break.
 *
 * @param most - lines, empty ones included, after which it stops
 * @returns what is left then
 */
export function eachLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  most: number,
  line: (from: number, to: number, index: number) => void,
): LinesLeft | undefined {
  let index = 0;
  for (let from = start; from < end; index++) {
    if (index === most) return linesIn(bytes, from, end) > 0 ? { from, index } : undefined;
    const found = firstBreak(bytes, from, end);
    const stop = found < 0 ? end : found;
    const to = stop > from && bytes[stop - 1] === carriageReturn ? stop - 1 : stop;
    if (to > from) line(from, to, index);
    from = stop + 1;
  }
  return undefined;
}

/** How many lines of `bytes[start, end)` are not empty. */
export function linesIn(bytes: Uint8Array, start: number, end: number): number {
  let lines = 0;
  let isEmpty = true;
  for (let i = start; i < end; i++) {
    if (bytes[i] === newline) isEmpty = true;
    else if (bytes[i] !== carriageReturn && isEmpty) {
      isEmpty = false;
      lines++;
    }
  }
  return lines;
}

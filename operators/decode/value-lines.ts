/** The lines of one value: most hold one, some a whole stack trace or what a shipper has put together. */

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Index of the first line break in `bytes[start, end)` that something stands behind, or -1: then it is one line. */
export function firstBreak(bytes: Uint8Array, start: number, end: number): number {
  const at = bytes.indexOf(newline, start);
  return at < 0 || at + 1 >= end ? -1 : at;
}

/** The end of `bytes[start, end)` without line breaks at its end. */
export function withoutBreaks(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && (bytes[end - 1] === newline || bytes[end - 1] === carriageReturn)) end--;
  return end;
}

/** Calls `line` with each line of `bytes[start, end)`, without its line break. */
export function eachLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  line: (from: number, to: number, index: number) => void,
): void {
  let index = 0;
  for (let from = start; from < end; index++) {
    const found = bytes.indexOf(newline, from);
    const stop = found < 0 || found > end ? end : found;
    line(from, stop > from && bytes[stop - 1] === carriageReturn ? stop - 1 : stop, index);
    from = stop + 1;
  }
}

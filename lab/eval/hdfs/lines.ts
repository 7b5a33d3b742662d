/** Disturbances of the file: lines out of order, written twice, or cut at their ends, as forwarders and limits do. */
import { hashText } from '../../../records/wire/hash.js';

/** Lines of a file in order, without line breaks. */
export type Lines = readonly Buffer[];

const chance = (...parts: readonly (string | number)[]): number => hashText(parts.join('\0')) / 2 ** 53;

/** Each line is moved by up to `reach` ms either way; lines keep their time stamps (`yymmdd hhmmss`). */
export function outOfOrder(lines: Lines, reach: number): Lines {
  return lines
    .map((line, i) => ({ line, at: stampOf(line) + (2 * chance('order', i) - 1) * reach, i }))
    .sort((a, b) => a.at - b.at || a.i - b.i)
    .map(({ line }) => line);
}

/** One line in `every` is written twice. */
export const doubled = (lines: Lines, every: number): Lines =>
  lines.flatMap((line, i) => (chance('double', i) * every < 1 ? [line, line] : [line]));

/** One line in `every` loses up to a quarter of its bytes, at its end. */
export const cutShort = (lines: Lines, every: number): Lines =>
  lines.map((line, i) =>
    chance('cut', i) * every < 1 ? line.subarray(0, Math.ceil(line.length * (1 - chance('at', i) / 4))) : line,
  );

function stampOf(line: Buffer): number {
  const [date, clock] = [line.toString('latin1', 0, 6), line.toString('latin1', 7, 13)];
  const [year, month, day, hours, minutes, seconds] = `${date}${clock}`.match(/\d\d/g)!.map(Number);
  return Date.UTC(2000 + year!, month! - 1, day, hours, minutes, seconds);
}

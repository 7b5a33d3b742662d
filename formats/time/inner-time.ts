/** Times that are objects or lists: extended JSON of MongoDB, Instants of Java, DateTime of PHP, Jackson's lists. */
import { timeOfNumber } from '../number.js';
import { dateOf } from './dates.js';

/** A time as it was found: ms since 1970, ms of a local time, or a text that is a stamp, maybe with its zone. */
export type InnerTime =
  { readonly ms: number } | { readonly local: number } | { readonly text: string; readonly zone?: string };

/** Names under which an object has its time, best first. */
const names = ['$date', '$numberLong', 'timestamp', 'iso', 'date', 'datetime', 'value', '@value', 'time', 'repr'];
const pairs = [
  ['seconds', 'nanos'],
  ['epochSecond', 'nanoOfSecond'],
  ['epochSeconds', 'nanos'],
  ['sec', 'nsec'],
] as const;
const longest = 512;
const maxDepth = 3;

/** The time that `bytes[from, to)`, an object or a list, holds; undefined where it holds none. */
export function innerTime(bytes: Uint8Array, from: number, to: number): InnerTime | undefined {
  if (to - from > longest) return undefined;
  try {
    return timeOf(JSON.parse(Buffer.from(bytes.subarray(from, to)).toString('utf8')), 0);
  } catch {
    return undefined;
  }
}

function timeOf(value: unknown, depth: number): InnerTime | undefined {
  if (typeof value === 'number') {
    const ms = timeOfNumber(value);
    return value > 1e8 && !Number.isNaN(ms) ? { ms } : undefined;
  }
  if (typeof value === 'string') {
    const ms = /^\d{9,19}(?:\.\d+)?$/.test(value) ? timeOfNumber(Number(value)) : NaN;
    return Number.isNaN(ms) ? { text: value } : { ms };
  }
  if (Array.isArray(value)) return listTime(value);
  if (value === null || typeof value !== 'object' || depth === maxDepth) return undefined;
  const fields = value as Record<string, unknown>;
  for (const [seconds, nanos] of pairs) {
    const whole = Number(fields[seconds] ?? NaN);
    if (whole > 1e8) return { ms: whole * 1000 + Math.floor(Number(fields[nanos] ?? 0) / 1e6) };
  }
  for (const name of names) {
    const found = Object.hasOwn(fields, name) ? timeOf(fields[name], depth + 1) : undefined;
    if (!found) continue;
    return 'text' in found && typeof fields.timezone === 'string' ? { ...found, zone: fields.timezone } : found;
  }
  return undefined;
}

/** `[2026,3,4,5,6,7,89000000]`, as Jackson writes a LocalDateTime. */
function listTime(list: readonly unknown[]): InnerTime | undefined {
  if (list.length < 5 || list.length > 7 || !list.every((each) => Number.isInteger(each))) return undefined;
  const [year, month, day, hour, minute, second = 0, nanos = 0] = list as number[];
  if (year! < 1970 || hour! > 23 || minute! > 59 || second > 60 || Math.min(hour!, minute!, second, nanos) < 0)
    return undefined;
  const date = dateOf(year!, month!, day!);
  if (Number.isNaN(date)) return undefined;
  return { local: date + ((hour! * 60 + minute!) * 60 + second) * 1000 + Math.floor(nanos / 1e6) };
}

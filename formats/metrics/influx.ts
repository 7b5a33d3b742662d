/** InfluxDB line protocol: `cpu,host=a usage_idle=91.5,n=3i 1767614400000000000`; each number is a series of its own. */
import { emitPoint, numberOfText, timeOfText, type PointReading } from './point.js';

/** A name or value up to an unescaped `,`, `=` or space; measurements may hold `=`. */
const measurement = /^((?:[^\\, ]|\\.)+)/s;
const pair = /((?:[^\\,= ]|\\.)+)=/sy;
const tagValue = /((?:[^\\,= ]|\\.)*)/sy;
const fieldValue = /("(?:[^"\\]|\\.)*"|[^\s,"]+)/y;

const unescaped = (text: string): string => (text.includes('\\') ? text.replace(/\\([,= \\"])/g, '$1') : text);

interface InfluxLine {
  readonly name: string;
  readonly tags: Record<string, string>;
  readonly fields: readonly (readonly [string, string])[];
  readonly time: string | undefined;
}

function lineOf(line: string): InfluxLine | undefined {
  const [name] = measurement.exec(line) ?? [];
  if (name === undefined) return undefined;
  let at = name.length;
  const tags: Record<string, string> = {};
  while (line[at] === ',') {
    const key = matched(pair, line, at + 1);
    if (!key) return undefined;
    const value = matched(tagValue, line, key.end)!;
    tags[unescaped(key.text)] = unescaped(value.text);
    at = value.end;
  }
  if (line[at] !== ' ') return undefined;
  const fields: (readonly [string, string])[] = [];
  do {
    const key = matched(pair, line, at + 1);
    const value = key && matched(fieldValue, line, key.end);
    if (!key || !value) return undefined;
    fields.push([unescaped(key.text), value.text]);
    at = value.end;
  } while (line[at] === ',');
  const [, time] = /^(?: +(-?\d{1,19}))?\s*$/.exec(line.slice(at)) ?? [];
  return /^(?: +-?\d{1,19})?\s*$/.test(line.slice(at)) ? { name: unescaped(name), tags, fields, time } : undefined;
}

function matched(pattern: RegExp, line: string, at: number): { text: string; end: number } | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(line);
  return found ? { text: found[1]!, end: pattern.lastIndex } : undefined;
}

/** A field's number: `3i` and `3u` are whole, true is 1; undefined for a text, which is no value of a series. */
function numberOfField(text: string): number | undefined {
  if (text.startsWith('"')) return undefined;
  if (/^(?:t|T|true|True|TRUE)$/.test(text)) return 1;
  if (/^(?:f|F|false|False|FALSE)$/.test(text)) return 0;
  return numberOfText(/^[+-]?\d+[iu]$/.test(text) ? text.slice(0, -1) : text);
}

/** Whether a line is surely one: with numbers and a time since 1970. */
export function isInflux(line: string): boolean {
  const found = lineOf(line);
  if (!found?.time || found.time.length < 9) return false;
  return found.fields.every(([, value]) => !Number.isNaN(numberOfField(value) ?? 0));
}

/** Name of the series of a field: `cpu_usage_idle`; a field that is called `value` adds nothing to its measurement. */
export const fieldSeries = (name: string, field: string): string => (field === 'value' ? name : `${name}_${field}`);

/** Reads a line. False where it is none of this format, and nothing was handed on. */
export function readInflux(line: string, reading: PointReading): boolean {
  const found = lineOf(line);
  if (!found) return false;
  const numbers = found.fields.map(([key, value]) => [key, numberOfField(value), value] as const);
  if (numbers.some(([, number, value]) => Number.isNaN(number) && !/^[+-]?(?:nan|inf)/i.test(value))) return false;
  const time = found.time === undefined ? undefined : timeOfText(found.time, reading.context);
  const values = numbers.filter(([, number]) => number !== undefined);
  for (const [key, number, value] of values)
    emitPoint(reading, fieldSeries(found.name, key), found.tags, number!, time, value);
  if (values.length === 0)
    reading.sink.refused('no-value', `${found.name.slice(0, 80)} has texts only: no number`, Buffer.from(line));
  return true;
}

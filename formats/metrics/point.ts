/** What the readers of metric formats share: one point at a time, its number and its time as texts. */
import { labelName, noLabels, type FoundSink, type ManyContext } from '../many.js';
import { timeOfNumber } from '../number.js';
import { TimestampReader } from '../timestamp.js';

/** Where a reader puts what it finds, and what it knows of where the text comes from. */
export interface PointReading {
  readonly context: ManyContext;
  readonly sink: FoundSink;
  /** Text of the line at hand, for refusals. */
  readonly part: string;
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const notFinite = /^[+-]?(?:nan|inf|infinity)$/i;

/** The number that a text is: NaN where it is none. */
export const numberOfText = (text: string): number => (text.length <= 64 && decimal.test(text) ? Number(text) : NaN);

/** A number, or a word for one that is not finite. */
export const isNumeric = (text: string): boolean => decimal.test(text) || notFinite.test(text);

const stamps = new TimestampReader();

/** ms of a time as text: a number since 1970 in s, ms, us or ns by its size, or a usual stamp up to its last character. */
export function timeOfText(text: string, context: ManyContext): number {
  const number = numberOfText(text);
  if (!Number.isNaN(number)) return timeOfNumber(number);
  if (text.length === 0 || text.length > 64) return NaN;
  const bytes = Buffer.from(text, 'latin1');
  return stamps.read(bytes, 0, bytes.length, context.timestamp) && stamps.end === bytes.length ? stamps.time : NaN;
}

/**
 * Hands on one point, or the reason why it is none.
 *
 * @param name - of the series
 * @param time - ms, NaN for one that cannot be read, undefined for none: the broker's then
 * @param shown - the value as it was written, for the refusal
 */
export function emitPoint(
  { context, sink, part }: PointReading,
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
  time: number | undefined,
  shown: unknown = value,
): void {
  const at = time ?? (context.timestamp >= 0 ? context.timestamp : NaN);
  if (!Number.isFinite(value)) {
    sink.refused(
      'no-value',
      `${clip(name)} has ${clip(describe(shown))} as its value: no finite number`,
      Buffer.from(part),
    );
  } else if (Number.isNaN(at)) {
    const why =
      time === undefined
        ? 'no time, and its source gives none'
        : 'no usable time: seconds to nanoseconds since 1970, or a usual timestamp';
    sink.refused('no-time', `${clip(name)} has ${why}`, Buffer.from(part));
  } else {
    sink.found({
      kind: 'point',
      time: at,
      value,
      labels: name === '' ? named(labels) : { ...named(labels), series: name },
      inputs: noLabels,
    });
  }
}

/** Labels with names as they may be; the name of the series is not among them. */
function named(labels: Readonly<Record<string, string>>): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels)) if (key !== '__name__') all[labelName(key)] = value;
  return all;
}

const describe = (value: unknown): string =>
  typeof value === 'string'
    ? `"${value}"`
    : typeof value === 'number'
      ? String(value)
      : (JSON.stringify(value) ?? 'nothing');

const clip = (text: string): string => (text === '' ? 'the point' : text.slice(0, 80));

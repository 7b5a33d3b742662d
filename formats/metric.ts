/** Metric points: `timestamp,value[,series]` as CSV, or a JSON object with the same names. */
import type { Fields, Format, FormatReason, LineContext } from './format.js';
import { JsonScan } from './json-scan.js';
import { numberOf, timeOfNumber } from './number.js';
import { TimestampReader } from './timestamp.js';
import { usualPointFields as usual, type FieldPaths } from './usual-fields.js';

const comma = 0x2c;

/** Where metric points have their fields. */
export interface MetricOptions extends Pick<FieldPaths, 'time' | 'value' | 'labels'> {
  readonly year?: number | undefined;
}

/**
 * Reads metric points. Times are seconds or milliseconds since 1970 or one of the usual stamps. A CSV header is a line
 * without a digit in its first column; it is passed over.
 */
export function metric(options: MetricOptions = {}): Format {
  const labels = Object.entries({ series: '', ...options.labels });
  const scan = new JsonScan([
    options.time ? [options.time] : usual.time,
    options.value ? [options.value] : usual.value,
    ...labels.map(([, path]) => (path === '' ? usual.series : [path])),
  ]);
  const stamp = new TimestampReader(options.year);

  const timeOf = (bytes: Uint8Array, from: number, to: number, context: LineContext): number => {
    const number = numberOf(bytes, from, to);
    if (!Number.isNaN(number)) return timeOfNumber(number);
    return stamp.read(bytes, from, to, context.timestamp) ? stamp.time : NaN;
  };

  const point = (into: Fields, bytes: Uint8Array, time: number, value: number): FormatReason | undefined => {
    into.kind = 'point';
    into.line = bytes;
    into.time = time;
    into.value = value;
    if (Number.isNaN(time)) {
      into.detail = 'the point has no usable time: seconds or milliseconds since 1970, or a usual timestamp';
      return 'no-time';
    }
    if (Number.isFinite(value)) return undefined;
    into.detail = 'the point has no number as its value';
    return 'no-value';
  };

  return {
    name: 'metric',
    labels: labels.map(([name]) => name),
    labelText: (raw) => Buffer.from(raw).toString('utf8'),
    read(bytes: Uint8Array, start: number, end: number, context: LineContext, into: Fields): FormatReason | undefined {
      while (end > start && bytes[end - 1]! <= 0x20) end--;
      if (start === end) return 'empty';
      if (bytes[start] === 0x7b) {
        if (!scan.scan(bytes, start, end)) {
          into.detail = 'the line is no JSON object';
          return 'not-json';
        }
        labels.forEach((_, i) => {
          const found = scan.bestValue(2 + i);
          into.labels[2 * i] = found < 0 ? -1 : scan.from[found]!;
          into.labels[2 * i + 1] = found < 0 ? -1 : scan.to[found]!;
        });
        const time = scan.bestValue(0);
        const value = scan.bestValue(1);
        return point(
          into,
          bytes,
          time < 0 ? NaN : timeOf(bytes, scan.from[time]!, scan.to[time]!, context),
          value < 0 ? NaN : numberOf(bytes, scan.from[value]!, scan.to[value]!),
        );
      }
      into.labels.fill(-1);
      let first = start;
      while (first < end && bytes[first] !== comma) first++;
      let second = first + 1;
      while (second < end && bytes[second] !== comma) second++;
      if (!hasDigit(bytes, start, first)) return 'header';
      if (second < end) {
        let third = second + 1;
        while (third < end && bytes[third] !== comma) third++;
        into.labels[0] = second + 1;
        into.labels[1] = third;
      }
      return point(
        into,
        bytes,
        timeOf(bytes, start, first, context),
        numberOf(bytes, first + 1, Math.min(second, end)),
      );
    },
  };
}

function hasDigit(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! >= 0x30 && bytes[i]! <= 0x39) return true;
  return false;
}

/** JSON lines: an object a line, its fields at configurable paths. */
import type { Fields, Format, FormatReason, LineContext } from './format.js';
import { JsonScan, valueKinds } from './json-scan.js';
import { findLevel, levelOfNumber, levelOfWord } from './level.js';
import { numberOf, timeOfNumber } from './number.js';
import { TimestampReader } from './timestamp.js';
import { usualLogFields as usual, type FieldPaths } from './usual-fields.js';

export interface JsonOptions extends FieldPaths {
  readonly year?: number;
}

const slot = { time: 0, level: 1, message: 2, value: 3, labels: 4 } as const;

/** Reads JSON lines. Where there is no message field the whole line is the message. */
export function json(options: JsonOptions = {}): Format {
  const labels = Object.entries({ service: '', ...options.labels });
  const scan = new JsonScan([
    options.time ? [options.time] : usual.time,
    options.level ? [options.level] : usual.level,
    options.message ? [options.message] : usual.message,
    options.value ? [options.value] : usual.value,
    ...labels.map(([, path]) => (path === '' ? usual.service : [path])),
  ]);
  const stamp = new TimestampReader(options.year);

  function timeAt(bytes: Uint8Array, context: LineContext): number {
    const from = scan.from[slot.time];
    const to = scan.to[slot.time];
    if (scan.kind[slot.time] === valueKinds.number) return timeOfNumber(numberOf(bytes, from, to));
    if (scan.kind[slot.time] !== valueKinds.text) return NaN;
    const near = context.timestamp >= 0 ? context.timestamp : context.near;
    if (stamp.read(bytes, from, to, near)) return stamp.time;
    return timeOfNumber(numberOf(bytes, from, to));
  }

  return {
    name: 'json',
    labels: labels.map(([name]) => name),
    labelText: (raw) => unescaped(raw).toString('utf8'),
    read(bytes: Uint8Array, start: number, end: number, context: LineContext, into: Fields): FormatReason | undefined {
      if (start === end) return 'empty';
      if (!scan.scan(bytes, start, end)) {
        into.detail = 'the line is no JSON object';
        return 'not-json';
      }
      let time = timeAt(bytes, context);
      if (Number.isNaN(time) && context.borrow >= 0) {
        time = context.borrow;
        into.borrowed = true;
      }
      if (Number.isNaN(time)) {
        into.detail = `no usable time: looked for ${options.time ?? usual.time.join(', ')}`;
        return 'no-time';
      }
      into.kind = 'log';
      into.time = time;
      into.line = bytes;
      const messageKind = scan.kind[slot.message];
      into.bytes = bytes;
      into.start = messageKind === valueKinds.absent ? start : scan.from[slot.message];
      into.end = messageKind === valueKinds.absent ? end : scan.to[slot.message];
      if (messageKind === valueKinds.escapedText) {
        into.bytes = unescaped(bytes.subarray(into.start, into.end));
        into.start = 0;
        into.end = into.bytes.length;
      }
      const from = scan.from[slot.level];
      const to = scan.to[slot.level];
      const levelKind = scan.kind[slot.level];
      if (levelKind === valueKinds.number) into.level = levelOfNumber(numberOf(bytes, from, to));
      else if (levelKind === valueKinds.absent) into.level = findLevel(into.bytes, into.start, into.end);
      else into.level = levelOfWord(bytes, from, to) || findLevel(bytes, from, to);
      into.value =
        scan.kind[slot.value] === valueKinds.number ? numberOf(bytes, scan.from[slot.value], scan.to[slot.value]) : NaN;
      for (let i = 0; i < labels.length; i++) {
        const present = scan.kind[slot.labels + i] !== valueKinds.absent;
        into.labels[2 * i] = present ? scan.from[slot.labels + i] : -1;
        into.labels[2 * i + 1] = present ? scan.to[slot.labels + i] : -1;
      }
      return undefined;
    },
  };
}

/** Undoes the escapes of a JSON text; what is no valid escape stays as it is. */
function unescaped(raw: Uint8Array): Buffer {
  const bytes = Buffer.from(raw);
  if (!bytes.includes(0x5c)) return bytes;
  const text = bytes.toString('utf8');
  try {
    return Buffer.from(JSON.parse(`"${text}"`) as string);
  } catch {
    return bytes;
  }
}

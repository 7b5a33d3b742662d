/** Log lines, objects and texts inside one another: a JSON reader and a text reader that know each other. */
import type { Fields, Format, LineContext } from './format.js';
import { clearFields, emptyFields } from './format.js';
import { json, type JsonOptions } from './json.js';
import { plain } from './plain.js';
import { linePattern } from './text/line-pattern.js';

/** The two readers. */
export interface LogFormats {
  readonly json: Format;
  readonly plain: Format;
  /** Texts have a form of their own. */
  readonly isPatterned: boolean;
}

/** How deep objects in texts in objects are followed. */
const maxDepth = 3;

/**
 * The formats of log lines. What a shipper has wrapped is read as if it had come alone: a text in `message` or `log` of
 * an object, an object behind a stamp or in a text. The time is that of the outermost that has one, the level and the
 * message that of the innermost.
 */
export function logFormats(given: JsonOptions): LogFormats {
  const { pattern } = given;
  const options = pattern === undefined ? given : { ...given, groups: linePattern(pattern).groups };
  const readers: LogFormats[] = [];
  for (let depth = maxDepth - 1; depth >= 0; depth--) {
    const below = readers[0];
    readers.unshift({
      json: json(options, below && ((...line) => readText(below, ...line))),
      plain: plain({ ...options, fields: options }, below && ((...line) => readObject(below.json, ...line))),
      isPatterned: options.pattern !== undefined,
    });
  }
  return readers[0]!;
}

const scratch = new WeakMap<Format, Fields>();
const fieldsOf = (format: Format): Fields => {
  let fields = scratch.get(format);
  if (!fields) scratch.set(format, (fields = emptyFields(format.labels.length)));
  clearFields(fields);
  return fields;
};

/** The message of an object may be an object, or a line of its own. */
function readText(
  below: LogFormats,
  bytes: Uint8Array,
  start: number,
  end: number,
  context: LineContext,
  into: Fields,
): void {
  if (bytes[start] === 0x7b && bytes[end - 1] === 0x7d && readObject(below.json, bytes, start, end, context, into))
    return;
  if (into.level > 0 && !below.isPatterned) return;
  const borrow = context.borrow >= 0 ? context.borrow : 0;
  const found = fieldsOf(below.plain);
  const reason = below.plain.read(bytes, start, end, { ...context, borrow, inner: true }, found);
  if (reason !== undefined || (into.level > 0 && found.form !== 'pattern')) return;
  if (context.borrow < 0 && !found.borrowed) into.time = found.time;
  if (!found.borrowed || into.stream > 0) into.stampless = into.stampless && found.stampless;
  // A text without a stamp of its own is the message as it is.
  if (found.form === 'text' && found.borrowed) {
    into.level = found.level;
    return;
  }
  take(found, into);
  into.form = `json+${found.form}`;
}

/** An object counts where it has a message or a level, or is an access log: a value in braces is a part of the text. */
function readObject(
  format: Format,
  bytes: Uint8Array,
  start: number,
  end: number,
  context: LineContext,
  into: Fields,
): boolean {
  const found = fieldsOf(format);
  const reason = format.read(bytes, start, end, { ...context, inner: true }, found);
  if (reason !== undefined && reason !== 'no-time' && reason !== 'bad-time') return false;
  const isWhole = found.bytes === bytes && found.start === start && found.end === end;
  // An access log without a message, alone in its envelope, tells its own time and how the request ended.
  const isAccess = into.form !== 'text' && found.outcome > 0 && !found.borrowed && !Number.isNaN(found.time);
  if (isWhole && found.level === 0 && !isAccess) return false;
  if (reason === undefined && !found.borrowed && context.borrow < 0) into.time = found.time;
  take(found, into);
  into.stampless = false;
  into.form = `${into.form === '' ? '' : `${into.form}+`}json`;
  return true;
}

/** What the inner one has, the outer one takes; labels that only the inner one has, too. */
function take(found: Fields, into: Fields): void {
  into.bytes = found.bytes;
  into.start = found.start;
  into.end = found.end;
  if (found.level > 0) into.level = found.level;
  if (found.outcome > 0) into.outcome = found.outcome;
  if (found.route > 0) into.route = found.route;
  if (found.replica > 0) into.replica = found.replica;
  if (!Number.isNaN(found.value)) into.value = found.value;
  for (let i = 0; i < into.labels.length; i += 2) {
    if (into.labels[i]! >= 0 && !(i === 0 && into.isWeakService && found.labels[0]! >= 0 && !found.isWeakService))
      continue;
    if (found.labels[i]! < 0) continue;
    into.labels[i] = found.labels[i]!;
    into.labels[i + 1] = found.labels[i + 1]!;
    (into.inner ??= [])[i / 2] = found.inner?.[i / 2] ?? found.line;
    if (i === 0) into.isWeakService = found.isWeakService;
  }
}

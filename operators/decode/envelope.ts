/** Values that wrap several records: JSON arrays, subscriptions of CloudWatch Logs, and what was packed with gzip. */
import { gunzipSync } from 'node:zlib';

/** Longest content of a packed value, bytes. */
export const longestUnpacked = 16 * 1_048_576;

/** Whether `bytes[start, end)` is packed with gzip (RFC 1952). */
export const isGzip = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start > 18 && bytes[start] === 0x1f && bytes[start + 1] === 0x8b && bytes[start + 2] === 0x08;

/** @throws Error where it is damaged or longer than `longestUnpacked` */
export const unpacked = (bytes: Uint8Array, start: number, end: number): Buffer =>
  gunzipSync(bytes.subarray(start, end), { maxOutputLength: longestUnpacked });

/** A record of a value, as bytes to be read. */
export interface Element {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Its bytes are `[from, to)` of the value. */
  readonly from: number;
  readonly to: number;
}

const openBrace = 0x7b;
const openBracket = 0x5b;
const quote = 0x22;
const backslash = 0x5c;

/** Names of the first field of an envelope. Other objects are not looked at. */
const firstNames = [
  'messageType',
  'owner',
  'logGroup',
  'logStream',
  'subscriptionFilters',
  'logEvents',
  'records',
  'Records',
  'streams',
];

/** Whether a value may wrap several records, by its first bytes: an array of objects or texts, or an envelope. */
export function mayWrap(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first !== openBracket && first !== openBrace) return false;
  const i = skipSpace(bytes, start + 1, end);
  if (first === openBracket) return bytes[i] === openBrace || bytes[i] === quote;
  if (bytes[i] !== quote || !isSuspect(bytes, i + 1)) return false;
  const text = Buffer.from(bytes.subarray(i + 1, Math.min(end, i + 24))).toString('latin1');
  return firstNames.some((name) => text.startsWith(`${name}"`));
}

/** A few bytes tell most other names apart: lines that begin with `message`, `level` or `severity` are many. */
function isSuspect(bytes: Uint8Array, i: number): boolean {
  switch (bytes[i]) {
    case 0x6d: // messageType
      return bytes[i + 7] === 0x54;
    case 0x6f: // owner
      return bytes[i + 1] === 0x77;
    case 0x6c: // logGroup, logStream, logEvents
      return bytes[i + 3]! >= 0x45 && bytes[i + 3]! <= 0x53;
    case 0x73: // subscriptionFilters, streams
      return bytes[i + 1] === 0x75 || (bytes[i + 6] === 0x73 && bytes[i + 7] === quote);
    case 0x72: // records
    case 0x52:
      return bytes[i + 7] === quote;
    default:
      return false;
  }
}

/**
 * The records that a value wraps, each an object or a text; none where the envelope holds none by its nature, as the control
 * messages of CloudWatch do. Undefined where it is no envelope.
 */
export function elementsOf(bytes: Uint8Array, start: number, end: number): Element[] | undefined {
  if (bytes[start] === openBracket) return arrayElements(bytes, start, end)?.elements;
  const members = membersOf(bytes, start, end);
  if (!members) return undefined;
  const textOf = (name: string): string => {
    const range = members.get(name);
    return range && bytes[range[0]] === quote ? jsonText(bytes, ...range) : '';
  };
  const events = members.get('logEvents');
  if (events && members.has('logGroup')) {
    if (textOf('messageType') === 'CONTROL_MESSAGE') return [];
    const group = textOf('logGroup');
    const about = { logGroup: group, logStream: textOf('logStream'), app_name: serviceOfGroup(group) };
    const head = Buffer.from(`${JSON.stringify(about).slice(0, -1)},`);
    return arrayElements(bytes, ...events)?.elements.map((one) => {
      if (one.bytes[one.start] !== openBrace) return one;
      const joined = Buffer.concat([head, one.bytes.subarray(one.start + 1, one.end)]);
      return { ...one, bytes: joined, start: 0, end: joined.length };
    });
  }
  const streams = members.get('streams');
  if (streams && members.size === 1) return lokiLines(bytes, ...streams);
  const records = members.get('records') ?? members.get('Records');
  if (records && members.size === 1) return arrayElements(bytes, ...records)?.elements;
  return undefined;
}

/** Lines that were pushed to Loki: `[{"stream":{"app":"cart"},"values":[["1772600767089000000","a line"]]}]`. */
function lokiLines(bytes: Uint8Array, from: number, to: number): Element[] | undefined {
  const streams = arrayElements(bytes, from, to)?.elements.map((one) => membersOf(one.bytes, one.start, one.end));
  if (!streams) return undefined;
  const lines: Element[] = [];
  for (const stream of streams) {
    const labels = stream?.get('stream');
    const values = stream?.get('values');
    const entries = values && arrayElements(bytes, ...values)?.elements;
    if (!labels || !entries) return undefined;
    const known = Buffer.from(bytes.subarray(...labels));
    for (const entry of entries) {
      const parts = arrayElements(entry.bytes, entry.start, entry.end)?.elements;
      if (!parts || parts.length < 2) return undefined;
      const textOf = ({ bytes: text, start, end }: Element): string =>
        JSON.stringify(Buffer.from(text.subarray(start, end)).toString('utf8'));
      const json = Buffer.from(
        `{"timestamp":${textOf(parts[0]!)},"message":${textOf(parts[1]!)},"labels":${known.toString('utf8')}}`,
      );
      lines.push({ bytes: json, start: 0, end: json.length, from: entry.from, to: entry.to });
    }
  }
  return lines;
}

/** `/aws/lambda/checkout` is checkout, `/aws/rds/cluster/orders/error` orders. */
export function serviceOfGroup(group: string): string {
  const parts = group.split('/').filter((part) => part !== '');
  const [vendor, kind] = parts;
  if (vendor === 'aws' && kind === 'rds' && parts.length > 3) return parts[3]!;
  if (vendor === 'aws' && kind === 'eks' && parts.length > 2) return parts[2]!;
  return parts.at(-1) ?? '';
}

function skipSpace(bytes: Uint8Array, i: number, end: number): number {
  while (i < end && (bytes[i] === 0x20 || (bytes[i]! >= 0x09 && bytes[i]! <= 0x0d))) i++;
  return i;
}

/** Index behind the value at `i`, or -1 where it does not end. */
function valueEnd(bytes: Uint8Array, i: number, end: number): number {
  if (bytes[i] === quote) {
    for (i++; i < end; i++) {
      if (bytes[i] === backslash) i++;
      else if (bytes[i] === quote) return i + 1;
    }
    return -1;
  }
  let depth = 0;
  for (; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === quote) {
      const behind = valueEnd(bytes, i, end);
      if (behind < 0) return -1;
      i = behind - 1;
    } else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return i;
      if (--depth === 0) return i + 1;
    } else if (depth === 0 && (byte === 0x2c || byte <= 0x20)) return i;
  }
  return -1;
}

function arrayElements(bytes: Uint8Array, start: number, end: number): { elements: Element[] } | undefined {
  if (bytes[start] !== openBracket) return undefined;
  const elements: Element[] = [];
  let i = skipSpace(bytes, start + 1, end);
  while (i < end && bytes[i] !== 0x5d) {
    const to = valueEnd(bytes, i, end);
    if (to <= i) return undefined;
    if (bytes[i] === quote) {
      const text = Buffer.from(jsonText(bytes, i, to));
      elements.push({ bytes: text, start: 0, end: text.length, from: i, to });
    } else elements.push({ bytes, start: i, end: to, from: i, to });
    i = skipSpace(bytes, to, end);
    if (bytes[i] === 0x2c) i = skipSpace(bytes, i + 1, end);
    else if (bytes[i] !== 0x5d) return undefined;
  }
  return i < end && skipSpace(bytes, i + 1, end) === end ? { elements } : undefined;
}

/** Names of an object's fields and where their values are. */
function membersOf(bytes: Uint8Array, start: number, end: number): Map<string, [number, number]> | undefined {
  const members = new Map<string, [number, number]>();
  let i = skipSpace(bytes, start + 1, end);
  while (i < end && bytes[i] === quote && members.size < 32) {
    const nameEnd = valueEnd(bytes, i, end);
    if (nameEnd < 0) return undefined;
    const name = jsonText(bytes, i, nameEnd);
    i = skipSpace(bytes, nameEnd, end);
    if (bytes[i] !== 0x3a) return undefined;
    i = skipSpace(bytes, i + 1, end);
    const to = valueEnd(bytes, i, end);
    if (to <= i) return undefined;
    members.set(name, [i, to]);
    i = skipSpace(bytes, to, end);
    if (bytes[i] === 0x2c) i = skipSpace(bytes, i + 1, end);
  }
  return members.size > 0 ? members : undefined;
}

function jsonText(bytes: Uint8Array, from: number, to: number): string {
  const text = Buffer.from(bytes.subarray(from, to)).toString('utf8');
  try {
    return JSON.parse(text) as string;
  } catch {
    // Control characters that were left as they are.
    return text.slice(1, -1);
  }
}

/** Plain text that begins with a usual timestamp: Log4j, Python, ISO 8601, syslog, HDFS. */
import type { Fields, Format, FormatReason, LineContext } from './format.js';
import { findLevel } from './level.js';
import { TimestampReader } from './timestamp.js';

const space = 0x20;
const open = 0x5b;
const close = 0x5d;

/** What may stand between stamp and message, as may a dash before a blank. */
const between = new Uint8Array(256);
for (const byte of Buffer.from(' \t:,|')) between[byte] = 1;

export interface PlainOptions {
  /** Year of stamps without one, where neither broker time stamps nor earlier records tell. */
  readonly year?: number;
}

/**
 * The message is what follows the timestamp, without blanks and separators around it; after a syslog stamp it begins behind the host.
 * The stamp may stand in brackets, or behind a syslog priority `<34>` or `<34>1 `. The level is the first level word
 * near the start, or the priority's.
 */
export function plain(options: PlainOptions = {}): Format {
  const stamp = new TimestampReader(options.year);
  return {
    name: 'plain',
    labels: [],
    labelText: (raw) => Buffer.from(raw).toString('utf8'),
    read(bytes: Uint8Array, start: number, end: number, context: LineContext, into: Fields): FormatReason | undefined {
      let i = start;
      while (i < end && (bytes[i] === space || bytes[i] === 0x09)) i++;
      if (i === end) return 'empty';
      if (i > start) return unstamped(bytes, i, end, -1, context, into, noStamp);
      let priority = -1;
      if (bytes[i] === 0x3c) {
        priority = 0;
        for (i++; i < end && bytes[i] >= 0x30 && bytes[i] <= 0x39 && i - start < 5; i++)
          priority = priority * 10 + bytes[i] - 0x30;
        if (bytes[i] !== 0x3e) return unstamped(bytes, start, end, -1, context, into, noStamp);
        i++;
        if (bytes[i] === 0x31 && bytes[i + 1] === space) i += 2;
      }
      const bracket = bytes[i] === open;
      if (bracket) i++;
      if (!stamp.read(bytes, i, end, context.timestamp >= 0 ? context.timestamp : context.near)) {
        const detail = stamp.yearless
          ? 'the timestamp has no year, and no broker time stamp or earlier line tells it: set the year of the source'
          : noStamp;
        return unstamped(bytes, bracket ? i - 1 : i, end, priority, context, into, detail);
      }
      i = stamp.end;
      if (bracket && bytes[i] === close) i++;
      while (i < end && (between[bytes[i]] === 1 || (bytes[i] === 0x2d && bytes[i + 1] === space))) i++;
      if (stamp.syslog || priority >= 0) {
        while (i < end && bytes[i] !== space) i++;
        while (i < end && bytes[i] === space) i++;
      }
      let stop = end;
      while (stop > i && bytes[stop - 1] <= space) stop--;
      into.kind = 'log';
      into.time = stamp.time;
      into.bytes = bytes;
      into.start = i;
      into.end = stop;
      into.value = NaN;
      into.level = findLevel(bytes, i, stop);
      if (into.level === 0 && priority >= 0) into.level = syslogLevels[priority & 7];
      return undefined;
    },
  };
}

const noStamp =
  'the line begins with none of the known timestamps, and does not show that it continues the line before it: with a broker, set time: auto';

/** All of a line without a stamp is its message, where its time can be borrowed. */
function unstamped(
  bytes: Uint8Array,
  start: number,
  end: number,
  priority: number,
  { borrow }: LineContext,
  into: Fields,
  detail: string,
): FormatReason | undefined {
  if (borrow < 0) {
    into.detail = detail;
    return 'no-time';
  }
  while (end > start && bytes[end - 1] <= space) end--;
  into.kind = 'log';
  into.time = borrow;
  into.borrowed = into.stampless = true;
  into.bytes = bytes;
  into.start = start;
  into.end = end;
  into.level = findLevel(bytes, start, end);
  if (into.level === 0 && priority >= 0) into.level = syslogLevels[priority & 7];
  return undefined;
}

/** Severities of RFC 5424, 0 emergency to 7 debug, as indices into `levels`. */
const syslogLevels = [6, 6, 6, 5, 4, 3, 3, 2];

/** What is between the stamp and the message of a syslog line: host, program, and the fields of RFC 5424. */
import { levelOfText } from '../level.js';
import { isAt, skipBlanks, textAt, wordEnd } from './tokens.js';

const space = 0x20;

/** Places in a line, from < 0 where there is nothing. */
export interface SyslogHead {
  host: [number, number];
  program: [number, number];
  /** Where the message begins. */
  message: number;
  /** Index into `levels` of a severity before the program; 0 where there is none. */
  level: number;
}

const nothing = (): [number, number] => [-1, -1];

/** `host app[12]: message` or `host app: message` behind the stamp of RFC 3164; the program stays in the message. */
export function syslogTag(bytes: Uint8Array, i: number, end: number): SyslogHead {
  const head: SyslogHead = { host: nothing(), program: nothing(), message: i, level: 0 };
  const hostEnd = wordEnd(bytes, i, end);
  // A program without a host before it ends in a colon, or is followed by its number.
  if (bytes[hostEnd - 1] !== 0x3a && bytes[hostEnd - 1] !== 0x5d && hostEnd < end) {
    head.host = [i, hostEnd];
    head.message = skipBlanks(bytes, hostEnd, end);
  }
  const from = head.message;
  let to = from;
  while (to < end && to - from < 64 && isTagByte(bytes[to]!)) to++;
  const isTag =
    to > from && bytes[from] !== 0x40 && (bytes[to] === 0x3a || (bytes[to] === 0x5b && isNumbered(bytes, to, end)));
  if (isTag) head.program = [from, to];
  else if (bytes[to] === 0x20) severityTag(bytes, from, to, end, head);
  return head;
}

/** `lb-1 err mcpd[4711]: ` of F5: a severity between the host and the program. */
function severityTag(bytes: Uint8Array, from: number, to: number, end: number, head: SyslogHead): void {
  const level = levelOfText(bytes, from, to);
  const found = level > 0 ? /^ ([\w./-]{1,48})\[\d+\]: /.exec(textAt(bytes, to, Math.min(end, to + 64))) : null;
  if (!found) return;
  head.program = [to + 1, to + 1 + found[1]!.length];
  head.message = to + 1;
  head.level = level;
}

/** `[12]: `, `[12:0] info: ` of Unbound, `[12] (com.shop.cart[34]): ` of launchd. */
const isNumbered = (bytes: Uint8Array, i: number, end: number): boolean =>
  closesInColon(bytes, i, end) ||
  /^\[\d+(?::\d+)?\] (?:\([^()]{1,80}\):|[a-z ]{3,12}: )/.test(textAt(bytes, i, Math.min(end, i + 120)));

/**
 * Whether what is at `i`, behind a stamp of RFC 3164 without a priority, is a host and a program, or one of them: not a text with
 * such a stamp, as PowerDNS and others write on their own.
 */
export function isSyslogHead(bytes: Uint8Array, i: number, end: number): boolean {
  const hostEnd = wordEnd(bytes, i, end);
  if (hostEnd === i) return false;
  if (!isHost(bytes, i, hostEnd))
    return bytes[hostEnd - 1] === 0x3a || bytes[hostEnd - 1] === 0x5d || !isDecorated(bytes, i, hostEnd);
  if (levelOfText(bytes, i, hostEnd) > 0) return false;
  const { program } = syslogTag(bytes, i, end);
  return program[0] >= 0 || isUntagged(bytes, hostEnd, end);
}

/** A bracket, a quote or a sign of equality: none is in the name of a host. */
const isDecorated = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) if ('[]()<>"\'='.includes(String.fromCharCode(bytes[i]!))) return true;
  return false;
};

/** What syslogd says of itself behind the host, without a program, and what firewalls do: `fw 1,2026/01/05`, `fw : %ASA-4-`. */
const isUntagged = (bytes: Uint8Array, i: number, end: number): boolean =>
  isAt(bytes, i, end, ' last message ') ||
  isAt(bytes, i, end, ' message repeated ') ||
  isAt(bytes, i, end, ' -- MARK --') ||
  /^ [\d%:{]/.test(textAt(bytes, i, Math.min(end, i + 2)));

/** Whether `host app: ` is at `i`, as rsyslog writes it behind a stamp with an offset: not a level, and no name of a class. */
export function isHostAndTag(bytes: Uint8Array, i: number, end: number): boolean {
  const hostEnd = wordEnd(bytes, i, end);
  if (hostEnd === i || hostEnd + 1 >= end || !isHost(bytes, i, hostEnd) || levelOfText(bytes, i, hostEnd) > 0)
    return false;
  let to = hostEnd + 1;
  while (to < end && to - hostEnd < 64 && isTagByte(bytes[to]!)) to++;
  return to > hostEnd + 1 && bytes[to] === 0x3a && (to + 1 === end || bytes[to + 1] === space);
}

/** Whether `host kernel: ` is at `i`: of the programs in a journal only the kernel has no number. */
export function isHostAndKernel(bytes: Uint8Array, i: number, end: number): boolean {
  const hostEnd = wordEnd(bytes, i, end);
  return hostEnd > i && isHost(bytes, i, hostEnd) && isAt(bytes, hostEnd, end, ' kernel: ');
}

/** Whether `host app[12]: ` is at `i`: what rsyslog and journalctl write behind an ISO stamp. */
export function isHostAndProgram(bytes: Uint8Array, i: number, end: number): boolean {
  const hostEnd = wordEnd(bytes, i, end);
  if (hostEnd === i || hostEnd + 1 >= end || !isHost(bytes, i, hostEnd)) return false;
  let to = hostEnd + 1;
  while (to < end && to - hostEnd < 64 && isTagByte(bytes[to]!)) to++;
  if (to === hostEnd + 1 || bytes[to] !== 0x5b || !closesInColon(bytes, to, end)) return false;
  // A level before the program of another kind of line.
  return levelOfText(bytes, i, hostEnd) === 0;
}

function isHost(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
    if (
      !isLetter &&
      !(byte >= 0x30 && byte <= 0x39) &&
      byte !== 0x2d &&
      byte !== 0x2e &&
      byte !== 0x5f &&
      byte !== 0x3a
    )
      return false;
  }
  return true;
}

const isTagByte = (byte: number): boolean =>
  byte > space && byte !== 0x3a && byte !== 0x5b && byte !== 0x5d && byte !== 0x22;

function closesInColon(bytes: Uint8Array, open: number, end: number): boolean {
  let i = open + 1;
  while (i < end && bytes[i]! >= 0x30 && bytes[i]! <= 0x39) i++;
  return bytes[i] === 0x5d && bytes[i + 1] === 0x3a;
}

/** `host app pid msgid [structured data] message` behind the stamp of RFC 5424; undefined where it is none. */
export function syslog5424(bytes: Uint8Array, i: number, end: number): SyslogHead | undefined {
  const words: [number, number][] = [];
  for (let k = 0; k < 4; k++) {
    i = skipBlanks(bytes, i, end);
    const to = wordEnd(bytes, i, end);
    if (to === i) return undefined;
    words.push([i, to]);
    i = to;
  }
  i = skipBlanks(bytes, i, end);
  const structured = i;
  if (bytes[i] === 0x2d) i++;
  else if (bytes[i] === 0x5b) {
    while (i < end && bytes[i] === 0x5b) {
      const close = elementEnd(bytes, i, end);
      if (close < 0) return undefined;
      i = close;
    }
    // Heroku leaves the structured data out behind a nil message id.
  } else if (words[3]![1] - words[3]![0] !== 1 || bytes[words[3]![0]] !== 0x2d) return undefined;
  i = skipBlanks(bytes, i, end);
  if (isAt(bytes, i, end, '\xef\xbb\xbf')) i += 3;
  // Firewalls have all that they say there.
  if (i >= end && bytes[structured] === 0x5b) i = structured;
  const given = ([from, to]: [number, number]): [number, number] =>
    to - from === 1 && bytes[from] === 0x2d ? nothing() : [from, to];
  return { host: given(words[0]!), program: given(words[1]!), message: i, level: 0 };
}

/** Index behind `[id name="value"]`, in whose values `\"`, `\\` and `\]` are escaped; -1 where it does not close. */
function elementEnd(bytes: Uint8Array, i: number, end: number): number {
  let quoted = false;
  for (i++; i < end; i++) {
    if (bytes[i] === 0x5c && quoted) i++;
    else if (bytes[i] === 0x22) quoted = !quoted;
    else if (bytes[i] === 0x5d && !quoted) return i + 1;
  }
  return -1;
}

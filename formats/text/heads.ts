/** What single writers put before the stamp of a line: Erlang, WebLogic, GlassFish, and tools that follow several containers. */
import { levelOfText } from '../level.js';
import { isDigit } from '../time/dates.js';
import { isAt, skipBlanks, textAt, wordEnd } from './tokens.js';

/** What stands before a stamp. */
export interface StampHead {
  /** Where the stamp begins. */
  readonly at: number;
  /** Index into `levels`, 0 where the head says none. */
  readonly level: number;
  /** The message, where the head is all that the line says: the lines behind it are the text. */
  readonly title: readonly [number, number] | undefined;
}

const reports: Readonly<Record<string, number>> = {
  INFO: 3,
  PROGRESS: 3,
  NOTICE: 3,
  WARNING: 4,
  ERROR: 5,
  CRASH: 5,
  SUPERVISOR: 5,
};

/**
 * The head at `i`, or undefined: `=ERROR REPORT==== 5-Jan-2026::12:34:56 ===` of Erlang before OTP 21,
 * `####<Jan 5, 2026 12:34:56 PM UTC> <Error>` of WebLogic, `[#|2026-01-05T12:34:56|SEVERE|` of GlassFish, and those below.
 */
export function headOf(bytes: Uint8Array, i: number, end: number): StampHead | undefined {
  switch (bytes[i]) {
    case 0x3d: {
      const found = /^=([A-Z]+) REPORT==== /.exec(textAt(bytes, i, Math.min(end, i + 40)));
      if (!found) return undefined;
      const at = i + found[0].length;
      return { at, level: reports[found[1]!] ?? 0, title: [i + 1, at - 5] };
    }
    case 0x23:
      return isAt(bytes, i, end, '####<') ? { at: i + 5, level: 0, title: undefined } : undefined;
    case 0x3c:
      return isDigit(bytes[i + 1]!) ? undefined : { at: i + 1, level: 0, title: undefined };
    case 0x5b:
      return isAt(bytes, i, end, '[#|') ? { at: i + 3, level: 0, title: undefined } : bracketHead(bytes, i, end);
    default:
      return threadHead(bytes, i, end);
  }
}

/** `[ns_server:error,2026-01-05T12:34:56.789Z,` of Couchbase, `[ E 2026-01-05 12:34:56` of Passenger: words before the stamp in a bracket. */
function bracketHead(bytes: Uint8Array, i: number, end: number): StampHead | undefined {
  const text = textAt(bytes, i, Math.min(end, i + 56));
  const words = /^\[ ?(?:[a-z][\w.-]*[:, ] ?){1,3}(?=\d{4}-\d\d-\d\d[T ]\d)/i.exec(text)?.[0];
  if (words === undefined) return undefined;
  const word = /(\w+)\W*$/.exec(words)!;
  const from = i + word.index;
  return { at: i + words.length, level: levelOfText(bytes, from, from + word[1]!.length), title: undefined };
}

/** `MainThread::ERROR::2026-01-05 12:34:56,789::` of VDSM: thread and level before the stamp. */
function threadHead(bytes: Uint8Array, i: number, end: number): StampHead | undefined {
  const colon = bytes.indexOf(0x3a, i);
  if (colon <= i || colon > i + 64 || colon + 12 > end || bytes[colon + 1] !== 0x3a) return undefined;
  const next = bytes.indexOf(0x3a, colon + 2);
  if (next < 0 || next > colon + 12 || bytes[next + 1] !== 0x3a || !isDigit(bytes[next + 2]!)) return undefined;
  const level = levelOfText(bytes, colon + 2, next);
  return level > 0 ? { at: next + 2, level, title: undefined } : undefined;
}

/** A line with the name of the container that wrote it before it. */
export interface Prefix {
  /** The name, without the number of the instance. */
  readonly service: readonly [number, number];
  /** Where the line itself begins. */
  readonly at: number;
}

/** Longest name of a container with what is before it, bytes. */
const longest = 160;

/**
 * `shop-cart-1  | ` of Docker Compose, `[pod/cart-5d9c7/cart] ` of kubectl, `0|cart  | ` of PM2, and `web.1  | ` of Foreman at `i`, or
 * undefined.
 */
export function containerPrefix(bytes: Uint8Array, i: number, end: number): Prefix | undefined {
  const stop = Math.min(end, i + longest);
  if (bytes[i] === 0x5b) {
    if (!isAt(bytes, i, end, '[pod/')) return undefined;
    const close = bytes.indexOf(0x5d, i);
    if (close < 0 || close >= stop || bytes[close + 1] !== 0x20) return undefined;
    const slash = bytes.lastIndexOf(0x2f, close);
    return slash > i + 5 ? { service: [slash + 1, close], at: close + 2 } : undefined;
  }
  // 0|cart: the number of the process
  const digits = isDigit(bytes[i]!) ? (bytes[i + 1] === 0x7c ? 2 : bytes[i + 2] === 0x7c ? 3 : 0) : 0;
  i += digits;
  const to = wordEnd(bytes, i, stop);
  const bar = skipBlanks(bytes, to, stop);
  if (to === i || bar === to || bytes[bar] !== 0x7c || bytes[bar + 1] !== 0x20) return undefined;
  const name = textAt(bytes, i, to);
  if (!/^[a-zA-Z][\w.-]*$/.test(name) || levelOfText(bytes, i, to) > 0) return undefined;
  const instance = (digits > 0 ? /$/ : /[-_.]\d+$/).exec(name);
  return { service: [i, instance ? i + instance.index : to], at: bar + 2 };
}

/**
 * Words that may stand before a stamp in a source whose lines begin with none: names, numbers and ids, as batch systems and
 * clusters write them. Prose has none of these alone.
 */
export const isColumnWord = (bytes: Uint8Array, from: number, to: number): boolean => {
  if (to - from > 64) return false;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
    if (
      !isLetter &&
      !isDigit(byte) &&
      byte !== 0x2d &&
      byte !== 0x2e &&
      byte !== 0x5f &&
      byte !== 0x2f &&
      byte !== 0x3a
    )
      return false;
  }
  return bytes[to - 1] !== 0x3a && bytes[to - 1] !== 0x2e;
};

/** A word with a mark or a digit in it: an id or the name of a part, not a word of prose. */
export const isIdWord = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (isDigit(byte) || byte === 0x2d || byte === 0x2e || byte === 0x5f) return true;
  }
  return false;
};

const nagiosStates: Readonly<Record<string, number>> = {
  OK: 3,
  UP: 3,
  UNKNOWN: 4,
  WARNING: 4,
  CRITICAL: 5,
  DOWN: 5,
  UNREACHABLE: 5,
};

/** Level of `HOST ALERT: web1;DOWN;HARD;3;...` of Nagios, Icinga and Naemon by its state; 0 where it is none, -1 without a state. */
export function nagiosLevel(bytes: Uint8Array, i: number, end: number): number {
  if (!isAt(bytes, i, end, 'HOST ') && !isAt(bytes, i, end, 'SERVICE ') && !isAt(bytes, i, end, 'CURRENT ')) return 0;
  const found =
    /^(?:CURRENT )?(?:HOST|SERVICE) [A-Z ]+: (?:[^;]*;)*?(OK|UP|UNKNOWN|WARNING|CRITICAL|DOWN|UNREACHABLE)(?:;|$| )/.exec(
      textAt(bytes, i, Math.min(end, i + 300)),
    );
  return found ? nagiosStates[found[1]!]! : -1;
}

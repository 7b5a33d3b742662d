/** The level of a line, found in its bytes; and that of a word in a field. */
import { levels, type Level } from '../records/log-record.js';
import { textAt } from './text/tokens.js';

/** Words of syslog, log4j, logback, java.util.logging, Python, .NET, Serilog, Go, Rust, Monolog, PostgreSQL, MySQL, loguru. */
const words: Readonly<Record<string, Level>> = {
  trace: 'trace',
  trce: 'trace',
  trc: 'trace',
  finest: 'trace',
  finer: 'trace',
  verbose: 'trace',
  vrb: 'trace',
  silly: 'trace',
  debug: 'debug',
  dbug: 'debug',
  dbg: 'debug',
  debg: 'debug',
  fine: 'debug',
  config: 'debug',
  info: 'info',
  inf: 'info',
  notice: 'info',
  information: 'info',
  success: 'info',
  warn: 'warn',
  warning: 'warn',
  wrn: 'warn',
  error: 'error',
  err: 'error',
  eror: 'error',
  severe: 'error',
  fatal: 'fatal',
  ftl: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  crt: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  panic: 'fatal',
  dpanic: 'fatal',
};
/** Words that are a level only where nothing else can be meant: in a field, in brackets, or before a colon. */
const narrowWords: Readonly<Record<string, Level>> = {
  informational: 'info',
  fail: 'error',
  failure: 'error',
  note: 'info',
  system: 'info',
  log: 'info',
  statement: 'info',
  detail: 'info',
  hint: 'info',
  normal: 'info',
  default: 'unknown',
  off: 'unknown',
  debug1: 'debug',
  erro: 'error',
  noti: 'info',
  fault: 'fatal',
  aler: 'fatal',
  emer: 'fatal',
  debu: 'debug',
  fata: 'fatal',
  pani: 'fatal',
  trac: 'trace',
};
/** Letters of klog, glog, Android, Ruby, MongoDB, spdlog. */
const deadLetters: Readonly<Record<string, Level>> = {
  t: 'trace',
  v: 'trace',
  d: 'debug',
  i: 'info',
  n: 'info',
  w: 'warn',
  e: 'error',
  s: 'error',
  f: 'fatal',
  c: 'fatal',
  a: 'fatal',
  p: 'fatal',
};

const longest = 13;
/** Places of the table of words, a power of two. */
const places = 512;
/** Hashes of words in lower case, with open addressing; 0 where a place is free. */
const hashes = new Int32Array(places);
/** Levels of the words, and whether they are among the wide ones, beside their hashes. */
const levelOf = new Uint8Array(places);
const isWide = new Uint8Array(places);

/** Place of a hash, or -1 where it is that of no word. */
function placeOf(hash: number): number {
  for (let i = hash & (places - 1); hashes[i] !== 0; i = (i + 1) & (places - 1)) if (hashes[i] === hash) return i;
  return -1;
}

/** Puts words into the table; collisions among them would throw at load. */
function put(all: Readonly<Record<string, Level>>, wide: boolean): void {
  for (const [word, level] of Object.entries(all)) {
    const bytes = Buffer.from(word);
    const hash = hashOf(bytes, 0, bytes.length);
    if (hash === 0 || placeOf(hash) >= 0) throw new Error(`level words collide at ${word}`);
    let i = hash & (places - 1);
    while (hashes[i] !== 0) i = (i + 1) & (places - 1);
    hashes[i] = hash;
    levelOf[i] = levels.indexOf(level);
    isWide[i] = wide ? 1 : 0;
  }
}
put(words, true);
put(narrowWords, false);
const byLetter = new Uint8Array(256);
for (const [word, level] of Object.entries(deadLetters)) {
  byLetter[word.charCodeAt(0)] = byLetter[word.charCodeAt(0) & 0xdf] = levels.indexOf(level);
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let i = from; i < to; i++) hash = (Math.imul(hash, 0x01000193) ^ (bytes[i]! | 0x20)) | 0;
  return hash;
}

const space = 0x20;
const deadLetter = new Uint8Array(256);
for (let byte = 0x41; byte <= 0x5a; byte++) deadLetter[byte] = deadLetter[byte | 0x20] = 1;
/** What may stand beside a level word; a dot or slash beside it makes it a part of a name. */
const inName = new Uint8Array(256);
for (const byte of Buffer.from('._-/$@0123456789"\'&?%+\\')) inName[byte] = 1;
/** What separates fields of a line. */
const separates = new Uint8Array(256);
for (const byte of Buffer.from(':]|),;->\t')) separates[byte] = 1;
/** Opening and closing around a level. */
const opens = new Uint8Array(256);
for (const byte of Buffer.from('[<({|:')) opens[byte] = 1;
const closes = new Uint8Array(256);
for (const byte of Buffer.from(']>)}|')) closes[byte] = 1;

/** Level of the word `bytes[from, to)`, as an index into `levels`; 0 where it is none. */
export function levelOfWord(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > longest || to - from < 3) return 0;
  const place = placeOf(hashOf(bytes, from, to));
  return place < 0 ? 0 : levelOf[place]!;
}

/**
 * Level of the text of a field: a word or letter, also in brackets, behind a prefix (`LEVEL_ERROR`, `LOG_ERR`), and with
 * what OpenTelemetry (`ERROR2`), slog (`ERROR+2`) and PostgreSQL (`DEBUG3`) put behind it. 0 where it is none.
 */
export function levelOfText(bytes: Uint8Array, from: number, to: number): number {
  while (from < to && (bytes[from]! <= space || opens[bytes[from]!] === 1)) from++;
  while (to > from && (bytes[to - 1]! <= space || closes[bytes[to - 1]!] === 1 || bytes[to - 1] === 0x3a)) to--;
  if (to - from === 1) return byLetter[bytes[from]!]!;
  let level = levelOfWord(bytes, from, to);
  if (level > 0 || to - from > 40) return level;
  for (let i = from; i < to; i++) if (bytes[i] === 0x5f || bytes[i] === 0x2e) from = i + 1;
  let stop = from;
  while (stop < to && deadLetter[bytes[stop]!] === 1) stop++;
  const rest = bytes[stop]!;
  if (stop === to || rest === 0x2b || rest === 0x2d || (rest >= 0x30 && rest <= 0x39)) {
    level = levelOfWord(bytes, from, stop);
  }
  return level;
}

/** Level of a letter, as an index into `levels`; 0 where it stands for none. */
export const levelOfLetter = (byte: number): number => byLetter[byte]!;

const equals = 0x3d;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** How many words, and how many bytes, are looked at. */
const reach = { words: 12, bytes: 160 };

/**
 * The first level among the first words of `bytes[start, end)`; 0 where there is none. A word is a level where it is
 * written as one: in capitals, in brackets, before a colon, or between separators. Prose is no level: `debug mode is off`,
 * `no error while reading`, `Alert manager reloaded`, `error=null`.
 */
export function findLevel(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + reach.bytes);
  let left = reach.words;
  let i = start;
  let seen = 0;
  while (i < stop) {
    while (i < stop && deadLetter[bytes[i]!] === 0) i++;
    const from = i;
    while (i < stop && deadLetter[bytes[i]!] === 1) i++;
    const size = i - from;
    if (size === 0) return 0;
    if (size <= longest && (size >= 3 || size === 1)) {
      const level = levelAt(bytes, start, from, i, end, seen);
      if (level > 0) return level;
    }
    seen++;
    // Pairs before the level (`pid=12 tid=ab3c`) are ids and do not use up the words.
    const isPair = bytes[i] === equals || (from > start && (bytes[from - 1] === equals || isDigit(bytes[from - 1]!)));
    if (!isPair && --left === 0) return 0;
  }
  return 0;
}

/** The level that a word is where it stands; `seen` words stand before it. */
function levelAt(bytes: Uint8Array, start: number, from: number, to: number, end: number, seen: number): number {
  const before = from > start ? bytes[from - 1]! : space;
  const after = to < end ? bytes[to]! : space;
  if (after === 0x3d) return 0;
  // [Server thread/ERROR] of Minecraft
  if (before === 0x2f && after === 0x5d && to - from > 2 && isCapital(bytes, from, to) && from - start < 40)
    return levelOfWord(bytes, from, to);
  // production.ERROR: of Monolog, web_php[12].ERR of ZoneMinder
  const isBehindPid = after === space && from - start > 1 && bytes[from - 2] === 0x5d;
  if (before === 0x2e && (after === 0x3a || isBehindPid) && to - from > 2 && isCapital(bytes, from, to))
    return levelOfWord(bytes, from, to);
  if (inName[before] === 1) return 0;
  if (to - from === 1) {
    // [E], and E! of Telegraf
    const isLetter =
      (before === 0x5b && after === 0x5d) ||
      (before === 0x7c && after === 0x7c) ||
      (after === 0x21 && before === space && seen <= 1) ||
      (after === 0x3a && seen === 0 && bytes[to + 1] === space && 'EWID'.includes(String.fromCharCode(bytes[from]!)));
    return isLetter ? byLetter[bytes[from]!]! : 0;
  }
  const place = placeOf(hashOf(bytes, from, to));
  if (place < 0) return 0;
  const level = levelOf[place]!;
  if (inName[after] === 1) {
    // [2020-04-08 11:59:38,123: ERROR/MainProcess] of Celery; a path or name else
    return after === 0x2f && isCapital(bytes, from, to) && before === space ? level : 0;
  }
  // A column of its own, between blanks.
  const isWideBefore = before === space && from - start > 1 && bytes[from - 2] === space;
  if (isWideBefore && after === space && (to + 1 >= end || bytes[to + 1] === space)) return level;
  // ERRO of slog, the first word in capitals
  if (from === start && after === space && to - from === 4 && isCapital(bytes, from, to)) return level;
  // warning hostd[2101] [ of ESXi, Warn HttpServer: of Emby
  if (from === start && after === space && isWide[place] === 1 && !isCapital(bytes, from, to))
    if (isBeforeName(bytes, to + 1, end)) return level;
  // [error], [ warn], [warning  ]
  if (isOpened(bytes, start, from) && isClosed(bytes, to, end)) return level;
  if (before === 0x3d) return isLevelKey(bytes, start, from - 1) ? level : 0;
  if (after === 0x3a) {
    const next = to + 1 < end ? bytes[to + 1] : space;
    if (next === 0x2f || next === 0x3a) return 0;
    if (seen <= 1 || isWideBefore || separates[lastBefore(bytes, start, from)] === 1 || isCapital(bytes, from, to))
      return level;
    return isFatal(bytes, start, from) ? level : 0;
  }
  // [4711] LOG C-0x55: of PgBouncer
  if (
    isWide[place] === 0 &&
    !(after === space && lastBefore(bytes, start, from) === 0x5d && isCapital(bytes, from, to))
  )
    return 0;
  if (isCapital(bytes, from, to)) return level;
  // firewall,info of RouterOS: topics, and the level the last of them
  if (before === 0x2c && after === space && from - start > 1 && bytes[from - 2]! > space) return level;
  // Between separators, or in a column of its own.
  const last = lastBefore(bytes, start, from);
  if (last !== 0 && separates[last] === 0) return 0;
  if (after === 0x09 || after === 0x2c || after === 0x7c || after === 0x3b) return level;
  if (after !== space || to + 1 >= end) return 0;
  let i = to + 1;
  while (i < end && bytes[i] === space) i++;
  if (i > to + 1) return level;
  return bytes[i] === 0x7c || bytes[i] === 0x5b || (bytes[i] === 0x2d && bytes[i + 1] === space) ? level : 0;
}

/** Whether `hostd[2101] ` or `HttpServer: ` is at `i`: a program, or a part of one. */
const isBeforeName = (bytes: Uint8Array, i: number, end: number): boolean =>
  /^(?:[a-z][\w-]*\[\d+\]:? |[A-Z]\w*[a-z][A-Z]\w*: )/.test(textAt(bytes, i, Math.min(end, i + 48)));

/** Blanks between a bracket and a level. */
const maxPadding = 8;

function isOpened(bytes: Uint8Array, start: number, from: number): boolean {
  let i = from - 1;
  while (i >= start && bytes[i] === space && from - i <= maxPadding) i--;
  return i >= start && opens[bytes[i]!] === 1 && (i === from - 1 || bytes[i] === 0x5b);
}

function isClosed(bytes: Uint8Array, to: number, end: number): boolean {
  let i = to;
  while (i < end && bytes[i] === space && i - to < maxPadding) i++;
  return i < end && closes[bytes[i]!] === 1 && (i <= to + 1 || bytes[i] === 0x5d);
}

/** `PHP Fatal error: `, `Parse error: ` */
const isFatal = (bytes: Uint8Array, start: number, at: number): boolean =>
  ['fatal ', 'parse '].some((word) => {
    const from = at - word.length;
    if (from < start) return false;
    for (let k = 0; k < word.length; k++) if ((bytes[from + k]! | 0x20) !== (word.charCodeAt(k) | 0x20)) return false;
    return true;
  });

/** The byte before blanks before `at`; 0 where there is none. A tab counts as one that separates. */
function lastBefore(bytes: Uint8Array, start: number, at: number): number {
  let i = at - 1;
  while (i >= start && bytes[i] === space) i--;
  return i < start ? 0 : bytes[i]!;
}

function isCapital(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! > 0x5a) return false;
  return true;
}

const levelKeys = ['level', 'lvl', 'severity', 'loglevel', 'log_level', 'log.level'].map((key) => Buffer.from(key));
/** Whether the word that ends at `to` is the name of a field that holds a level. */
function isLevelKey(bytes: Uint8Array, start: number, to: number): boolean {
  return levelKeys.some((key) => {
    const from = to - key.length;
    if (from < start || (from > start && bytes[from - 1]! > 0x2c && bytes[from - 1] !== 0x7b)) return false;
    return key.every((byte, i) => (bytes[from + i]! | 0x20) === (byte | 0x20));
  });
}

/** Severities of RFC 5424, 0 emergency to 7 debug, as indices into `levels`. */
export const syslogLevels: readonly number[] = [6, 6, 6, 5, 4, 3, 3, 2];

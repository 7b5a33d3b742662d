/** The level of a line, found in its bytes. */
import { levels, type Level } from '../../records/log-record.js';

const words: Readonly<Record<string, Level>> = {
  trace: 'trace',
  finest: 'trace',
  verbose: 'trace',
  debug: 'debug',
  fine: 'debug',
  info: 'info',
  notice: 'info',
  information: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  severe: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  panic: 'fatal',
};

const longest = 11;
/** Words by a hash of their lower-case letters; collisions among the listed words would throw at load. */
const byHash = new Map<number, number>();
for (const [word, level] of Object.entries(words)) {
  const bytes = Buffer.from(word);
  const hash = hashOf(bytes, 0, bytes.length);
  if (byHash.has(hash)) throw new Error(`level words collide at ${word}`);
  byHash.set(hash, levels.indexOf(level));
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let i = from; i < to; i++) hash = (Math.imul(hash, 0x01000193) ^ (bytes[i] | 0x20)) | 0;
  return hash;
}

const deadLetter = new Uint8Array(256);
for (let byte = 0x41; byte <= 0x5a; byte++) deadLetter[byte] = deadLetter[byte | 0x20] = 1;
/** What may stand beside a level word; a dot or slash beside it makes it a part of a name. */
const inName = new Uint8Array(256);
for (const byte of Buffer.from('._-/$@0123456789')) inName[byte] = 1;

/** Level of the word `bytes[from, to)`, as an index into `levels`; 0 where it is none. */
export const levelOfWord = (bytes: Uint8Array, from: number, to: number): number =>
  to - from > longest || to - from < 3 ? 0 : (byHash.get(hashOf(bytes, from, to)) ?? 0);

/** How many words, and how many bytes, are looked at. */
const reach = { words: 8, bytes: 96 };

/** The first level word among the first words of `bytes[start, end)`; 0 where there is none. */
export function findLevel(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + reach.bytes);
  let left = reach.words;
  let i = start;
  while (i < stop) {
    while (i < stop && deadLetter[bytes[i]] === 0) i++;
    const from = i;
    while (i < stop && deadLetter[bytes[i]] === 1) i++;
    const size = i - from;
    if (size >= 3 && size <= longest && (i === end || inName[bytes[i]] === 0)) {
      if (from === start || inName[bytes[from - 1]] === 0) {
        const level = byHash.get(hashOf(bytes, from, i));
        if (level !== undefined) return level;
      }
    }
    if (--left === 0) return 0;
  }
  return 0;
}

/** Level of a number: pino and bunyan count in tens from 10 (trace) to 60 (fatal); 0 to 7 are those of syslog. */
export function levelOfNumber(value: number): number {
  if (value >= 10) return Math.max(1, Math.min(6, Math.floor(value / 10)));
  if (!(value >= 0)) return 0;
  return levels.indexOf(
    value <= 2 ? 'fatal' : value <= 3 ? 'error' : value <= 4 ? 'warn' : value <= 6 ? 'info' : 'debug',
  );
}

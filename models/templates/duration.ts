/** Durations in messages: `12.5ms`, `took 12 ms`, `in 0.3s`, `duration=7ms`, `elapsed_ms=12`. */

const names = ['ns', 'us', 'µs', 'μs', 'ms', 'millis', 'milliseconds', 's', 'sec', 'secs', 'second', 'seconds'];
const factors = [1e6, 1e3, 1e3, 1e3, 1, 1, 1, 0.001, 0.001, 0.001, 0.001, 0.001];
/** Unit to how many make a millisecond, by a hash of its letters. */
const units = new Map(names.map((name, i) => [packed(Buffer.from(name), 0, Buffer.byteLength(name)), factors[i]]));

function packed(bytes: Uint8Array, from: number, to: number): number {
  let word = to - from;
  for (let i = from; i < to; i++) word = (Math.imul(word, 0x01000193) ^ bytes[i]) | 0;
  return word;
}

/**
 * The duration in ms that begins at `from` in a token that ends at `to`, or NaN. The unit stands at the number, or
 * after one blank, or ends the key before an equals sign (`key`: the index after the key, `from` for none).
 */
export function durationAt(bytes: Uint8Array, key: number, from: number, to: number, end: number): number {
  let i = from;
  let digits = 0;
  let number = 0;
  let scale = 1;
  let point = false;
  for (; i < to; i++) {
    const byte = bytes[i];
    if (byte >= 0x30 && byte <= 0x39) {
      if (++digits > 15) return NaN;
      number = number * 10 + byte - 0x30;
      if (point) scale *= 10;
    } else if (byte === 0x2e && !point && digits > 0) point = true;
    else break;
  }
  if (digits === 0) return NaN;
  let unit = i;
  let stop = to;
  if (i === to || (i + 1 === to && bytes[i] === 0x2e)) {
    // elapsed_ms=12: the unit is the end of the key.
    if (key !== from && bytes[key - 1] === 0x73 && bytes[key - 2] === 0x6d) {
      if (bytes[key - 3] === 0x5f || bytes[key - 3] === 0x2e) return number / scale;
    }
    if (to + 1 >= end || bytes[to] !== 0x20) return NaN;
    unit = to + 1;
    stop = unit;
    while (stop < end && stop - unit <= 12 && isLetter(bytes[stop])) stop++;
  }
  if (stop - unit > 12 || stop === unit) return NaN;
  const perMs = units.get(packed(bytes, unit, stop));
  if (perMs === undefined || isPart(bytes, stop, end)) {
    const sum = compoundAt(bytes, from, end);
    if (perMs === undefined || !Number.isNaN(sum)) return sum;
  }
  if (bytes[from - 1] === 0x2c && isDigit(bytes[from - 2])) {
    // 1,203 ms; with another number of digits, 12,5 ms, it is a decimal comma.
    if (i === from + 3 || bytes[from + 3] === 0x2e) number += groupsBefore(bytes, from) * scale;
    else if (!point) {
      for (let k = from; k < i; k++) scale *= 10;
      number += groupsBefore(bytes, from) * (scale / 1000);
    }
  }
  return number / scale / perMs!;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isLetter = (byte: number): boolean => (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80;

/** Whether another part of a duration follows: `1s500ms`, `58mins:16sec`. */
const isPart = (bytes: Uint8Array, i: number, end: number): boolean =>
  i + 1 < end && (isDigit(bytes[i]) || (bytes[i] === 0x3a && isDigit(bytes[i + 1])));

/** The groups of three digits before a comma at `from`, and what stands before them: 1000 for `1,203`. */
function groupsBefore(bytes: Uint8Array, from: number): number {
  let sum = 0;
  let scale = 1000;
  let i = from - 1;
  for (let groups = 0; groups < 3 && i > 0 && bytes[i] === 0x2c; groups++) {
    let digits = 0;
    let group = 0;
    let place = 1;
    while (digits < 4 && i - 1 - digits >= 0 && isDigit(bytes[i - 1 - digits])) {
      group += (bytes[i - 1 - digits] - 0x30) * place;
      place *= 10;
      digits++;
    }
    if (digits === 0 || digits > 3) return 0;
    sum += group * scale;
    scale *= 1000;
    i -= digits + 1;
    if (digits < 3) break;
  }
  return sum;
}

/** ms of units that only a compound, or a word for them, has for sure: `5m` may be metres or megabytes. */
const longUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  sec: 1000,
  secs: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  mins: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hrs: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};
const shortUnits = new Set(['m', 'h', 'd', 'day', 'days']);

/** ms of `1m30s`, `23hrs:58mins:16sec`, `5 minutes`; NaN where the text at `from` is none. */
function compoundAt(bytes: Uint8Array, from: number, end: number): number {
  let sum = 0;
  let parts = 0;
  let last = '';
  for (let i = from; parts < 6;) {
    let value = 0;
    let scale = 1;
    let at = i;
    for (let point = false; at < end && at - i < 16; at++) {
      if (isDigit(bytes[at])) {
        value = value * 10 + bytes[at] - 0x30;
        if (point) scale *= 10;
      } else if (bytes[at] === 0x2e && !point) point = true;
      else break;
    }
    if (at === i) break;
    const blank = bytes[at] === 0x20 ? 1 : 0;
    let stop = at + blank;
    while (stop < end && stop - at <= 9 && isLetter(bytes[stop])) stop++;
    const unit = Buffer.from(bytes.subarray(at + blank, stop)).toString('latin1');
    if (!Object.hasOwn(longUnits, unit)) break;
    sum += (value / scale) * longUnits[unit];
    parts++;
    last = unit;
    i = stop;
    const isLeft = (gap: number): boolean => i + gap < end && isDigit(bytes[i + gap]);
    if (isLeft(0)) continue;
    if ((bytes[i] === 0x3a || bytes[i] === 0x20) && isLeft(1)) i++;
    else if (bytes[i] === 0x2c && bytes[i + 1] === 0x20 && isLeft(2)) i += 2;
    else break;
  }
  return parts > 1 || (parts === 1 && !shortUnits.has(last)) ? sum : NaN;
}

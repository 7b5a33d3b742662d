/** Durations in messages: `12.5ms`, `took 12 ms`, `in 0.3s`, `duration=7ms`, `elapsed_ms=12`. */

const names: readonly (readonly [number, readonly string[]])[] = [
  [1e6, ['ns']],
  [1e3, ['us', 'µs', 'μs']],
  [1, ['ms', 'msec', 'msecs', 'millis', 'millisecond', 'milliseconds']],
  [0.001, ['s', 'sec', 'secs', 'second', 'seconds']],
];
/** Unit to how many make a millisecond, by a hash of its letters. */
const units = new Map(
  names.flatMap(([factor, all]) =>
    all.map((name) => [packed(Buffer.from(name), 0, Buffer.byteLength(name)), factor] as const),
  ),
);

function packed(bytes: Uint8Array, from: number, to: number): number {
  let word = to - from;
  for (let i = from; i < to; i++) word = (Math.imul(word, 0x01000193) ^ bytes[i]!) | 0;
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
    const byte = bytes[i]!;
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
    const perMs = key === from ? NaN : unitOfKey(bytes, key);
    if (!Number.isNaN(perMs)) return number / scale / perMs;
    if (to + 1 >= end || bytes[to] !== 0x20) return NaN;
    unit = to + 1;
    stop = unit;
    while (stop < end && stop - unit <= 12 && isLetter(bytes[stop]!)) stop++;
  }
  if (stop - unit > 12 || stop === unit) return NaN;
  const perMs = units.get(packed(bytes, unit, stop));
  if (perMs === undefined || isPart(bytes, stop, end)) {
    const sum = beginsUnit(bytes[unit]!) ? compoundAt(bytes, from, end) : NaN;
    if (perMs === undefined || !Number.isNaN(sum)) return sum;
  }
  if (bytes[from - 1] === 0x2c && isDigit(bytes[from - 2]!)) {
    // 1,203 ms; with another number of digits, 12,5 ms, it is a decimal comma.
    if (i === from + 3 || bytes[from + 3] === 0x2e) number += groupsBefore(bytes, from) * scale;
    else if (!point) {
      for (let k = from; k < i; k++) scale *= 10;
      number += groupsBefore(bytes, from) * (scale / 1000);
    }
  }
  return number / scale / perMs;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isLetter = (byte: number): boolean => (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80;

/** Second letters from the end of the units that a name of a field may end in. */
const beforeLast = new Uint8Array(256);
for (const byte of Buffer.from('mMnuUsSd_ci')) beforeLast[byte] = 1;
const keyUnits: readonly (readonly [RegExp, number])[] = [
  [/[_.-]m(?:s|sec|illis|illiseconds)$|[a-z](?:Ms|Millis|Milliseconds)$/, 1],
  [/[_.-](?:s|sec|secs|seconds)$|[a-z]Seconds$/, 0.001],
  [/[_.-](?:us|usec|micros|microseconds)$|[a-z](?:Us|Micros)$/, 1e3],
  [/[_.-](?:ns|nsec|nanos|nanoseconds)$|[a-z](?:Ns|Nanos)$/, 1e6],
];

/** How many of the unit that the key before `to` ends in make a millisecond: `elapsed_ms`, `tookMs`, `wait_seconds`. */
function unitOfKey(bytes: Uint8Array, to: number): number {
  const last = bytes[to - 1];
  if ((last !== 0x73 && last !== 0x63) || beforeLast[bytes[to - 2]!] === 0) return NaN;
  const name = Buffer.from(bytes.subarray(Math.max(0, to - 16), to)).toString('latin1');
  return keyUnits.find(([pattern]) => pattern.test(name))?.[1] ?? NaN;
}

/** d, h, m, s: the units that more may follow. */
const beginsUnit = (byte: number): boolean => byte === 0x64 || byte === 0x68 || byte === 0x6d || byte === 0x73;

/** Whether another part of a duration follows: `1s500ms`, `58mins:16sec`. */
const isPart = (bytes: Uint8Array, i: number, end: number): boolean =>
  i + 1 < end && (isDigit(bytes[i]!) || (bytes[i] === 0x3a && isDigit(bytes[i + 1]!)));

/** The groups of three digits before a comma at `from`, and what stands before them: 1000 for `1,203`. */
function groupsBefore(bytes: Uint8Array, from: number): number {
  let sum = 0;
  let scale = 1000;
  let i = from - 1;
  for (let groups = 0; groups < 3 && i > 0 && bytes[i] === 0x2c; groups++) {
    let digits = 0;
    let group = 0;
    let place = 1;
    while (digits < 4 && i - 1 - digits >= 0 && isDigit(bytes[i - 1 - digits]!)) {
      group += (bytes[i - 1 - digits]! - 0x30) * place;
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

/** ms of the units of compounds, by a hash of their letters; `5m` alone may be metres or megabytes. */
const unitMs = new Map<number, number>();
const shortUnits = new Set<number>();
for (const [ms, ...words] of [
  [1e-6, 'ns'],
  [1e-3, 'us'],
  [1, 'ms'],
  [1000, 's', 'sec', 'secs', 'second', 'seconds'],
  [60_000, 'm', 'min', 'mins', 'minute', 'minutes'],
  [3_600_000, 'h', 'hr', 'hrs', 'hour', 'hours'],
  [86_400_000, 'd', 'day', 'days'],
] as const) {
  for (const word of words) {
    const hash = packed(Buffer.from(word), 0, word.length);
    unitMs.set(hash, ms);
    if (word.length === 1 || ms === 86_400_000) shortUnits.add(hash);
  }
}

/** `_`, `-`, `/` and capital letters behind a unit are those of an id. */
const isInId = (byte: number): boolean =>
  byte === 0x5f || byte === 0x2d || byte === 0x2f || (byte >= 0x41 && byte <= 0x5a);
const isSeparator = (byte: number): boolean => byte === 0x20 || byte === 0x3a;

/** ms of `1m30s`, `23hrs:58mins:16sec`, `5 minutes`; NaN where the text at `from` is none. */
function compoundAt(bytes: Uint8Array, from: number, end: number): number {
  let sum = 0;
  let parts = 0;
  let last = 0;
  let smallest = Infinity;
  for (let i = from; parts < 6;) {
    let value = 0;
    let scale = 1;
    let at = i;
    for (let point = false; at < end && at - i < 16; at++) {
      if (isDigit(bytes[at]!)) {
        value = value * 10 + bytes[at]! - 0x30;
        if (point) scale *= 10;
      } else if (bytes[at] === 0x2e && !point) point = true;
      else break;
    }
    if (at === i) break;
    const blank = bytes[at] === 0x20 ? 1 : 0;
    let stop = at + blank;
    while (stop < end && stop - at <= 9 && isLetter(bytes[stop]!)) stop++;
    const unit = packed(bytes, at + blank, stop);
    const ms = unitMs.get(unit);
    // 3d3d3001ef is an id.
    if (ms === undefined || ms >= smallest) {
      if (parts > 0 && !isSeparator(bytes[i - 1]!)) return NaN;
      break;
    }
    smallest = ms;
    sum += (value / scale) * ms;
    parts++;
    last = unit;
    i = stop;
    const isLeft = (gap: number): boolean => i + gap < end && isDigit(bytes[i + gap]!);
    if (isLeft(0)) continue;
    if (i < end && isInId(bytes[i]!)) return NaN;
    if ((bytes[i] === 0x3a || bytes[i] === 0x20) && isLeft(1)) i++;
    else if (bytes[i] === 0x2c && bytes[i + 1] === 0x20 && isLeft(2)) i += 2;
    else break;
  }
  return parts > 1 || (parts === 1 && !shortUnits.has(last)) ? sum : NaN;
}

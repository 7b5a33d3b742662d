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
  return perMs === undefined ? NaN : number / scale / perMs;
}

const isLetter = (byte: number): boolean => (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80;

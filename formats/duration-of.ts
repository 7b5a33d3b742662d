/** Durations in fields: numbers with the unit of their convention, and texts that say it. */

/** How many of a unit make a millisecond. */
export const perMs = { ns: 1e6, us: 1e3, ms: 1, s: 1e-3 } as const;
/** A unit of durations, as configurations name it. */
export type DurationUnit = keyof typeof perMs;

const unitsOfText: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  msec: 1,
  msecs: 1,
  millisecond: 1,
  millis: 1,
  milliseconds: 1,
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

/** Longest text of a duration. */
const longest = 48;

/** ms of digits, maybe with a fraction, and letters that are a unit, or NaN: what most texts are. */
function simpleDuration(text: string): number {
  let i = 0;
  while (isDigit(text.charCodeAt(i))) i++;
  if (i === 0) return NaN;
  if (text.charCodeAt(i) === 0x2e) {
    if (!isDigit(text.charCodeAt(i + 1))) return NaN;
    for (i++; isDigit(text.charCodeAt(i));) i++;
  }
  const unit = text.slice(i);
  return Object.hasOwn(unitsOfText, unit) ? Number(text.slice(0, i)) * unitsOfText[unit]! : NaN;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/**
 * ms of a text such as `12.3ms`, `1m30s`, `1,203 ms`, `23hrs:58mins`, `PT1.5S`, `00:00:01.234`; NaN where it says no
 * duration, also where it is a number without a unit.
 */
export function durationOfText(text: string): number {
  if (text.length > longest) return NaN;
  const simple = simpleDuration(text);
  if (!Number.isNaN(simple)) return simple;
  let rest = text.trim().replace(/^P(?=T?\d)(?:(\d+)D)?T?/i, (_, days?: string) => (days ? `${days}d` : ''));
  if (rest !== text.trim()) rest = rest.toLowerCase();
  const clock = /^(?:(\d+)\.)?(\d{1,2}):([0-5]\d):([0-5]\d(?:\.\d+)?)$/.exec(rest);
  if (clock) {
    const [, days = '0', hours, minutes, seconds] = clock as (string | undefined)[];
    return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000;
  }
  let sum = 0;
  let found = false;
  const part = /^[ :]?((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s?([a-zµμ]+)/i;
  while (rest !== '') {
    const match = part.exec(rest);
    const unit = match && unitsOfText[match[2]!];
    if (!match || !unit || !Object.hasOwn(unitsOfText, match[2]!)) return NaN;
    sum += Number(match[1]!.replaceAll(',', '')) * unit;
    found = true;
    rest = rest.slice(match[0].length);
  }
  return found ? sum : NaN;
}

const suffixes: readonly (readonly [RegExp, DurationUnit])[] = [
  [/(?:_|\.|-)?(?:ms|msec|millis|milliseconds)$|(?:Ms|Millis|Milliseconds)$/, 'ms'],
  [/(?:_|\.|-)(?:ns|nsec|nanos|nanoseconds)$|(?:Ns|Nanos|Nanoseconds)$/, 'ns'],
  [/(?:_|\.|-)(?:us|usec|micros|microseconds)$|(?:Us|Micros|Microseconds)$/, 'us'],
  [/(?:_|\.|-)(?:s|sec|secs|seconds)$|(?:Sec|Secs|Seconds)$/, 's'],
];
/** The unit that the name of a field ends in, or undefined. */
export const unitOfName = (name: string): DurationUnit | undefined =>
  suffixes.find(([pattern]) => pattern.test(name))?.[1];

/** Who counts bare durations how, as a source has shown it. */
export const durationScales = { unknown: 0, goNanoseconds: 1, seconds: 2 } as const;

/**
 * ms of a number whose field does not say its unit. Go writes whole nanoseconds (slog, logrus, Drone), or seconds with a
 * long fraction (zap, Caddy); others milliseconds. A whole number that may be either has no value until the source has shown it.
 *
 * @param text - the number as written
 * @param shown - `durationScales` of the source; what it returns as `scale` is kept
 */
export function bareDuration(
  text: string,
  value: number,
  shown: number,
  isZap: boolean,
): { ms: number; scale: number } {
  const isWhole = !/[.eE]/.test(text);
  if (isZap && !isWhole) return { ms: value * 1000, scale: durationScales.seconds };
  if (!isWhole) {
    const fraction = text.length - text.indexOf('.') - 1;
    const isSeconds = shown === durationScales.seconds || (value < 10 && fraction >= 6);
    return isSeconds ? { ms: value * 1000, scale: durationScales.seconds } : { ms: value, scale: shown };
  }
  if (value >= 1e7) return { ms: value / 1e6, scale: durationScales.goNanoseconds };
  if (shown === durationScales.goNanoseconds) return { ms: value / 1e6, scale: shown };
  if (shown === durationScales.seconds) return { ms: value * 1000, scale: shown };
  return { ms: value < 1e5 ? value : value >= 1e6 ? value / 1e6 : NaN, scale: shown };
}

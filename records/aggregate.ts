/**
 * What a pane keeps of its lines. Every part is a commutative monoid on integers, so that any grouping of the same
 * records, over sources, batches and restarts, gives the same bytes.
 */
import { bytes, int, list, map, optional, pair, struct, time, uint, double, type Codec } from './wire/codec.js';

/**
 * The line kept as an example: the most severe, then the earliest, then the smallest in byte order, then the one with
 * the lesser signature. Masked already.
 */
export interface SampleLine {
  readonly level: number;
  readonly time: number;
  readonly signature: number;
  readonly text: Uint8Array;
}

/** Numbers of one place in the lines of a signature: how many, and sum and sum of squares of `logOf`. */
export interface NumberSum {
  n: number;
  sum: number;
  squares: number;
}

/** What the lines of one signature say beyond their number. Each part is a sum. */
export interface SignatureDetail {
  /** Lines of level warn. */
  warns: number;
  /** Lines of level error or fatal, or with the outcome of a server error. */
  bad: number;
  /** Lines with the outcome of a client error. */
  refused: number;
  /** Durations in microseconds at 0, then plain numbers by the masked place in the line where they are. */
  numbers: NumberSum[];
}

/**
 * What lines of one route or replica say. They are told apart by a hash of some bits, so that any number of them takes no
 * more room and adds up in any order.
 */
export interface PartSum {
  lines: number;
  bad: number;
  refused: number;
  /** Durations, as at 0 of `SignatureDetail.numbers`. */
  durations: NumberSum;
}
/** Routes have keys below this, replicas from this on. */
export const ROUTES = 64;
/** How many keys replicas have, from `ROUTES` on. */
export const REPLICAS = 32;

/** What a pane keeps of the lines of one service. Counts are numbers of lines; `addLogAggregate` joins two. */
export interface LogAggregate {
  /** Lines. */
  lines: number;
  /** Lines a level, by index into `levels`. */
  levels: Map<number, number>;
  /** Lines a signature. */
  signatures: Map<number, number>;
  /** By signature, where its lines say more than that they came. */
  details: Map<number, SignatureDetail>;
  /** By route: requests only; by replica: all lines. */
  parts: Map<number, PartSum>;
  /** Lines a second of the pane (0 to pane length), for burstiness. */
  seconds: Map<number, number>;
  /** Numbers found in lines: count a bucket, `bucketOf`. */
  values: Map<number, number>;
  /** HyperLogLog registers of the variable parts, dense, `registers` bytes (Flajolet et al. 2007). */
  distinct: Uint8Array;
  sample?: SampleLine;
}

/** Registers of the HyperLogLog sketch: 2^7, a standard error of 9 %. */
export const registers = 128;

/** What a pane keeps of a metric series: all of its points. */
export interface SeriesAggregate {
  /** The points as a multiset of (time, value), sorted by both. */
  points: readonly (readonly [number, number])[];
}

/** Events of one session key in one pane: per signature how often, when first and when last. */
export interface SessionEvent {
  readonly count: number;
  readonly first: number;
  readonly last: number;
}
/** By signature. */
export type SessionEvents = Map<number, SessionEvent>;

const counts = map(uint, uint);
const numberSum: Codec<NumberSum> = struct<NumberSum>({ n: uint, sum: int, squares: uint });
const detail: Codec<SignatureDetail> = struct<SignatureDetail>({
  warns: uint,
  bad: uint,
  refused: uint,
  numbers: list(numberSum) as Codec<NumberSum[]>,
});
const partSum: Codec<PartSum> = struct<PartSum>({ lines: uint, bad: uint, refused: uint, durations: numberSum });
const sample: Codec<SampleLine> = struct({ level: uint, time, signature: uint, text: bytes });

/** Canonical bytes of a `LogAggregate`: equal aggregates are equal bytes, whatever order they were added in. */
export const logAggregate: Codec<LogAggregate> = struct<LogAggregate>({
  lines: uint,
  levels: counts,
  signatures: counts,
  details: map(uint, detail),
  parts: map(uint, partSum),
  seconds: counts,
  values: counts,
  distinct: bytes,
  sample: optional(sample),
});

/** Canonical bytes of a `SeriesAggregate`. */
export const seriesAggregate: Codec<SeriesAggregate> = struct({ points: list(pair(uint, double)) });

/** Canonical bytes of `SessionEvents`. */
export const sessionEvents: Codec<SessionEvents> = map(
  uint,
  struct<SessionEvent>({ count: uint, first: time, last: time }),
);

/** The neutral element of `addLogAggregate`. A new object each time: it is added into. */
export const emptyLogAggregate = (): LogAggregate => ({
  lines: 0,
  levels: new Map(),
  signatures: new Map(),
  details: new Map(),
  parts: new Map(),
  seconds: new Map(),
  values: new Map(),
  distinct: new Uint8Array(registers),
});

function addCounts(into: Map<number, number>, from: ReadonlyMap<number, number>): void {
  for (const [key, n] of from) into.set(key, (into.get(key) ?? 0) + n);
}

/** The neutral element of `addDetail`. */
export const emptyDetail = (): SignatureDetail => ({ warns: 0, bad: 0, refused: 0, numbers: [] });

/** Adds `from` into `into`. Commutative and associative. */
export function addDetail(into: SignatureDetail, from: SignatureDetail): void {
  into.warns += from.warns;
  into.bad += from.bad;
  into.refused += from.refused;
  from.numbers.forEach(({ n, sum, squares }, slot) => {
    const known = into.numbers[slot];
    if (known === undefined) into.numbers.push({ n, sum, squares });
    else {
      known.n += n;
      known.sum += sum;
      known.squares += squares;
    }
  });
}

/** The neutral element of the sums of routes and replicas. */
export const emptyPart = (): PartSum => ({ lines: 0, bad: 0, refused: 0, durations: { n: 0, sum: 0, squares: 0 } });

/** Adds `from` into `into`. Commutative and associative. */
function addPart(into: PartSum, { lines, bad, refused, durations }: PartSum): void {
  into.lines += lines;
  into.bad += bad;
  into.refused += refused;
  into.durations.n += durations.n;
  into.durations.sum += durations.sum;
  into.durations.squares += durations.squares;
}

/** The sample that is kept of two: unlike lines may look alike once masked, then the lesser signature counts. */
export function keptSample(a: SampleLine | undefined, b: SampleLine | undefined): SampleLine | undefined {
  if (!a || !b) return a ?? b;
  if (a.level !== b.level) return a.level > b.level ? a : b;
  if (a.time !== b.time) return a.time < b.time ? a : b;
  return (Buffer.compare(a.text, b.text) || a.signature - b.signature) <= 0 ? a : b;
}

/** Adds `from` into `into`. Commutative and associative; `emptyLogAggregate()` is neutral. */
export function addLogAggregate(into: LogAggregate, from: LogAggregate, secondsShift = 0): void {
  into.lines += from.lines;
  addCounts(into.levels, from.levels);
  addCounts(into.signatures, from.signatures);
  for (const [signature, one] of from.details) {
    let known = into.details.get(signature);
    if (!known) into.details.set(signature, (known = emptyDetail()));
    addDetail(known, one);
  }
  for (const [key, one] of from.parts) {
    let known = into.parts.get(key);
    if (!known) into.parts.set(key, (known = emptyPart()));
    addPart(known, one);
  }
  for (const [second, n] of from.seconds) {
    const at = second + secondsShift;
    into.seconds.set(at, (into.seconds.get(at) ?? 0) + n);
  }
  addCounts(into.values, from.values);
  for (let i = 0; i < registers; i++) if (from.distinct[i]! > into.distinct[i]!) into.distinct[i] = from.distinct[i]!;
  const sample = keptSample(into.sample, from.sample);
  if (sample) into.sample = sample;
}

/** Adds the points of `from` into `into`. */
export function addSeriesAggregate(into: SeriesAggregate, from: SeriesAggregate): void {
  into.points = [...into.points, ...from.points].sort(([t, v], [u, w]) => t - u || v - w);
}

/** Adds the events of `from` into `into`. */
export function addSessionEvents(into: SessionEvents, from: ReadonlyMap<number, SessionEvent>): void {
  for (const [signature, event] of from) {
    const known = into.get(signature);
    into.set(
      signature,
      known
        ? {
            count: known.count + event.count,
            first: Math.min(known.first, event.first),
            last: Math.max(known.last, event.last),
          }
        : event,
    );
  }
}

const float64 = new Float64Array(1);
const word = new Uint32Array(float64.buffer);

/**
 * Fixed log-spaced bucket of a number: the exponent and the top three bits of the mantissa of its double, so buckets
 * are 9 to 12.5 % wide everywhere and no logarithm is taken. Zero and negative numbers share bucket 0.
 */
export function bucketOf(value: number): number {
  if (!(value > 0)) return 0;
  float64[0] = value;
  return word[1]! >>> 17;
}

/** The lower bound of a bucket: the inverse of `bucketOf`. */
export function bucketFloor(bucket: number): number {
  word[0] = 0;
  word[1] = bucket << 17;
  return float64[0]!;
}

/** Steps of `logOf` in a factor of two. */
export const LOG_STEPS = 128;

/**
 * A logarithm of 1 + value in 128ths of a factor of two, as a whole number: exponent and the top seven bits of the
 * mantissa, so that sums of it are exact. Between powers of two it is linear; values below 0 are 0.
 */
export function logOf(value: number): number {
  if (!(value > 0)) return 0;
  float64[0] = 1 + value;
  return (word[1]! >>> 13) - (1023 << 7);
}

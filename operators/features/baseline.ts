/** What featurise remembers of an entity: its own baseline, at most about 4 KB. */
import { singles, struct, text, uint, type Codec } from '../../records/wire/codec.js';
import { logs1, series1 } from '../../models/features/schemas.js';
import { ACTIVITY } from './activity.js';
import { DRIFT } from './drift.js';
import { createMix, mixCodec, type Mix } from './mix.js';
import { SEASON } from './season.js';
import { createSeen, seenCodec, type SeenFilter } from './seen.js';
import { TRACKER } from './tracker.js';

/** Raised whenever the layout below changes. */
export const BASELINE_VERSION = 2;

/** Where the parts of a log baseline lie in its numbers: a tracker a column, then these. */
const logColumns = logs1.columns.length * TRACKER;
/** Places of a log service's numbers. */
export const LOG = {
  warns: logColumns,
  errors: logColumns + TRACKER,
  seasonalVolume: logColumns + 2 * TRACKER,
  seasonalErrors: logColumns + 2 * TRACKER + SEASON,
  seasonalLatency: logColumns + 2 * TRACKER + 2 * SEASON,
  volumeDrift: logColumns + 2 * TRACKER + 3 * SEASON,
  latencyDrift: logColumns + 2 * TRACKER + 3 * SEASON + DRIFT,
  /** ln(1 + lines) of the window before. */
  previous: logColumns + 2 * TRACKER + 3 * SEASON + 2 * DRIFT,
  /** Share of empty windows, and how many windows it was learnt from. */
  empty: logColumns + 2 * TRACKER + 3 * SEASON + 2 * DRIFT + 1,
  emptyCount: logColumns + 2 * TRACKER + 3 * SEASON + 2 * DRIFT + 2,
  /** Surprise of the run of empty windows up to now, nats, and its length, minutes. */
  silence: logColumns + 2 * TRACKER + 3 * SEASON + 2 * DRIFT + 3,
  silent: logColumns + 2 * TRACKER + 3 * SEASON + 2 * DRIFT + 4,
  size: logColumns + 2 * TRACKER + 3 * SEASON + 2 * DRIFT + 5,
} as const;

/** The baseline of a log service. */
export interface LogBaseline {
  /** End of the first window and of the last, ms. */
  first: number;
  last: number;
  /** Artefact set by whose catalogue templates are named. */
  artefact: string;
  numbers: Float32Array;
  mix: Mix;
  /** Templates and signatures that the entity ever had. */
  seen: SeenFilter;
}

/** Points of a series whose residuals are kept. */
export const RECENT = 31;
/** Averages of the seasonal residual that columns compare it with: their names, and spans in points. */
export const LEVELS = [
  ['level_20', 20],
  ['level_60', 60],
  ['level_180', 180],
] as const;
const seriesColumns = series1.columns.length * TRACKER;
/** Places of a series' numbers. */
export const SERIES = {
  season: seriesColumns,
  drift: seriesColumns + SEASON,
  /** Usual size of short and of seasonal residuals by time of day. */
  fineActivity: seriesColumns + SEASON + DRIFT,
  coarseActivity: seriesColumns + SEASON + DRIFT + ACTIVITY,
  levels: seriesColumns + SEASON + DRIFT + 2 * ACTIVITY,
  /** Ring of the last seasonal residuals. */
  rests: seriesColumns + SEASON + DRIFT + 2 * ACTIVITY + 3,
  /** Bounds of the value so far, and mean and variance of it and of averages of 12. */
  range: seriesColumns + SEASON + DRIFT + 2 * ACTIVITY + 8,
  averages: seriesColumns + SEASON + DRIFT + 2 * ACTIVITY + 10,
  /** Usual size of the value itself: the least scale is a share of it. */
  size: seriesColumns + SEASON + DRIFT + 2 * ACTIVITY + 14,
  /** Ring of the last values; its next place is the count of points modulo its length. */
  recent: seriesColumns + SEASON + DRIFT + 2 * ACTIVITY + 15,
  length: seriesColumns + SEASON + DRIFT + 2 * ACTIVITY + 15 + RECENT,
} as const;

/** The baseline of a metric series. */
export interface SeriesBaseline {
  first: number;
  last: number;
  points: number;
  /** Doubles: a counter of billions that moves by tens needs them. */
  numbers: Float64Array;
}

/**
 * Before the first window of a service.
 *
 * @param artefact the set in force
 */
export const createLogBaseline = (artefact: string): LogBaseline => ({
  first: 0,
  last: 0,
  artefact,
  numbers: new Float32Array(LOG.size),
  mix: createMix(),
  seen: createSeen(),
});

/** Before the first point of a series. */
export const createSeriesBaseline = (): SeriesBaseline => ({
  first: 0,
  last: 0,
  points: 0,
  numbers: new Float64Array(SERIES.length),
});

/** Numbers with many zeros in a row: runs of zeros are counted. */
const sparseDoubles = (length: number): Codec<Float64Array> => ({
  write(to, value) {
    for (let i = 0; i < length;) {
      let zeros = 0;
      while (i + zeros < length && value[i + zeros] === 0) zeros++;
      to.varint(zeros);
      i += zeros;
      if (i < length) to.double(value[i++]!);
    }
  },
  read(from) {
    const value = new Float64Array(length);
    for (let i = 0; i < length;) {
      i += from.varint();
      if (i > length) throw new RangeError(`a baseline of ${i} numbers, this release has ${length}`);
      if (i < length) value[i++] = from.double();
    }
    return value;
  },
});

/** Canonical bytes of a log service's baseline. */
export const logBaselineCodec: Codec<LogBaseline> = struct<LogBaseline>({
  first: uint,
  last: uint,
  artefact: text,
  numbers: singles(LOG.size),
  mix: mixCodec,
  seen: seenCodec,
});

/** Canonical bytes of a series' baseline. */
export const seriesBaselineCodec: Codec<SeriesBaseline> = struct<SeriesBaseline>({
  first: uint,
  last: uint,
  points: uint,
  numbers: sparseDoubles(SERIES.length),
});

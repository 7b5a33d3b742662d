/**
 * What others would have decided at the same threshold: the default, the average, the arm that was best so far and an
 * arm drawn at random. Their record on answered episodes is kept, so that the policy can be shown beside them.
 *
 * Answers come almost only for what was shown, so the record cannot know what a baseline alone would have found; `alone`
 * says how many such episodes no person was asked about.
 */
import { list, struct, uint, type Codec } from '../../records/wire/codec.js';
import type { Arms } from './arms.js';
import { uniform } from './chance.js';

/** Names of the baselines, in their order. */
export const BASELINES = ['default', 'average', 'best fixed', 'random'] as const;
/** One of `BASELINES`. */
export type BaselineName = (typeof BASELINES)[number];

const PURPOSE = 0xba5e;

/** Counts of a pair: the policy and one baseline, on answered episodes. */
export interface Pairing {
  /** The baseline decided as the verdict says. */
  right: number;
  /** Only the policy did; only the baseline did. */
  policyOnly: number;
  baselineOnly: number;
  /** Windows on which the baseline alone would have fired: never shown, so never answered. */
  alone: number;
}

/** How often each arm and baseline was right. */
export interface TrackRecord {
  answered: number;
  /** Answers on which the policy decided as the verdict says. */
  right: number;
  /** For each arm the answers on which it would have been right. */
  arms: readonly number[];
  /** In the order of `BASELINES`. */
  pairs: readonly Pairing[];
}

/** Before the first answer. */
export const createTrackRecord = ({ names }: Pick<Arms, 'names'>): TrackRecord => ({
  answered: 0,
  right: 0,
  arms: names.map(() => 0),
  pairs: BASELINES.map(() => ({ right: 0, policyOnly: 0, baselineOnly: 0, alone: 0 })),
});

/** The arm behind each baseline at a window; the best fixed one is chosen by what was answered before. */
export function baselineArms(record: TrackRecord, arms: Arms, seed: number, time: number): number[] {
  let best = arms.fallback;
  record.arms.forEach((right, i) => (best = right > record.arms[best]! ? i : best));
  const random = Math.floor(uniform(seed, time, PURPOSE) * arms.names.length);
  return [arms.fallback, arms.mean, best, random];
}

/** Which baselines would have fired. @param u of all arms */
export const baselinesFire = (
  record: TrackRecord,
  arms: Arms,
  seed: number,
  time: number,
  u: readonly number[],
  threshold: number,
): boolean[] => baselineArms(record, arms, seed, time).map((arm) => u[arm]! >= threshold);

/** One verdict. @param fired whether the policy fired; @param u of all arms at that window */
export function keepRecord(
  record: TrackRecord,
  u: readonly number[],
  threshold: number,
  fired: boolean,
  baselines: readonly boolean[],
  truth: boolean,
): TrackRecord {
  const right = fired === truth;
  return {
    answered: record.answered + 1,
    right: record.right + (right ? 1 : 0),
    arms: record.arms.map((count, i) => count + (u[i]! >= threshold === truth ? 1 : 0)),
    pairs: record.pairs.map((pair, i) => {
      const agrees = baselines[i] === truth;
      return {
        ...pair,
        right: pair.right + (agrees ? 1 : 0),
        policyOnly: pair.policyOnly + (right && !agrees ? 1 : 0),
        baselineOnly: pair.baselineOnly + (agrees && !right ? 1 : 0),
      };
    }),
  };
}

/** One verdict less: the counterpart of `keepRecord`, with the same arguments. */
export function forgetRecord(record: TrackRecord, ...verdict: RecordedVerdict): TrackRecord {
  const one = keepRecord(emptied(record), ...verdict);
  const less = (count: number, by: number): number => Math.max(0, count - by);
  return {
    answered: less(record.answered, one.answered),
    right: less(record.right, one.right),
    arms: record.arms.map((count, i) => less(count, one.arms[i]!)),
    pairs: record.pairs.map((pair, i) => ({
      ...pair,
      right: less(pair.right, one.pairs[i]!.right),
      policyOnly: less(pair.policyOnly, one.pairs[i]!.policyOnly),
      baselineOnly: less(pair.baselineOnly, one.pairs[i]!.baselineOnly),
    })),
  };
}

type RecordedVerdict = Parameters<typeof keepRecord> extends [TrackRecord, ...infer Rest] ? Rest : never;

const emptied = ({ arms }: TrackRecord): TrackRecord => ({
  ...createTrackRecord({ names: [] }),
  arms: arms.map(() => 0),
});

/** The records of several entities as one; arms are not added up, since ensembles may differ. */
export function addRecords(records: readonly TrackRecord[]): TrackRecord {
  return records.reduce(
    (sum, record) => ({
      answered: sum.answered + record.answered,
      right: sum.right + record.right,
      arms: [],
      pairs: sum.pairs.map((pair, i) => {
        const other = record.pairs[i]!;
        return {
          right: pair.right + other.right,
          policyOnly: pair.policyOnly + other.policyOnly,
          baselineOnly: pair.baselineOnly + other.baselineOnly,
          alone: pair.alone + other.alone,
        };
      }),
    }),
    createTrackRecord({ names: [] }),
  );
}

/** The lead of a policy over a baseline in share of answers decided rightly, with its 95 % interval. */
export interface Comparison {
  readonly lead: number;
  readonly low: number;
  readonly high: number;
  /** The interval excludes 0, and enough answers separate the two for it to mean anything. */
  readonly verdict: 'ahead' | 'behind' | 'too few verdicts to tell';
}

/** With fewer answers on which the two differ not even six of six would be significant at 5 %, two-sided. */
const LEAST_DIFFERENT = 6;

/**
 * Compares by the answers on which the two differ (the paired test of McNemar): all others say nothing.
 *
 * @param answered answers in all
 */
export function compare(
  { policyOnly, baselineOnly }: Pick<Pairing, 'policyOnly' | 'baselineOnly'>,
  answered: number,
): Comparison {
  if (answered === 0) return { lead: 0, low: -1, high: 1, verdict: 'too few verdicts to tell' };
  const different = policyOnly + baselineOnly;
  const lead = (policyOnly - baselineOnly) / answered;
  // One answer more to each side (Agresti and Min 2005): the plain interval is a point when all answers agree.
  const spread = different + 2 - ((policyOnly - baselineOnly) * (policyOnly - baselineOnly)) / (answered + 2);
  const half = (1.96 * Math.sqrt(Math.max(0, spread))) / (answered + 2);
  const [low, high] = [Math.max(-1, lead - half), Math.min(1, lead + half)];
  const clear = different >= LEAST_DIFFERENT;
  return {
    lead,
    low,
    high,
    verdict: clear && low > 0 ? 'ahead' : clear && high < 0 ? 'behind' : 'too few verdicts to tell',
  };
}

const pairing: Codec<Pairing> = struct<Pairing>({ right: uint, policyOnly: uint, baselineOnly: uint, alone: uint });
/** Canonical bytes of a track record. */
export const trackRecordCodec: Codec<TrackRecord> = struct<TrackRecord>({
  answered: uint,
  right: uint,
  arms: list(uint),
  pairs: list(pairing),
});

/**
 * From a bounded past to a rate of episodes for any score: empirical in the body, and beyond it a generalised Pareto tail
 * that is extrapolated from the ordinary part of the past.
 *
 * The tail is not fitted on the highest peaks: in a past with incidents those are the incidents, and a return level made
 * of them would say of the next one that such things are usual. Its scale is the distance of the thresholds that are
 * crossed 63 and 20 times a week, its shape is fixed.
 */
import { float, int, list, pair, struct, type Codec } from '../../records/wire/codec.js';
import { exp } from '../exact/exp.js';
import { ln, log10 } from '../exact/log.js';
import {
  BODY_POINTS,
  GRID,
  ORDINARY_A_WEEK,
  ORDINARY_LEAST,
  ORDINARY_SHARE,
  ORDINARY_SPAN,
  TAIL_MIN_EPISODES,
  TAIL_SHAPE,
  U_MAX,
  U_MIN,
  WEEK_MS,
} from './defaults.js';
import { clip } from './grid.js';
import { episodesAt, type History } from './history.js';
import { bucketScore } from './score-key.js';

/** A fitted past: what an entity scores with until the next refit, and the form of the shared prior. */
export interface TailFit {
  /** Ascending scores, and u at each in steps of 2^-12. Beyond the last begins the tail. */
  body: readonly (readonly [number, number])[];
  /** Scale of the tail, in scores. */
  scale: number;
  /** No score gets more than this: the past is too short to claim it. */
  limit: number;
}

const asU = (episodes: number, weeks: number): number => clip(-log10(episodes / weeks), U_MIN, U_MAX);

/** The score whose threshold has so many episodes; between bucket edges linear in the logarithm of the count. */
function scoreAt(buckets: readonly number[], at: readonly number[], episodes: number): number {
  let i = at.length - 1;
  while (i > 0 && at[i]! < episodes) i--;
  const low = bucketScore(buckets[i]!);
  const isLast = i === at.length - 1;
  const high = bucketScore(isLast ? buckets[i]! + 1 : buckets[i + 1]!);
  // Above the last bucket there is nothing: half an episode stands for it.
  const [more, fewer] = [at[i]!, isLast ? 0.5 : at[i + 1]!];
  if (more <= episodes || fewer >= more) return low;
  return low + ((high - low) * ln(more / episodes)) / ln(more / fewer);
}

/** Fits a past. Returns undefined where there is none yet. */
export function fitTail(history: History, shape = TAIL_SHAPE): TailFit | undefined {
  const weeks = history.exposure / WEEK_MS;
  const at = episodesAt(history);
  for (let i = at.length - 2; i >= 0; i--) at[i] = Math.max(at[i]!, at[i + 1]!);
  while (at.length > 1 && at[at.length - 1]! <= 0) at.pop();
  if (weeks <= 0 || at.length === 0 || at[0]! <= 0) return undefined;

  const { buckets } = history;
  const first = Math.min(ORDINARY_A_WEEK * weeks, ORDINARY_SHARE * at[0]!);
  const last = Math.min(first, Math.max(first / ORDINARY_SPAN, ORDINARY_LEAST));
  const middle = Math.sqrt(first * last);
  const end = scoreAt(buckets, at, last);
  const spacing = end - scoreAt(buckets, at, middle);
  const endU = asU(last, weeks);

  const points: [number, number][] = [];
  for (let i = 0; i < at.length; i++) {
    const score = bucketScore(buckets[i]!);
    if (score < end) points.push([score, Math.min(endU, asU(at[i]!, weeks))]);
  }
  const step = (endU - (points[0]?.[1] ?? endU)) / (BODY_POINTS - 1);
  const kept = points.filter((point, i) => {
    const crossed = (u: number): number => Math.floor((u - points[0]![1]) / (step || 1));
    return i === 0 || crossed(point[1]) > crossed(points[i - 1]![1]);
  });
  kept.push([end, endU]);

  const enough = (at[1] ?? 0) >= TAIL_MIN_EPISODES && middle > last;
  const unit = enough ? (1 - exp(-shape * ln(middle / last))) / shape : 1;
  return {
    body: kept.map(([score, u]) => [Math.fround(score), Math.round(u / GRID)] as const),
    scale: Math.fround(Math.max(spacing / unit, GRID * Math.max(Math.abs(end), GRID))),
    limit: Math.fround(enough ? U_MAX : clip(Math.max(log10(2 * weeks), endU), U_MIN, U_MAX)),
  };
}

/** u of a score: never falls as the score rises. Not yet on the grid. */
export function fittedU({ body, scale, limit }: TailFit, score: number, shape = TAIL_SHAPE): number {
  const [end, endU] = body[body.length - 1]!;
  if (score > end) {
    const decades = log10(1 + (shape * (score - end)) / scale) / shape;
    return Math.min(endU * GRID + decades, Math.max(limit, endU * GRID));
  }
  let i = body.length - 1;
  while (i > 0 && body[i]![0] > score) i--;
  if (i === body.length - 1 || score <= body[i]![0]) return body[i]![1] * GRID;
  const [lowScore, low] = body[i]!;
  const [highScore, high] = body[i + 1]!;
  return (low + ((high - low) * (score - lowScore)) / (highScore - lowScore)) * GRID;
}

/** Canonical bytes of a fitted tail. */
export const tailFitCodec: Codec<TailFit> = struct<TailFit>({
  body: list(pair(float, int)),
  scale: float,
  limit: float,
});

/**
 * From a bounded past to a rate of episodes for any score: empirical in the body, a generalised Pareto tail beyond.
 *
 * Shape and scale by probability-weighted moments (Hosking and Wallis 1987), taken from the survival function
 * S(x) = N(v + x) / N(v) of episode counts: a0 = integral of S, a1 = half the integral of S squared (without bias).
 */
import { float, int, list, pair, struct, type Codec } from '../../records/codec.js';
import { ln, log10 } from '../exact/log.js';
import {
  BODY_POINTS,
  GRID,
  SHAPE_MAX,
  SHAPE_MIN,
  TAIL_MIN_PEAKS,
  TAIL_SHARE,
  U_MAX,
  U_MIN,
  WEEK_MS,
} from './defaults.js';
import { clip } from './grid.js';
import { episodesAt, weightOf, type History, type Peak } from './history.js';
import { bucketOf, bucketScore, NO_KEY, scoreOf } from './score-key.js';

/** A fitted past: what an entity scores with until the next refit, and the form of the shared prior. */
export interface TailFit {
  /** Ascending scores, and u at each in steps of 2^-12. Beyond the last begins the tail. */
  body: readonly (readonly [number, number])[];
  /** u just above the last score of the body, in steps of 2^-12: more than there where many peaks are equal. */
  start: number;
  shape: number;
  scale: number;
  /** No score gets more than this: the past is too short to claim it. */
  limit: number;
}

const LN_10 = ln(10);
const asU = (episodes: number, weeks: number): number => clip(-log10(episodes / weeks), U_MIN, U_MAX);

/** Weighted episodes at thresholds just above `key`. */
const above = (peaks: readonly Peak[], key: number): number =>
  peaks.reduce((sum, peak) => (peak.base <= key && key < peak.peak ? sum + weightOf(peak) : sum), 0);

/** Moments of the excesses over `start`: the step function of counts, made monotone from the top down. */
function moments(peaks: readonly Peak[], start: number): { a0: number; a1: number } {
  const edges = [...new Set(peaks.flatMap(({ peak, base }) => [peak, base]))].filter(
    (key) => key > start && key !== NO_KEY,
  );
  edges.push(start);
  edges.sort((a, b) => b - a);
  const steps: { width: number; episodes: number }[] = [];
  let most = 0;
  for (let i = 1; i < edges.length; i++) {
    most = Math.max(most, above(peaks, edges[i]));
    steps.push({ width: scoreOf(edges[i - 1]) - scoreOf(edges[i]), episodes: most });
  }
  const n = most;
  let a0 = 0;
  let a1 = 0;
  for (const { width, episodes } of steps) {
    const survival = episodes / n;
    a0 += survival * width;
    a1 += (n > 1 ? (survival * Math.max(0, episodes - 1)) / (n - 1) : 0) * 0.5 * width;
  }
  return { a0, a1 };
}

/** Fits a past. Returns undefined where there is none yet. */
export function fitTail(history: History): TailFit | undefined {
  const weeks = history.exposure / WEEK_MS;
  const at = episodesAt(history);
  for (let i = at.length - 2; i >= 0; i--) at[i] = Math.max(at[i], at[i + 1]);
  if (weeks <= 0 || at.length === 0 || at[0] <= 0) return undefined;

  const { peaks } = history;
  const wanted = Math.max(1, Math.floor(TAIL_SHARE * at[0]));
  const start = peaks[Math.min(peaks.length - 1, wanted)];
  const startScore = scoreOf(start.peak);
  const excesses = peaks.filter(({ peak }) => peak > start.peak);

  const points: [number, number][] = [];
  for (let i = 0; i < at.length; i++) {
    const score = bucketScore(history.buckets[i]);
    if (score < startScore && at[i] > 0) points.push([score, asU(at[i], weeks)]);
  }
  const tailEpisodes = Math.max(above(peaks, start.peak), 0.5);
  const tailU = Math.max(asU(tailEpisodes, weeks), points.length > 0 ? points[points.length - 1][1] : U_MIN);
  const tied = history.buckets.findIndex((bucket) => bucket === bucketOf(start.peak));
  const many = peaks.filter(({ peak }) => peak === start.peak).length > TAIL_MIN_PEAKS && tied >= 0;
  const endU = many ? Math.max(Math.min(tailU, asU(at[tied], weeks)), points[points.length - 1]?.[1] ?? U_MIN) : tailU;
  const step = (endU - (points[0]?.[1] ?? endU)) / (BODY_POINTS - 1);
  const kept = points.filter((point, i) => {
    const crossed = (u: number): number => Math.floor((u - points[0][1]) / (step || 1));
    return i === 0 || crossed(point[1]) > crossed(points[i - 1][1]);
  });
  kept.push([startScore, endU]);

  const { a0, a1 } = moments(excesses, start.peak);
  const enough = excesses.length >= TAIL_MIN_PEAKS && a0 > 2 * a1;
  const shape = Math.fround(enough ? clip(2 - a0 / (a0 - 2 * a1), SHAPE_MIN, SHAPE_MAX) : 0);
  const scale = Math.fround(Math.max(a0 * (1 - shape), GRID * Math.max(Math.abs(startScore), GRID)));
  return {
    body: kept.map(([score, u]) => [score, Math.round(u / GRID)] as const),
    start: Math.round(tailU / GRID),
    shape,
    scale,
    limit: Math.fround(enough ? U_MAX : clip(Math.max(log10(2 * weeks), tailU), U_MIN, U_MAX)),
  };
}

/** u of a score: never falls as the score rises. Not yet on the grid. */
export function fittedU({ body, start, shape, scale, limit }: TailFit, score: number): number {
  const last = body[body.length - 1];
  if (score > last[0]) {
    const z = (score - last[0]) / scale;
    const inside = 1 + shape * z;
    const decades = Math.abs(shape) < 1e-6 ? z / LN_10 : inside <= 0 ? Infinity : log10(inside) / shape;
    return Math.min(start * GRID + decades, Math.max(limit, start * GRID));
  }
  let i = body.length - 1;
  while (i > 0 && body[i][0] > score) i--;
  if (i === body.length - 1 || score <= body[i][0]) return body[i][1] * GRID;
  const [lowScore, low] = body[i];
  const [highScore, high] = body[i + 1];
  return (low + ((high - low) * (score - lowScore)) / (highScore - lowScore)) * GRID;
}

export const tailFitCodec: Codec<TailFit> = struct<TailFit>({
  body: list(pair(float, int)),
  start: int,
  shape: float,
  scale: float,
  limit: float,
});

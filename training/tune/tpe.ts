/**
 * The tree-structured Parzen estimator: trials are split into the best and the others, and of some points that are drawn
 * from the density of the best that one is tried which is the likeliest there, compared with the others. Pure: the same
 * seed, history and number give the same point. Sources: parzen.ts.
 */
import { Seeded } from '../../models/detectors/seeded.js';
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';
import { mix32 } from '../../records/wire/hash.js';
import { Parzen } from './parzen.js';
import type { Distribution, TrialOutcome, SearchPoint, Space } from './space.js';

/** Trials by chance alone before the densities say anything. */
const STARTUP = 10;
const CANDIDATES = 24;
/** Of all trials the best tenth, at most this many. */
const BEST_SHARE = 0.1;
const MOST_BEST = 25;

/**
 * The point of a trial.
 *
 * @param history trials that ended, in the order of their numbers; failed ones do not count
 * @param running points of trials that have begun: they are taken for bad ones, so that a batch spreads
 * @param number of the trial: chance depends on it and the seed alone
 */
export function suggest(
  space: Space,
  history: readonly TrialOutcome[],
  running: readonly SearchPoint[],
  seed: number,
  number: number,
): SearchPoint {
  const chance = new Seeded(mix32(seed >>> 0) ^ mix32((number + 0x9e3779b9) >>> 0));
  const ended = history.filter(({ state }) => state !== 'failed');
  if (ended.length < STARTUP) return anywhere(space, chance);
  const { best, others } = split(ended);
  const good = new Parzen(space, best);
  const rest = new Parzen(space, [...others, ...running]);
  let found: SearchPoint | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < CANDIDATES; i++) {
    const point = good.sample(chance);
    const gain = good.logDensity(point) - rest.logDensity(point);
    if (found === undefined || gain > most) [found, most] = [point, gain];
  }
  return found ?? anywhere(space, chance);
}

/** Those that came farthest first, then by value; each side keeps the order of the trials. */
function split(ended: readonly TrialOutcome[]): { best: SearchPoint[]; others: SearchPoint[] } {
  const count = Math.min(MOST_BEST, Math.ceil(BEST_SHARE * ended.length));
  const far = ({ state, step }: TrialOutcome): number => (state === 'complete' ? Number.MAX_SAFE_INTEGER : step);
  const order = ended
    .map((_, i) => i)
    .sort((a, b) => far(ended[b]!) - far(ended[a]!) || ended[b]!.value - ended[a]!.value || a - b);
  const isBest = new Set(order.slice(0, count));
  const points = (of: (i: number) => boolean): SearchPoint[] => ended.flatMap(({ point }, i) => (of(i) ? [point] : []));
  return { best: points((i) => isBest.has(i)), others: points((i) => !isBest.has(i)) };
}

function anywhere(space: Space, chance: Seeded): SearchPoint {
  return Object.fromEntries(Object.entries(space).map(([name, one]) => [name, anyOf(one, chance)]));
}

function anyOf(distribution: Distribution, chance: Seeded): number {
  if (distribution.kind === 'choice') return chance.below(distribution.choices.length);
  const { low, high } = distribution;
  if (distribution.kind === 'whole') return low + chance.below(high - low + 1);
  if (distribution.log !== true) return low + chance.uniform() * (high - low);
  const [from, to] = [ln(low), ln(high)];
  return Math.min(high, Math.max(low, exp(from + chance.uniform() * (to - from))));
}

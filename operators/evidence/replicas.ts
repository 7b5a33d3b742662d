/**
 * Replicas of a service against one another in the same window: their names change with every deploy, so that none has a
 * past of its own. What differs for long, as a leader does, is usual of the service by calibration.
 */
import { REPLICAS, ROUTES, type PartSum } from '../../records/aggregate.js';
import { deviateOfT, excess } from './surprise.js';

/** With fewer replicas nobody knows which of them is odd. */
const LEAST = 3;
/** And with fewer lines of them in the window. */
const LEAST_LINES = 8;
/** Several are looked at. */
const OF_MANY = 1;
/** Least variance of a mean duration, squared steps: as for templates, and within a window. */
const LEAST_NOISE = 36;
const LEAST_VARIANCE = 160;
const LEAST_EXPECTED = 0.05;

/** The replica that differs most from the others. */
export interface OddReplica {
  /** About standard deviations; 0 where none is odd. */
  readonly score: number;
  /** Bad lines of it, and what is usual of its lines by the others. */
  readonly actual: number;
  readonly typical: number;
}

const none: OddReplica = { score: 0, actual: 0, typical: 0 };

/**
 * Compares the replicas of a window with one another.
 *
 * @param parts of the window's aggregate
 */
export function oddReplica(parts: ReadonlyMap<number, PartSum>): OddReplica {
  const all: PartSum[] = [];
  for (const [key, part] of parts) if (key >= ROUTES && key < ROUTES + REPLICAS) all.push(part);
  if (all.length < LEAST) return none;
  let [lines, bad, refused, n, sum, squares] = [0, 0, 0, 0, 0, 0];
  for (const part of all) {
    lines += part.lines;
    bad += part.bad;
    refused += part.refused;
    n += part.durations.n;
    sum += part.durations.sum;
    squares += part.durations.squares;
  }
  if (lines < LEAST_LINES) return none;
  let found = none;
  const keep = (score: number, actual: number, typical: number): void => {
    if (score > found.score) found = { score, actual, typical };
  };
  for (const part of all) {
    const rest = lines - part.lines;
    if (rest === 0) continue;
    const expectedOf = (count: number): number => LEAST_EXPECTED + (part.lines * (count + 0.2)) / (rest + 2);
    const expected = expectedOf(bad - part.bad);
    keep(excess(part.bad, expected) - OF_MANY, part.bad, expected);
    const few = expectedOf(refused - part.refused);
    keep(excess(part.refused, few) - OF_MANY, part.refused, few);
    const { durations } = part;
    const others = n - durations.n;
    if (durations.n < 4 || others < 8) continue;
    const mean = (sum - durations.sum) / others;
    const own = durations.sum / durations.n;
    // Of few durations a single long one says little: its own spread counts as well.
    const variance = Math.max(
      LEAST_VARIANCE,
      (squares - durations.squares) / others - mean * mean,
      durations.squares / durations.n - own * own,
    );
    const z = (own - mean) / Math.sqrt(variance / durations.n + variance / others + LEAST_NOISE);
    keep(deviateOfT(z, durations.n - 1) - OF_MANY, part.bad, expected);
  }
  return found;
}

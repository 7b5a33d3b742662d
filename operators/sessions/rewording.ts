/**
 * A line that a release rewords: from some moment on a template that the class has never seen comes where a known one
 * stays away. Both are the same step then, and the class goes on as before.
 *
 * What is counted are arrivals: the first line of a template in a session. A failure that takes the place of a step in
 * some sessions is told apart by the step itself, which goes on to arrive in the others.
 */
import { list, map, struct, time, uint } from '../../records/wire/codec.js';

/** Arrivals of the new template in a row, none of the known one between, before it takes its place. */
export const likeRun = 3;
/** The same where the texts have too few words in common. */
export const unlikeRun = 8;
/** Likeness from which on two texts are alike. */
export const likeWords = 0.3;
/** New templates that a class watches at once, and arrivals that are kept of each. */
const maxFresh = 64;
const maxTimes = 16;
/** The known template must have been in this share of the class's sessions, or nobody would miss it. */
const minShare = 0.05;
/** A pair that was taken for one step in error needs so many times the arrivals to be taken for it again. */
const doubt = 4;

/** A template that the class did not know when it first arrived. */
export interface Fresh {
  /** Times of its latest arrivals, ascending, ms. */
  times: readonly number[];
  /** How often it was taken for the same step as another in error. */
  errors: number;
}

/** What a class sees as it goes, before its sessions are over. */
export interface Arrivals {
  /** Boundary up to which arrivals were counted, ms. */
  until: number;
  /** The latest arrival of each known template, ms. */
  last: Map<number, number>;
  fresh: Map<number, Fresh>;
}

/** Canonical bytes of what is remembered of arrivals. */
export const arrivalsCodec = struct<Arrivals>({
  until: time,
  last: map(uint, time),
  fresh: map(uint, struct<Fresh>({ times: list(time), errors: uint })),
});

/** Before the first session. */
export const noArrivals = (): Arrivals => ({ until: 0, last: new Map(), fresh: new Map() });

/** One session at a boundary: when each of its templates came first, as it was written, ms. */
export type FirstLines = ReadonlyMap<number, number>;

/** A known template that may have been reworded. */
export interface KnownStep {
  readonly id: number;
  /** Share of the class's sessions that had it. */
  readonly share: number;
  /** How alike its text is to that of the new template, 0 to 1. */
  readonly alike: number;
  /** Whether its first line has come about so long after its session's start before. */
  readonly comesAt: (sinceStart: number) => boolean;
}

/**
 * Counts what arrived since the last boundary.
 *
 * @param known - whether the class has learnt a template
 */
export function countArrivals(
  state: Arrivals,
  sessions: readonly FirstLines[],
  boundary: number,
  known: (id: number) => boolean,
): void {
  const arrived: [time: number, id: number][] = [];
  for (const lines of sessions) {
    for (const [id, at] of lines) if (at >= state.until && at < boundary) arrived.push([at, id]);
  }
  arrived.sort(([t, a], [u, b]) => t - u || a - b);
  for (const [at, id] of arrived) {
    const fresh = state.fresh.get(id);
    if (fresh) fresh.times = [...fresh.times, at].slice(-maxTimes);
    else if (known(id)) state.last.set(id, Math.max(at, state.last.get(id) ?? 0));
    else state.fresh.set(id, { times: [at], errors: 0 });
  }
  if (state.fresh.size > maxFresh) forgetOldest(state.fresh);
  state.until = Math.max(state.until, boundary);
}

function forgetOldest(fresh: Map<number, Fresh>): void {
  const latest = ({ times }: Fresh): number => times[times.length - 1]!;
  const old = [...fresh].sort(([a, x], [b, y]) => latest(x) - latest(y) || a - b);
  for (const [id] of old.slice(0, fresh.size - maxFresh)) fresh.delete(id);
}

/**
 * The known step that `id` is a new wording of, or undefined. Of those that stay away it is the one whose text is the
 * most alike, and no step that goes on may be more alike; without a like text it is the one that came last.
 *
 * @param sessions - those of this boundary that have it: their first lines
 */
export function rewordingOf(
  state: Arrivals,
  id: number,
  sessions: readonly FirstLines[],
  steps: readonly KnownStep[],
): number | undefined {
  const fresh = state.fresh.get(id);
  if (!fresh) return undefined;
  const [like, unlike] = [likeRun, unlikeRun].map((run) => Math.min(maxTimes, run * doubt ** fresh.errors)) as [
    number,
    number,
  ];
  const nearest = steps.reduce((most, { alike }) => Math.max(most, alike), 0);
  const possible = steps.filter(({ id: step, share, alike, comesAt }) => {
    if (share < minShare) return false;
    const run = fresh.times.filter((at) => at > (state.last.get(step) ?? 0));
    // Many at once may have one cause: without a like text moments are counted, not lines.
    const isLike = alike >= likeWords && alike === nearest;
    if (isLike ? run.length < like : new Set(run).size < unlike) return false;
    return takesPlaceOf(id, step, sessions, comesAt);
  });
  // Of unlike ones it is the step that came until the new one did; others may have been away for long.
  const alike = (step: KnownStep): number => (step.alike >= likeWords ? step.alike : 0);
  const last = ({ id: step }: KnownStep): number => state.last.get(step) ?? 0;
  return possible.sort((a, b) => alike(b) - alike(a) || last(b) - last(a) || b.share - a.share || a.id - b.id).at(0)
    ?.id;
}

/** Whether the old wording came back: then the new one is another step after all, and it is harder to believe again. */
export function isTakenInError(state: Arrivals, id: number, step: number): boolean {
  const fresh = state.fresh.get(id);
  if (!fresh || (state.last.get(step) ?? 0) <= fresh.times[fresh.times.length - 1]!) return false;
  fresh.times = [];
  fresh.errors++;
  return true;
}

/** Whether most sessions have the new one where the known one would have come, and lack that. */
function takesPlaceOf(
  id: number,
  step: number,
  sessions: readonly FirstLines[],
  comesAt: (sinceStart: number) => boolean,
): boolean {
  let fits = 0;
  for (const lines of sessions) {
    let start = Number.POSITIVE_INFINITY;
    for (const at of lines.values()) start = Math.min(start, at);
    const before = lines.get(step);
    // A session that was open at the moment has both, the old wording first.
    const isFree = before === undefined || before <= lines.get(id)!;
    if (isFree && comesAt((before ?? lines.get(id)!) - start)) fits++;
  }
  return 2 * fits > sessions.length;
}

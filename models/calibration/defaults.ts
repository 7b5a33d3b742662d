/** Every constant of calibration, with its reason. Changing one is judged on all benchmarks, not on one. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const WEEK_MS = 7 * DAY_MS;

/** Two exceedances nearer than this are one alert episode: what an operator would take for one event. */
export const EPISODE_GAP_MS = 10 * MINUTE_MS;
/** A long episode counts again after this time, so that a day of trouble is not as cheap as a minute of it. */
export const EPISODE_CUT_MS = HOUR_MS;

/** Highest episodes that are kept one by one; the tail is fitted on them. 32 to 64 fit the 8 KB of an entity. */
export const PEAKS = 48;
/** Episode counts by score: room for so many score buckets; when full it is thinned to `BUCKETS_KEPT`. */
export const BUCKETS = 64;
export const BUCKETS_KEPT = 48;
/** Points of the fitted body; between them it is linear in the score. */
export const BODY_POINTS = 14;

/** The generalised Pareto tail starts at this share of all episodes, or later where fewer are kept. */
export const TAIL_SHARE = 0.2;
/** Bounds of the tail's shape: beyond them probability-weighted moments of some fifty peaks are noise. */
export const SHAPE_MIN = -0.3;
export const SHAPE_MAX = 0.5;
/** With fewer peaks the tail is exponential, and claims nothing rarer than half an episode in the time seen. */
export const TAIL_MIN_PEAKS = 8;

/** Range of u: 1,000 episodes a week to one in 10,000 weeks. Beyond it neither number means anything. */
export const U_MIN = -3;
export const U_MAX = 4;
/** Everything that feeds back lies on this grid. */
export const GRID = 1 / 4096;

/** From the first score to the first fit of an entity's own past; the shared prior speaks until then. */
export const FIRST_FIT_MS = 2 * DAY_MS;
/** Observed time at which the own past alone speaks; the prior's share falls linearly until then. */
export const OWN_PAST_MS = WEEK_MS;
/** Confidence in a u that rests on the shared prior alone. */
export const PRIOR_CONFIDENCE = 0.25;

/** Beyond so many observed weeks the past fades by `1 - 1 / MEMORY_WEEKS` at each weekly refit. */
export const MEMORY_WEEKS = 8;
/** A peak that has faded so often is dropped. */
export const PEAK_FADES = 13;

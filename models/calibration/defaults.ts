/** Every constant of calibration, with its reason. Changing one is judged on all benchmarks, not on one. */

/** A minute, ms. */
export const MINUTE_MS = 60_000;
/** An hour, ms. */
export const HOUR_MS = 60 * MINUTE_MS;
/** A day, ms. */
export const DAY_MS = 24 * HOUR_MS;
/** A week, ms. */
export const WEEK_MS = 7 * DAY_MS;

/** Two exceedances nearer than this are one alert episode: what an operator would take for one event. */
export const EPISODE_GAP_MS = 10 * MINUTE_MS;
/** A long episode counts again after this time, so that a day of trouble is not as cheap as a minute of it. */
export const EPISODE_CUT_MS = HOUR_MS;

/** Score buckets of a past, 32 an octave: five octaves below the highest score, and one for all that lies below. */
export const BUCKETS = 160;
/** Points of the fitted body; between them it is linear in the score. */
export const BODY_POINTS = 14;

/**
 * The ordinary part of a past: thresholds that are crossed 200 to 20 times a week. What lies above is extrapolated from
 * it, since the rarest episodes of a past are in good part the incidents that should be found. Where thresholds are not
 * crossed so often, as where windows are long, it starts near the most there is.
 */
export const ORDINARY_A_WEEK = 200;
/** Where it starts then, as a share of the most there is. */
export const ORDINARY_SHARE = 0.9;
/** From its start to its end, in times a week. */
export const ORDINARY_SPAN = 10;
/** It ends at no fewer episodes than this in all: fewer fix no scale. */
export const ORDINARY_LEAST = 3;
/**
 * Shape of the generalised Pareto tail behind it: a little heavier than exponential. Fitted ones (-.1 to .4, 0 to .25)
 * were worse on both halves of the KPI series: what a fit takes for a heavy tail is incidents.
 */
export const TAIL_SHAPE = 0.1;
/** With fewer episodes above the least score nothing rarer than half an episode in the time seen is claimed. */
export const TAIL_MIN_EPISODES = 8;

/** Range of u: 1,000 episodes a week to one in 10,000 weeks. Beyond it neither number means anything. */
export const U_MIN = -3;
/** The upper end of that range. */
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

/** A return level in the neighbourhood of a daily event, -log10(7), on the grid. */
export const ONCE_A_DAY = -3461 / 4096;
/** Habits are kept as moments: what is no farther apart is one moment, and the same time of day. */
export const HABIT_WITHIN_MS = 15 * MINUTE_MS;
/** On series a habit may be so far off its time, */
export const HABIT_ABOUT_MS = HOUR_MS;
/** where this share of what stood out in the last week did so about then. */
export const HABIT_ABOUT_SHARE = 0.75;
/** What a series is known for is so much less rare than once a day: as usual as most windows. */
export const HABIT_KNOWN = 2;
/** It is all of that only where it does not go beyond; from so far beyond on, in u, nothing of it is taken off. */
export const HABIT_BEYOND = 0.5;
/** Moments that are kept: two weeks of a job a day, and as many that are none. */
export const HABIT_MOST = 64;
/** What stood out on so many of so many days comes back: with fewer it may be chance, or two incidents. */
export const HABIT_LEAST = 3;
/** The days on which these moments are counted. */
export const HABIT_DAYS = 14;

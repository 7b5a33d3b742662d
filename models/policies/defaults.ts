/**
 * Every constant of selection, with its reason. The figures come from a study on 29 KPI series (AIOPS 2018), tuned on
 * one half and reported on the other. Changing one is judged on all benchmarks; differences under .02 are noise.
 */

/** False alerts a week that a service may cost, unless the configuration says otherwise. */
export const BUDGET_A_WEEK = 3;

/** Differences a week that a service may list without calling anybody. */
export const LISTED_A_WEEK = 3;

/**
 * The detectors that stand for most: on metric series what is compared with the time of day and a moving level. An
 * ensemble that has fewer than `CORE_LEAST` of them, as that of logs, has no core: its detectors look at different things.
 */
export const CORE = [
  'seasonal-residual',
  'holt-winters',
  'seasonal-level',
  'seasonal-level-average',
  'sustained-level',
] as const;
/** The combination that is believed until verdicts show better: a median survives broken detectors; max is the worst. */
export const DEFAULT_ARM = 'core median';
/** The same where there is no core. On simulated fleets the mean finds as much as the median, with half the false alerts. */
export const CORELESS_ARM = 'mean';
/** An episode of a detector, for who agrees with whom: ten a week; together within so long, ms. */
export const AGREE_U = -1;
/** Episodes that begin nearer than this are in common, ms. */
export const AGREE_MS = 1_800_000;
/** Two agree that have at least this share of the fewer episodes in common; by chance it is some hundredths. */
export const AGREE_CHANCE = 0.2;
/** With fewer episodes than this no detector is judged. */
export const AGREE_LEAST = 8;
/** A day fades what was counted: half of it is left after three weeks. */
export const AGREE_FADE = 0.97;
/** An ensemble with fewer members of the core has none: all detectors stand for it. */
export const CORE_LEAST = 3;
/** How many of the highest u the arm `top 5` averages. */
export const TOP = 5;
/** What ranks: where half of the detectors see it, the others must not hide it. On KPI it beats mean and median. */
export const RANKING_ARM = `top ${TOP}`;
/** Steepness of "would have fired" around the threshold, per unit of u: about a third of a decade of rarity. */
export const FIRING_SLOPE = 3;
/** Learning rate of the mixture over the arms' gains. */
export const MIXTURE_RATE = 0.5;
/** Each verdict fades what was learnt before: some hundred verdicts are remembered. */
export const MIXTURE_FADE = 0.99;
/** Head start of the default arm, in nats of weight: it begins with more than all others together. */
export const DEFAULT_HEAD_START = 3;
/** A verdict on a seldom asked episode counts for the many that were not asked, up to this. */
export const PROPENSITY_CAP = 5;

/** The gate forgets with this factor a verdict. */
export const GATE_FADE = 0.98;
/** Standard deviations behind at which the mixture is no longer believed: one-sided 5 %. */
export const GATE_SIGMAS = 1.64;

/** The threshold in u never leaves this range: 40 false alerts a week to one in 30 weeks. */
export const THRESHOLD_MIN = -1.6;
/** The highest threshold. */
export const THRESHOLD_MAX = 1.5;
/** Gamma prior of the rate of false alerts at threshold 0: 1.5 in 6 weeks. */
export const RATE_PRIOR_FALSE = 1.5;
/** The weeks of that prior. */
export const RATE_PRIOR_WEEKS = 6;
/** Share of a false alert that an unanswered one counts as. */
export const UNANSWERED_IS_FALSE = 0.4;
/** Days without an answer after which an alert counts as unanswered. */
export const SETTLE_DAYS = 7;
/** Fire where the chance of being true is at least this. */
export const VALUE_CHANCE = 0.4;
/** t_value alone never asks for more than this: the fit is made of few answers. */
export const VALUE_MAX = 0.3;
/** Prior of the logistic fit of "true" on u: intercept, slope, and their standard deviations. */
export const VALUE_PRIOR = { intercept: 0.8, slope: 4, interceptSd: 1, slopeSd: 1.5, minSlope: 0.5 } as const;

/** Without verdicts the rate of ordinary alerts is tracked: this much threshold for each. */
export const TRACKING_STEP = 0.1;
/**
 * On metric series that rate is extrapolated from the episodes above a level so far below the threshold, in u: there
 * incidents are few among them. Aspects of logs count at the threshold itself.
 */
export const TRACKING_DEPTH = 0.5;

/** Verdicts that are remembered for the veto and the logistic fit. */
export const MEMORY_VERDICTS = 100;
/** Width of the kernel over (.25 u of each detector, direction). */
export const VETO_WIDTH = 0.35;
/** Scale of the u of a detector in that kernel. */
export const VETO_SCALE = 0.25;
/** Most that the memory takes off, and how many alike answers half of it takes. */
export const VETO_STRENGTH = 1.2;
/** Alike answers by which half of it is taken off. */
export const VETO_PRIOR = 2;
/** Remembered u are kept in 16ths. */
export const MEMORY_STEPS = 16;

/** Audits below the threshold a week and entity: daily ones cost more than they bring. */
export const AUDITS_A_WEEK = 1;
/** A sub-threshold episode within this distance of the threshold may be audited, */
export const AUDIT_MARGIN = 1.5;
/** with this chance, which is its propensity. */
export const AUDIT_CHANCE = 0.1;

/** Severity adds a ten-minute average of u: what lasts ranks higher. */
export const PERSISTENCE_MS = 600_000;
/** Share of that average in the severity. */
export const PERSISTENCE_SHARE = 0.5;

/** Discounted Thompson sampling: forgetting a verdict, and the Beta prior of each arm and of the default. */
export const THOMPSON_FADE = 0.98;
/** The Beta prior of each arm, and the wins of the default. */
export const THOMPSON_PRIOR = { wins: 1, losses: 1, defaultWins: 3 } as const;

/**
 * A session is rare where fewer than one in thirty past ones are about like it. On HDFS sessions anything from 1.1 to 1.6
 * decides alike; the upper part of that range holds when templates are split and sound sessions look rarer.
 */
export const SESSION_THRESHOLD = 1.5;
/** And so much rarer than the median of its class, log10 of three times: where templates are split, all sessions look rare. */
export const SESSION_ABOVE_TYPICAL = 0.477;
/** A judged session moves that median by this much. */
export const SESSION_TYPICAL_STEP = 0.01;
/** Neither answers nor a budget take the threshold out of this range: one in three, and unlike anything. */
export const SESSION_LEAST_RARE = 0.5;
/** The upper end of that range. */
export const SESSION_MOST_RARE = 9;
/** Log odds that a session is worth an alert, per unit of u above the threshold. */
export const SESSION_SLOPE = 3;
/** One answer in five is taken to be wrong: people err, and a label says less of its neighbours than of itself. */
export const WRONG_ANSWERS = 0.2;
/** Log odds of an answer on the same set at that rate, ln 4, and the most that all answers together say. */
export const SESSION_ANSWER = 1.4;
/** The most that all answers together say, log odds. */
export const SESSION_MOST_ANSWERED = 12;
/** A question that is open on a set at least this alike is not asked twice. */
export const SESSION_ALIKE = 0.5;
/** Verdicts that a class remembers. */
export const SESSION_VERDICTS = 100;
/** Standard deviation of the prior of the threshold that fits the answers, around the one without any; steps in u. */
export const SESSION_SHIFT_SD = 0.6;
/** Steps of that threshold, in u. */
export const SESSION_SHIFT_STEP = 0.0625;
/** Worth a question is what one answer would settle: log odds of at most this size. */
export const SESSION_UNCERTAIN = 1.5;

/**
 * Aspects: the sides of a log service that are judged by themselves, each one-sided, each at three lengths. What is a
 * symptom pages; what only differs is information.
 */

/** Symptoms first, then what only differs. */
export const aspectNames = [
  'errors',
  'refusals',
  'latency',
  'numbers',
  'silence',
  'volume down',
  'overdue',
  'absent',
  'restarts',
  'replica',
  'warnings',
  'flood',
  'volume up',
  'novelty',
  'mix',
  'drift',
] as const;
/** One of `aspectNames`. */
export type AspectName = (typeof aspectNames)[number];

/** Place of each aspect among them. */
export const aspectAt = Object.fromEntries(aspectNames.map((name, at) => [name, at])) as Readonly<
  Record<AspectName, number>
>;

/** Aspects before this one are symptoms. */
export const symptoms: number = aspectNames.indexOf('volume up');

/** Windows that an aspect is averaged over. */
export const aspectLengths = [1, 3, 6] as const;

/** Place of an aspect's score of one length among those of all. */
export const aspectPlace = (aspect: AspectName, length: 0 | 1 | 2): number =>
  aspectAt[aspect] * aspectLengths.length + length;

/** Scores of a window: one for each aspect and length. */
export const aspectScores = aspectNames.length * aspectLengths.length;

/** Names of the two combinations: of the aspects that page, and of those that inform. */
export const symptomsName = 'symptoms';
/** Of the aspects that inform. */
export const differencesName = 'differences';

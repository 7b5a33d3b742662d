/** What differs: features and templates of a range of an entity against the rest, those that differ most first. */
import type { SeenTemplate } from './row-memory.js';

/** Normalised features of one window. */
export interface FeatureWindow {
  /** ms since 1970. */
  readonly end: number;
  readonly features: readonly number[];
}

export interface FeatureDifference {
  readonly feature: string;
  /** Means of the normalised values. */
  readonly inside: number;
  readonly outside: number;
  /** Difference of the means over the usual spread outside. */
  readonly difference: number;
}

export interface TemplateDifference {
  readonly template: string;
  readonly sample: string;
  /** Lines a window, and as usual. */
  readonly inside: number;
  readonly outside: number;
  readonly what: 'new' | 'vanished' | 'more' | 'fewer';
  /** In standard deviations of a Poisson count. */
  readonly difference: number;
}

interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

const isIn = (end: number, { from, to }: TimeSpan): boolean => end > from && end <= to;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
/** Spreads below this are taken for this: a feature that never moved would differ by any amount. */
const minSpread = 0.5;

/** @param windows - of one entity; needs some on both sides, else nothing differs */
export function featureDifferences(
  windows: readonly FeatureWindow[],
  range: TimeSpan,
  names: readonly string[],
): FeatureDifference[] {
  const inside = windows.filter(({ end }) => isIn(end, range));
  const outside = windows.filter(({ end }) => !isIn(end, range));
  if (inside.length === 0 || outside.length === 0) return [];
  const made = names.map((feature, i) => {
    const here = mean(inside.map(({ features }) => features[i] ?? 0));
    const others = outside.map(({ features }) => features[i] ?? 0);
    const there = mean(others);
    const spread = Math.sqrt(mean(others.map((value) => (value - there) * (value - there))));
    return { feature, inside: here, outside: there, difference: (here - there) / Math.max(minSpread, spread) };
  });
  return made.sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference) || (a.feature < b.feature ? -1 : 1));
}

/**
 * Templates that stood out in a range, against their usual counts there. A window names those that stand out first, so
 * of a template that it does not name nothing is known: it has not vanished.
 */
export function templateDifferences(templates: readonly SeenTemplate[], range: TimeSpan): TemplateDifference[] {
  const made = templates.flatMap(({ text, sample, counts, novelAt }): TemplateDifference[] => {
    const seen = counts.filter(({ end }) => isIn(end, range));
    if (seen.length === 0) return [];
    const inside = mean(seen.map(({ count }) => count));
    const outside = mean(seen.map(({ typical }) => typical));
    const isNew = novelAt !== undefined && isIn(novelAt, range);
    const difference = ((inside - outside) * Math.sqrt(seen.length)) / Math.sqrt(outside + 0.1);
    const what = isNew ? 'new' : inside === 0 ? 'vanished' : inside > outside ? 'more' : 'fewer';
    return [{ template: text, sample, inside, outside, what, difference }];
  });
  return made
    .filter(({ difference }) => Math.abs(difference) >= 1)
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference) || (a.template < b.template ? -1 : 1));
}

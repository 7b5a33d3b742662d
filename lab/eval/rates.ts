/** Precision, recall and F1. */
export type Rates = Readonly<Record<'precision' | 'recall' | 'f1', number>>;

/** From counts; what has no denominator is 0. */
export function ratesOf(hits: number, falseAlarms: number, missed: number): Rates {
  const precision = hits > 0 ? hits / (hits + falseAlarms) : 0;
  const recall = hits > 0 ? hits / (hits + missed) : 0;
  return { precision, recall, f1: hits > 0 ? (2 * precision * recall) / (precision + recall) : 0 };
}

/** From pairs of (predicted, true). */
export function ratesOfPairs(pairs: readonly (readonly [boolean, boolean])[]): Rates {
  const count = (predicted: boolean, truth: boolean): number =>
    pairs.filter(([p, t]) => p === predicted && t === truth).length;
  return ratesOf(count(true, true), count(true, false), count(false, true));
}

/** The mean of each rate over several runs. */
export function meanRates(runs: readonly Rates[]): Rates {
  const mean = (rate: keyof Rates): number => runs.reduce((sum, run) => sum + run[rate], 0) / runs.length;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

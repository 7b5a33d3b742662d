/** What a series of samples does over time. */

export interface Sample {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly value: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** By how much it grows in an hour: the line of least squares. */
export function slopePerHour(samples: readonly Sample[]): number {
  const at = mean(samples.map((sample) => sample.at));
  const value = mean(samples.map((sample) => sample.value));
  let together = 0;
  let spread = 0;
  for (const sample of samples) {
    together += (sample.at - at) * (sample.value - value);
    spread += (sample.at - at) ** 2;
  }
  return (3600 * together) / spread;
}

/** Medians of the first, the middle and the last third: no peak counts. */
export function thirds(samples: readonly Sample[]): readonly [number, number, number] {
  const third = Math.ceil(samples.length / 3);
  const part = (from: number): number => median(samples.slice(from, from + third).map(({ value }) => value));
  return [part(0), part(third), part(2 * third)];
}

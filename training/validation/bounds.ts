/** Whether a number is within the bounds of an expectation. */

/** A bound may be a time in ISO 8601, and is ms then. */
export interface Bounds {
  readonly min_value?: number | string | null | undefined;
  readonly max_value?: number | string | null | undefined;
  readonly strict_min?: boolean | undefined;
  readonly strict_max?: boolean | undefined;
}

/** Not a number is within none. */
export function isWithin(
  value: number,
  { min_value: min, max_value: max, strict_min: above, strict_max: below }: Bounds,
): boolean {
  if (Number.isNaN(value)) return false;
  const [least, most] = [boundOf(min, Number.NEGATIVE_INFINITY), boundOf(max, Number.POSITIVE_INFINITY)];
  const isAbove = above && min !== undefined && min !== null ? value > least : value >= least;
  return isAbove && (below && max !== undefined && max !== null ? value < most : value <= most);
}

const boundOf = (bound: number | string | null | undefined, none: number): number =>
  typeof bound === 'string' ? Date.parse(bound) : (bound ?? none);

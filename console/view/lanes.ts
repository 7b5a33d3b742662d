/** Swim lanes: entities by time, a cell for each entity and step, counted from the same points as the lists. */
import type { DecidedPoint } from './window-ring.js';

export interface LaneCell {
  /** Decisions that end in (from, from + step]. */
  windows: number;
  /** Of them, those that fired. */
  fired: number;
  /** Largest u less threshold of those that were scored; null where none was. */
  over: number | null;
  /** Largest return level of them. */
  u: number | null;
}

export interface Lane {
  readonly entity: string;
  readonly cells: readonly LaneCell[];
  readonly fired: number;
  readonly over: number | null;
}

export interface Lanes {
  /** ms since 1970; the first cell begins here. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** Those with most that fired first, then by how near they came, then by name. */
  readonly lanes: readonly Lane[];
}

const minute = 60_000;
/** Steps that people can name, ms. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10_080].map((n) => n * minute);

/** The shortest step by which a range has at most so many columns. */
export const stepOf = (length: number, columns: number): number =>
  steps.find((step) => length / step <= columns) ?? Math.ceil(length / columns / minute) * minute;

/**
 * @param points those with an end in the range
 * @param range - ms since 1970; widened to whole steps
 */
export function lanesOf(
  points: Iterable<DecidedPoint>,
  range: { readonly from: number; readonly to: number },
  step: number,
  entities: Iterable<string>,
): Lanes {
  const from = Math.floor(range.from / step) * step;
  const to = Math.ceil(range.to / step) * step;
  const columns = Math.max(1, Math.round((to - from) / step));
  const empty = (): LaneCell[] =>
    Array.from({ length: columns }, () => ({ windows: 0, fired: 0, over: null, u: null }));
  const lanes = new Map([...entities].map((entity) => [entity, empty()]));
  for (const { entity, end, u, threshold, fired, scored } of points) {
    const at = Math.ceil((end - from) / step) - 1;
    const cell = lanes.get(entity)?.[at];
    if (!cell) continue;
    cell.windows++;
    if (fired) cell.fired++;
    if (!scored) continue;
    cell.over = Math.max(cell.over ?? -Infinity, u - threshold);
    cell.u = Math.max(cell.u ?? -Infinity, u);
  }
  const largest = (cells: readonly LaneCell[]): number | null =>
    cells.reduce<number | null>((most, { over }) => (over === null ? most : Math.max(most ?? -Infinity, over)), null);
  const made = [...lanes].map(([entity, cells]) => ({
    entity,
    cells,
    fired: cells.reduce((sum, cell) => sum + cell.fired, 0),
    over: largest(cells),
  }));
  made.sort(
    (a, b) => b.fired - a.fired || (b.over ?? -Infinity) - (a.over ?? -Infinity) || (a.entity < b.entity ? -1 : 1),
  );
  return { from, to, step, lanes: made };
}

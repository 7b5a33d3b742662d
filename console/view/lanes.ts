/** Swim lanes: entities by time, a cell for each entity and step, counted from the same points as the lists. */
import type { DecidedPoint } from './window-ring.js';

export interface LaneCell {
  /** Decisions that end in (from, from + step]. */
  readonly windows: number;
  /** Of them, those that fired. */
  readonly fired: number;
  /** Largest u less threshold of those that were scored; null where none was. */
  readonly over: number | null;
  /** Largest return level of them. */
  readonly u: number | null;
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
  const names = [...entities];
  const rows = new Map(names.map((entity, i) => [entity, i * columns]));
  const [windows, fired] = [new Uint32Array(names.length * columns), new Uint32Array(names.length * columns)];
  // -Infinity: nothing was scored.
  const over = new Float64Array(names.length * columns).fill(-Infinity);
  const level = over.slice();
  for (const { entity, end, u, threshold, fired: hasFired, scored } of points) {
    const row = rows.get(entity);
    const column = Math.ceil((end - from) / step) - 1;
    if (row === undefined || column < 0 || column >= columns) continue;
    const at = row + column;
    windows[at]!++;
    if (hasFired) fired[at]!++;
    if (!scored) continue;
    over[at] = Math.max(over[at]!, u - threshold);
    level[at] = Math.max(level[at]!, u);
  }
  const known = (value: number): number | null => (value === -Infinity ? null : value);
  const made = names.map((entity, i) => {
    const begin = i * columns;
    let [sum, most] = [0, -Infinity];
    for (let at = begin; at < begin + columns; at++) {
      sum += fired[at]!;
      most = Math.max(most, over[at]!);
    }
    return {
      entity,
      fired: sum,
      over: known(most),
      /** Made when asked for: a page shows the cells of few of thousands of entities. */
      get cells(): LaneCell[] {
        return Array.from({ length: columns }, (_, column) => {
          const at = begin + column;
          return { windows: windows[at]!, fired: fired[at]!, over: known(over[at]!), u: known(level[at]!) };
        });
      },
    };
  });
  made.sort(
    (a, b) => b.fired - a.fired || (b.over ?? -Infinity) - (a.over ?? -Infinity) || (a.entity < b.entity ? -1 : 1),
  );
  return { from, to, step, lanes: made };
}

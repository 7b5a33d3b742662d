/**
 * Anomalies that are put into stored windows, to see whether an ensemble finds them where people have answered too little.
 * Their kinds are stated, since a search finds what it is asked for: a spike, a shift, a ramp, and a broad disturbance.
 */
import { Seeded } from '../../models/detectors/seeded.js';
import { onFeatureGrid } from '../../models/detectors/feature-grid.js';
import { aspectLengths, aspectNames, symptoms } from '../../models/features/aspects.js';
import type { FeatureRow } from '../../records/row.js';
import { hashText } from '../../records/wire/hash.js';

interface InjectedKind {
  /** Windows that it lasts. */
  readonly windows: number;
  /** Features that it moves; a share of all where it is below 1. */
  readonly features: number;
  /** How far, in robust standard deviations of the entity. */
  readonly size: number;
  /** From nothing to its size, or at once. */
  readonly grows?: true;
}

export const kinds: Readonly<Record<'spike' | 'shift' | 'ramp' | 'broad', InjectedKind>> = {
  spike: { windows: 1, features: 1, size: 10 },
  shift: { windows: 12, features: 2, size: 5 },
  ramp: { windows: 12, features: 1, size: 8, grows: true },
  broad: { windows: 3, features: 0.5, size: 3 },
};

/** An anomaly that was put in: places of its windows among the rows. */
export interface Injected {
  readonly kind: keyof typeof kinds;
  readonly places: readonly number[];
}

/** Windows between two anomalies of an entity: at least so many, and up to so many more. */
const PAUSE = 30;
const MORE = 30;
/** An aspect moves by a decade of rarity where a feature moves by so many standard deviations. */
const DEVIATIONS_A_DECADE = 3;

export interface Disturbed {
  readonly rows: readonly FeatureRow[];
  readonly injected: readonly Injected[];
}

/**
 * Copies of the rows with anomalies in them.
 *
 * @param rows in order of their ends
 * @param from event time before which nothing is put in, ms
 * @param isLeftAlone places where people answered
 */
export function disturb(
  rows: readonly FeatureRow[],
  from: number,
  seed: number,
  isLeftAlone: (place: number) => boolean,
): Disturbed {
  const changed = [...rows];
  const injected: Injected[] = [];
  for (const [entity, places] of [...placesOf(rows, from)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const chance = new Seeded(hashText(entity, seed));
    const names = Object.keys(kinds) as (keyof typeof kinds)[];
    let turn = chance.below(names.length);
    for (let at = PAUSE + chance.below(MORE); at < places.length; at += PAUSE + chance.below(MORE)) {
      const kind = names[turn++ % names.length]!;
      const own = places.slice(at, at + kinds[kind].windows);
      if (own.length < kinds[kind].windows || own.some(isLeftAlone)) continue;
      for (const [place, row] of moved(rows, own, kinds[kind], chance)) changed[place] = row;
      injected.push({ kind, places: own });
      at += own.length;
    }
  }
  return { rows: changed, injected };
}

function placesOf(rows: readonly FeatureRow[], from: number): Map<string, number[]> {
  const places = new Map<string, number[]>();
  rows.forEach(({ subject: { entity, end } }, i) => {
    if (end <= from) return;
    const own = places.get(entity);
    if (own) own.push(i);
    else places.set(entity, [i]);
  });
  return places;
}

function moved(
  rows: readonly FeatureRow[],
  places: readonly number[],
  { features, size, grows }: InjectedKind,
  chance: Seeded,
): [number, FeatureRow][] {
  const columns = rows[places[0]!]!.vector.length;
  const count = features < 1 ? Math.max(1, Math.round(features * columns)) : Math.min(columns, features);
  const signs = new Map(chance.sample(columns, count).map((column) => [column, chance.uniform() < 0.5 ? -1 : 1]));
  const aspect = chance.below(symptoms);
  let sum = 0;
  return places.map((place, i) => {
    const row = rows[place]!;
    const by = grows ? (size * (i + 1)) / places.length : size;
    sum += by;
    const vector = row.vector.map((value, column) => onFeatureGrid(value + by * (signs.get(column) ?? 0)));
    const { aspects } = row;
    return [place, { ...row, vector, ...(aspects ? { aspects: aspectsMoved(aspects, aspect, by, sum, i + 1) } : {}) }];
  });
}

/** What is averaged over more windows has seen less of it. @param sum over the windows so far, this many */
function aspectsMoved(aspects: Float64Array, aspect: number, by: number, sum: number, windows: number): Float64Array {
  const changed = aspects.slice();
  aspectLengths.forEach((length, l) => {
    const mean = windows <= length ? sum / length : by;
    changed[(aspect % aspectNames.length) * aspectLengths.length + l]! += mean / DEVIATIONS_A_DECADE;
  });
  return changed;
}

/** A metric set: one column of several entities side by side by time, its gaps filled from what came before. */
import { join } from 'node:path';
import { readPart } from '../../connectors/parquet/part.js';
import { createImputer, type FillMethod } from '../../models/imputation/methods.js';
import { StartError } from '../../runtime/start-error.js';
import { readManifest } from '../../training/features/store.js';
import type { ViewName } from '../../training/features/views.js';

export interface FillRequest {
  readonly view: ViewName;
  /** The column that is set side by side. */
  readonly column: string;
  /** Part of the key of the entities that are meant; all where it is empty. */
  readonly match: string;
  readonly method: FillMethod;
}

export interface MetricSet {
  /** In order of names. */
  readonly entities: readonly string[];
  /** In order of time; NaN where nothing came before that fills it. */
  readonly rows: readonly {
    readonly time: number;
    readonly values: readonly number[];
    readonly filled: readonly number[];
  }[];
}

/** @throws StartError where nothing is stored of it */
export async function filledSet(dir: string, { view, column, match, method }: FillRequest): Promise<MetricSet> {
  const times = new Map<number, Map<string, number>>();
  const names = new Set<string>();
  for (const part of (await readManifest(dir)).parts) {
    if (part.view !== view) continue;
    for (const row of await readPart(join(dir, part.path), ['entity', 'event_time', column])) {
      const { entity, event_time: time } = row;
      const value = row[column];
      if (typeof entity !== 'string' || typeof time !== 'number' || typeof value !== 'number') continue;
      if (!entity.includes(match)) continue;
      names.add(entity);
      const known = times.get(time);
      if (known) known.set(entity, value);
      else times.set(time, new Map([[entity, value]]));
    }
  }
  if (names.size === 0)
    throw new StartError(`nothing is stored of ${column} in ${view} for such entities: tocsin features list`, 'failed');
  const entities = [...names].sort();
  const imputer = createImputer(method, entities.length);
  const rows = [...times.keys()]
    .sort((a, b) => a - b)
    .map((time) => {
      const row = entities.map((entity) => times.get(time)?.get(entity) ?? NaN);
      const filled = row.flatMap((value, at) => (Number.isNaN(value) ? [at] : []));
      return { time, values: imputer.fill(row), filled };
    });
  return { entities, rows };
}

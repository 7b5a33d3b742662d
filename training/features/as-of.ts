/** What was known of an entity at a time: the join that keeps tomorrow out of yesterday's training rows. */
import { join } from 'node:path';
import { readPart, type Row } from '../../connectors/parquet/part.js';
import { readManifest, type StorePart } from './store.js';
import type { ViewName } from './views.js';

/** A question: the newest row of the entity about `at` or before, as it was known at `known`; ms since 1970. */
export interface AsOfPoint {
  readonly entity: string;
  readonly at: number;
  /** `at` where it is not given. */
  readonly known?: number;
}

export interface AsOfOptions {
  readonly view: ViewName;
  /** Rows that are older than this at `at` do not count, ms. */
  readonly ttl?: number;
  /** The columns that are wanted; all where it is not given. */
  readonly columns?: readonly string[];
}

/** Days that are held at once. */
const maxDays = 4;

/** Rows of one day by entity, in order of (event time, known time). */
type Day = ReadonlyMap<string, readonly Row[]>;

/**
 * One row a point, undefined where nothing was known.
 *
 * @param dir folder of the store
 * @throws StartError where the store is damaged
 */
export async function asOf(
  dir: string,
  points: readonly AsOfPoint[],
  options: AsOfOptions,
): Promise<(Row | undefined)[]> {
  const { view, ttl = Number.POSITIVE_INFINITY, columns } = options;
  const byDay = new Map<string, StorePart[]>();
  for (const part of (await readManifest(dir)).parts) {
    if (part.view !== view) continue;
    const known = byDay.get(part.day);
    if (known) known.push(part);
    else byDay.set(part.day, [part]);
  }
  const days = [...byDay.keys()].sort().reverse();
  const opened = new Map<string, Day>();
  const open = async (day: string): Promise<Day> => {
    const held = opened.get(day);
    if (held) return held;
    const read = await readDay(dir, byDay.get(day)!);
    if (opened.size >= maxDays) opened.delete(opened.keys().next().value!);
    opened.set(day, read);
    return read;
  };
  const found: (Row | undefined)[] = new Array<Row | undefined>(points.length).fill(undefined);
  // Points that are close in time share days.
  const order = points.map((_, i) => i).sort((a, b) => points[a]!.at - points[b]!.at);
  for (const i of order) {
    const { entity, at, known = at } = points[i]!;
    for (const day of days) {
      const begins = Date.parse(day);
      if (begins > at) continue;
      if (begins + 86_400_000 <= at - ttl) break;
      const row = (await open(day))
        .get(entity)
        ?.findLast(
          ({ event_time, known_time }) =>
            (event_time as number) <= at && (event_time as number) >= at - ttl && (known_time as number) <= known,
        );
      if (!row) continue;
      found[i] = columns ? Object.fromEntries(columns.map((name) => [name, row[name] ?? null])) : row;
      break;
    }
  }
  return found;
}

async function readDay(dir: string, parts: readonly StorePart[]): Promise<Day> {
  const rows: Row[] = [];
  for (const { path } of parts) rows.push(...(await readPart(join(dir, path))));
  const number = (row: Row, name: string): number => row[name] as number;
  rows.sort(
    (a, b) => number(a, 'event_time') - number(b, 'event_time') || number(a, 'known_time') - number(b, 'known_time'),
  );
  const day = new Map<string, Row[]>();
  for (const row of rows) {
    const own = day.get(row.entity as string);
    if (own) own.push(row);
    else day.set(row.entity as string, [row]);
  }
  return day;
}

/** Lists: flat rows in one order, a page at a time. A cursor names the last row, so rows that come meanwhile move none. */
import { HttpProblem } from '../../connectors/http/problem.js';
import type { JsonSchema } from './route.js';

/** The place of a row: a number, or a text, by which rows are ordered, and what tells equal ones apart. */
export type RowPlace = readonly [number | string, string];

export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Of the next page; null at the end. */
  readonly next: string | null;
  /** Rows of all pages. */
  readonly total: number;
}

export const pageQuery: Readonly<Record<string, JsonSchema>> = {
  limit: { type: 'integer', minimum: 1, maximum: 500, default: 50, description: 'Rows of a page.' },
  cursor: { type: 'string', maxLength: 4000, description: '`next` of the page before.' },
};

/** The schema of a page of rows. */
export const pageOf = (row: JsonSchema): JsonSchema => ({
  type: 'object',
  required: ['items', 'next', 'total'],
  properties: {
    items: { type: 'array', items: row },
    next: { type: ['string', 'null'], description: '`cursor` of the next page; null at the end.' },
    total: { type: 'integer', description: 'Rows of all pages.' },
  },
});

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);
const order = (a: RowPlace, b: RowPlace): number => compare(a[0], b[0]) || compare(a[1], b[1]);

/**
 * A page of rows.
 *
 * @param direction - -1 for the largest place first
 */
export function paged<T>(
  rows: Iterable<T>,
  placeOf: (row: T) => RowPlace,
  { limit = 50, cursor }: PageQuery,
  direction: 1 | -1,
): Page<T> {
  const sorted = [...rows]
    .map((row) => ({ row, place: placeOf(row) }))
    .sort((a, b) => direction * order(a.place, b.place));
  const after = cursor === undefined ? undefined : placeIn(cursor);
  const begin = after ? sorted.findIndex(({ place }) => direction * order(place, after) > 0) : 0;
  const shown = begin < 0 ? [] : sorted.slice(begin, begin + limit);
  const isLast = begin < 0 || begin + limit >= sorted.length;
  const last = shown.at(-1);
  return {
    items: shown.map(({ row }) => row),
    next: isLast || !last ? null : Buffer.from(JSON.stringify(last.place)).toString('base64url'),
    total: sorted.length,
  };
}

function placeIn(cursor: string): RowPlace {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    if (Array.isArray(place) && place.length === 2) {
      const [by, name] = place as readonly unknown[];
      if ((typeof by === 'number' || typeof by === 'string') && typeof name === 'string') return [by, name];
    }
  } catch {
    // Refused below.
  }
  throw new HttpProblem(400, 'cursor was not given by this list: begin without one');
}

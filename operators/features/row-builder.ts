/** Collects the columns of one row. */
import type { FeatureSchema } from '../../records/row.js';
import type { Direction } from '../../records/score.js';
import { onFeatureGrid } from '../../models/detectors/feature-grid.js';
import { placesOf } from '../../models/features/schemas.js';
import { deviation, learn, TRACKER, type Numbers, type Pace } from './tracker.js';

const places = new Map<FeatureSchema, ReadonlyMap<string, number>>();

/** Columns that are not set are 0, with nothing measured. */
export class RowBuilder {
  readonly vector: Float64Array;
  readonly actual: Float64Array;
  readonly typical: Float64Array;
  private readonly lessons: (() => void)[] = [];
  private readonly at: ReadonlyMap<string, number>;

  /** @param numbers state that begins with one tracker a column */
  constructor(
    private readonly schema: FeatureSchema,
    private readonly numbers: Numbers,
  ) {
    this.at = places.get(schema) ?? placesOf(schema);
    places.set(schema, this.at);
    this.vector = new Float64Array(schema.columns.length);
    this.actual = new Float64Array(schema.columns.length).fill(NaN);
    this.typical = new Float64Array(schema.columns.length).fill(NaN);
  }

  /** The tracker of a column. */
  tracker(name: string): number {
    return this.place(name) * TRACKER;
  }

  /** Sets a column as it is. NaN is no data: the column stays 0, and nothing is shown. */
  set(name: string, value: number, actual = NaN, typical = NaN): void {
    if (Number.isNaN(value)) return;
    const at = this.place(name);
    this.vector[at] = onFeatureGrid(value) + 0;
    this.actual[at] = actual;
    this.typical[at] = typical;
  }

  /** Sets a column to the deviation of x from the column's tracker, and learns x when the row is complete. */
  track(name: string, x: number, pace: Pace, actual: number, toUnit: (location: number) => number): void {
    if (Number.isNaN(x)) return;
    const tracker = this.tracker(name);
    const known = this.numbers[tracker]! > 0;
    const typical = known ? toUnit(this.numbers[tracker + 1]!) : NaN;
    this.set(name, deviation(this.numbers, tracker, x, pace.floor), actual, typical);
    this.learn(() => learn(this.numbers, tracker, x, pace));
  }

  /** As `track` for a number that is a residual already: only its size is learnt. */
  centred(name: string, z: number, pace: Pace, actual: number, typical: number): void {
    if (Number.isNaN(z)) return;
    const tracker = this.tracker(name);
    this.set(name, z / Math.max(this.numbers[tracker + 2]!, pace.floor), actual, typical);
    this.learn(() => learn(this.numbers, tracker, z, { ...pace, location: 0 }));
  }

  /** Of a window that is not there as a whole: what is less than usual in these columns says nothing. */
  keepRises(columns: readonly string[]): void {
    for (const name of columns) this.vector[this.place(name)] = Math.max(0, this.vector[this.place(name)]!);
  }

  /** Score first, then learn: what is put here runs in `finish`. */
  learn(lesson: () => void): void {
    this.lessons.push(lesson);
  }

  finish(): void {
    for (const lesson of this.lessons) lesson();
  }

  private place(name: string): number {
    const at = this.at.get(name);
    if (at === undefined) throw new RangeError(`the feature schema ${this.schema.id} has no column ${name}`);
    return at;
  }

  /** +1 or -1 by the column that stands out most; 0 where none does. */
  get direction(): Direction {
    return directionOf(this.schema, this.vector);
  }
}

/** Columns whose rise is a fall. */
const falls: ReadonlySet<string> = new Set(['silence']);

/** +1 or -1 by the column that stands out most; 0 where none does. */
export function directionOf({ columns }: FeatureSchema, vector: Float64Array): Direction {
  let best = 0;
  let sign: Direction = 0;
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]!;
    if (Math.abs(value) <= best) continue;
    best = Math.abs(value);
    sign = value > 0 !== falls.has(columns[i]!.name) ? 1 : -1;
  }
  return sign;
}

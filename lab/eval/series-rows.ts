/** Points of a series through `ingest` and the first half of `detect`: one feature row a window. */
import { map, of } from 'rxjs';
import { schemas } from '../../models/features/schemas.js';
import { featurise } from '../../operators/featurise.js';
import { merge, mergeDefaults } from '../../operators/merge.js';
import { SessionClasses } from '../../operators/sessions/session-class.js';
import { Templates } from '../../operators/template.js';
import type { Batch, Operator } from '../../records/batch.js';
import type { RawRecord } from '../../records/raw.js';
import type { FeatureRow } from '../../records/row.js';
import type { Direction } from '../../records/score.js';
import type { StateStores } from '../../records/store.js';
import type { Closed, SeriesWindow } from '../../records/window.js';
import { Shard, windowsLog } from './in-process.js';
import type { Points } from './points.js';

/** The feature schema of metric series. */
export const seriesSchema = schemas.get('series-1')!;
export const seriesColumns = seriesSchema.columns.map(({ name }) => name);

/** Raw records of one batch. */
const slice = 4096;
/** Windows of one call of the feature operator. */
const windowsAtOnce = 256;

/** All rows of one series, in order; kept as columns, since a series has hundreds of thousands. */
export class SeriesRows {
  private vectors = new Float64Array(slice * seriesColumns.length);
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly directions: Direction[] = [];
  private readonly warm: boolean[] = [];
  entity = '';

  get length(): number {
    return this.ends.length;
  }

  add({ subject, vector, direction, warm }: FeatureRow): void {
    const at = this.length * seriesColumns.length;
    if (at + vector.length > this.vectors.length) {
      const larger = new Float64Array(this.vectors.length * 2);
      larger.set(this.vectors);
      this.vectors = larger;
    }
    this.vectors.set(vector, at);
    this.entity = subject.entity;
    this.starts.push(subject.start);
    this.ends.push(subject.end);
    this.directions.push(direction);
    this.warm.push(warm);
  }

  endOf(i: number): number {
    return this.ends[i]!;
  }

  isWarm(i: number): boolean {
    return this.warm[i]!;
  }

  vectorOf(i: number): Float64Array {
    return this.vectors.subarray(i * seriesColumns.length, (i + 1) * seriesColumns.length);
  }

  /** As the operators behind take it; what only explanations need is left out. */
  row(i: number): FeatureRow {
    return {
      type: 'row',
      subject: { entity: this.entity, start: this.starts[i]!, end: this.ends[i]!, key: '' },
      schema: seriesSchema,
      vector: this.vectorOf(i),
      actual: empty,
      typical: empty,
      templates: [],
      lines: 1,
      direction: this.directions[i]!,
      rules: [],
      flags: [],
      warm: this.warm[i]!,
      known: this.warm[i] ? Number.MAX_SAFE_INTEGER : 0,
    };
  }
}

const empty = new Float64Array(0);

/**
 * Windows close and features are computed by the operators that run live. Nothing of what is decided feeds back into
 * features, so the rows of many boundaries can be worked out before any of them is scored.
 */
export async function rowsOfSeries(points: Points, stores: StateStores): Promise<SeriesRows> {
  const records = windowsLog(
    [
      {
        source: points.name,
        format: 'metric',
        labels: { service: points.name, series: points.name },
        batches: batchesOf(points),
      },
    ],
    () => undefined,
  );
  const none = (): undefined => undefined;
  const templates = new Templates(stores, none);
  const sessions = new SessionClasses(stores, (signature) => templates.templateOf(signature));
  const pass: Operator<Closed, Closed> = map((batch) => batch);
  const shard = new Shard(merge(stores, { ...mergeDefaults, shard: 'windows/0', sessions }, pass), none);
  const features = featurise(stores, none);
  const rows = new SeriesRows();
  let windows: SeriesWindow[] = [];
  const flush = (): void => {
    through(features, { items: windows, rejected: [] }, (item) => item.type === 'row' && rows.add(item));
    windows = [];
  };
  for await (const item of shard.run(records)) {
    if (item.type === 'series') windows.push(item);
    if (windows.length === windowsAtOnce) flush();
  }
  flush();
  shard.close();
  return rows;
}

/** One batch through an operator that works at once. */
function through<A, B>(operator: Operator<A, B>, batch: Batch<A>, each: (item: B) => void): void {
  of(batch)
    .pipe(operator)
    .subscribe(({ items }) => items.forEach(each));
}

/** Points as raw records, in slices. */
async function* batchesOf({ name, lines }: Points): AsyncGenerator<Batch<RawRecord>> {
  let offset = 0;
  for (let at = 0; at < lines.length; at += slice) {
    const part = lines.slice(at, at + slice);
    const bytes = Buffer.from(part.join('\n'), 'latin1');
    let start = 0;
    const items = part.map((line): RawRecord => {
      const end = start + line.length;
      const item = { bytes, start, end, offset: offset++, timestamp: -1, topic: name };
      start = end + 1;
      return item;
    });
    yield { items, rejected: [], position: { source: name, offset } };
  }
}

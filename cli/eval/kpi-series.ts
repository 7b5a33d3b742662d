/** One series of the `kpi` benchmark: its points through ingest and detect, first the train part, then the test part. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { createReturnLevel, observe, type ReturnLevel } from '../../models/calibration/return-level.js';
import type { Detector } from '../../models/detectors/detector.js';
import { schemas } from '../../models/features/schemas.js';
import type { ArtefactSet } from '../../operators/artefact.js';
import type { TrainedCalibration } from '../../operators/calibrate.js';
import { mergeDefaults } from '../../operators/merge.js';
import type { Batch } from '../../records/batch.js';
import type { Tracked } from '../../records/decided.js';
import { entity } from '../../records/entity.js';
import { hashText } from '../../records/hash.js';
import type { RawRecord } from '../../records/raw.js';
import type { WindowsRecord } from '../../records/windows.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import { detect } from '../../topologies/detect.js';
import { detectDefaults, Shard, windowsLog } from './in-process.js';

/** The feature schema of metric series. */
export const seriesSchema = schemas.get('series-1')!;
const columns = seriesSchema.columns.length;
/** Id of the set that is trained from the train part. */
const setId = 'kpi';
/** Rows of one call of a detector. */
const slice = 4096;

/** The test part as it was scored; `score` ranks, `u` is what is compared with the threshold. */
export interface ScoredSeries {
  readonly name: string;
  readonly times: Float64Array;
  readonly scores: Float64Array;
  readonly u: Float64Array;
  readonly fired: Uint8Array;
  readonly asked: Uint8Array;
  readonly labels: Uint8Array;
  readonly lines: number;
}

export class KpiSeries {
  private set: ArtefactSet | undefined;
  private calibration: TrainedCalibration | undefined;
  /** Warm feature rows of the train part, exact in single precision: they lie on the 2^-12 grid within 512. */
  private rows = new Float32Array(0);
  private ends: number[] = [];

  private constructor(
    readonly name: string,
    private readonly lines: number,
    private readonly testTimes: Float64Array,
    private readonly testLabels: Uint8Array,
    private readonly records: AsyncGenerator<WindowsRecord>,
    private readonly shard: Shard<Tracked>,
  ) {}

  /** Opens `KPI.csv.gz`, `timestamp,value,label,split`. Of the points, time and value alone are handed on. */
  static async open(path: string, budget: number): Promise<KpiSeries> {
    const name = basename(path).replace(/\.csv\.gz$/, '');
    const text = (await promisify(gunzip)(await readFile(path))).toString('latin1');
    const points: string[] = [];
    const times: number[] = [];
    const labels: number[] = [];
    for (const line of text.split('\n').slice(1)) {
      const [time, value, label, split] = line.trim().split(',');
      if (value === undefined) continue;
      points.push(`${time},${value}`);
      if (split !== 'test') continue;
      times.push(Number(time) * 1000);
      labels.push(Number(label));
    }
    const stores = await TaskState.restore(new MemoryBackend(), `detect/${name}`, 1);
    const labelsOfSeries = { service: 'kpi', series: name };
    const records = windowsLog(
      [{ source: name, format: 'metric', labels: labelsOfSeries, batches: batchesOf(name, points) }],
      () => undefined,
    );
    const series: KpiSeries = new KpiSeries(
      name,
      points.length,
      Float64Array.from(times),
      Uint8Array.from(labels),
      records,
      new Shard(
        detect({
          ...detectDefaults(stores),
          artefacts: { loaded: (id) => (id === setId ? series.set : undefined), load: async () => undefined },
          calibration: (id) => (id === setId ? series.calibration : undefined),
          select: { policy: 'mixture', budget: () => budget },
        }),
        () => undefined,
      ),
    );
    return series;
  }

  get entity(): string {
    return entity('series', { service: 'kpi', series: this.name }).key;
  }

  /** Runs the train part, and gives at most `most` of its feature rows, evenly spread. */
  async warmUp(most: number): Promise<Float64Array> {
    let rows = new Float32Array(slice * columns);
    for await (const item of this.shard.run(this.until(this.testTimes[0] ?? Number.POSITIVE_INFINITY))) {
      if (item.type !== 'decided' || !item.row?.warm) continue;
      const at = this.ends.length * columns;
      if (at + columns > rows.length) {
        const larger = new Float32Array(rows.length * 2);
        larger.set(rows);
        rows = larger;
      }
      rows.set(item.row.vector, at);
      this.ends.push(item.row.subject.end);
    }
    this.rows = rows.subarray(0, this.ends.length * columns);
    const n = Math.min(most, this.ends.length);
    const sample = new Float64Array(n * columns);
    for (let i = 0; i < n; i++) {
      const at = Math.floor((i * this.ends.length) / n) * columns;
      sample.set(this.rows.subarray(at, at + columns), i * columns);
    }
    return sample;
  }

  /** Scores the test part with detectors, calibrated on what they give on the train part. */
  async score(detectors: readonly Detector[]): Promise<ScoredSeries> {
    this.set = { id: setId, detectors };
    this.calibration = { prior: {}, levels: new Map([[this.entity, await this.calibrate(detectors)]]) };
    this.rows = new Float32Array(0);
    const { testTimes: times, testLabels: labels, name, lines } = this;
    const scores = new Float64Array(times.length).fill(-3);
    const u = new Float64Array(times.length).fill(-3);
    const fired = new Uint8Array(times.length);
    const asked = new Uint8Array(times.length);
    let at = 0;
    for await (const item of this.shard.run(this.promoted())) {
      if (item.type !== 'decided') continue;
      const { start, end, ...decision } = item.decision;
      while (at < times.length && times[at] < start) at++;
      for (let i = at; i < times.length && times[i] < end; i++) {
        scores[i] = item.severity;
        u[i] = decision.u;
        fired[i] = Number(decision.fired);
        asked[i] = Number(decision.asked);
      }
    }
    this.shard.close();
    return { name, times, scores, u, fired, asked, labels, lines };
  }

  private async calibrate(detectors: readonly Detector[]): Promise<Map<string, ReturnLevel>> {
    const levels = new Map<string, ReturnLevel>();
    for (const detector of detectors) {
      const level = createReturnLevel(hashText(this.entity));
      for (let start = 0; start < this.ends.length; start += slice) {
        const n = Math.min(slice, this.ends.length - start);
        const data = Float64Array.from(this.rows.subarray(start * columns, (start + n) * columns));
        const values = await detector.score({ rows: n, columns, data });
        for (let i = 0; i < n; i++) observe(level, this.ends[start + i], values[i]);
      }
      levels.set(detector.card.name, level);
    }
    return levels;
  }

  private held: WindowsRecord | undefined;

  /** Records up to the first point at or after `time`. */
  private async *until(time: number): AsyncGenerator<WindowsRecord> {
    for (;;) {
      const { value, done } = (await this.records.next()) as IteratorResult<WindowsRecord, undefined>;
      if (done) return;
      if (value.type === 'series' && value.pane + mergeDefaults.pane > time) {
        this.held = value;
        return;
      }
      yield value;
    }
  }

  /** The promotion at the start of the test part, then its records. */
  private async *promoted(): AsyncGenerator<WindowsRecord> {
    const first = this.testTimes[0] ?? 0;
    const from = Math.floor(first / mergeDefaults.pane) * mergeDefaults.pane + mergeDefaults.pane;
    yield { type: 'promotion', artefact: setId, from };
    if (this.held) yield this.held;
    yield* this.records;
  }
}

/** Points as raw records, in slices. */
async function* batchesOf(source: string, points: readonly string[]): AsyncGenerator<Batch<RawRecord>> {
  let offset = 0;
  for (let at = 0; at < points.length; at += slice) {
    const lines = points.slice(at, at + slice);
    const bytes = Buffer.from(lines.join('\n'), 'latin1');
    let start = 0;
    const items = lines.map((line): RawRecord => {
      const end = start + line.length;
      const item = { bytes, start, end, offset: offset++, timestamp: -1, topic: source };
      start = end + 1;
      return item;
    });
    yield { items, rejected: [], position: { source, offset } };
  }
}

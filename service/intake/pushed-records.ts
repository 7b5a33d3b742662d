/** The channel behind the HTTP intake: what is posted is durable before it is answered, and read from there. */
import { join } from 'node:path';
import type { Config, SourceConfig } from '../../config/schema.js';
import type { PushedIntake, Refusal } from '../../connectors/http/intake-routes.js';
import { inputNames, recordInputs } from '../../connectors/record-inputs.js';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import { SegmentLogWriter } from '../../connectors/segment-log/writer.js';
import type { Batch, Rejected } from '../../records/batch.js';
import { pushed, type Pushed } from '../../records/pushed.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import { decode, encode } from '../../records/wire/codec.js';
import { steadyNow } from '../../runtime/clock.js';
import type { Source } from '../../runtime/source.js';
import { requestFault } from './request-fault.js';

export type HttpConfig = Extract<SourceConfig, { type: 'http' }>;

/** Name of the source, for positions and dead letters. */
export const pushedName = ({ name }: HttpConfig): string => `http:${name}`;

/** Headers that relabel rules must not show. */
const hidden = new Set(['authorization', 'cookie', 'proxy-authorization']);

const waitMs = 250;
/** A slice ends after so many values, or bytes. */
const slice = { values: 256, bytes: 131_072 } as const;

export interface PushedParts {
  readonly config: Config;
  readonly source: HttpConfig;
  readonly bounded: boolean;
  /** Up to where an idle source raises its watermark, ms. */
  readonly front: () => number;
  readonly warn: (message: string) => void;
}

export class PushedRecords implements PushedIntake {
  /** Bytes of all values that are durable or on their way, and of those that were read. */
  private taken = 0;
  private read = 0;
  /** Bytes that may come now, and when that was reckoned, ms. */
  private allowance: number;
  private reckonedAt = steadyNow();
  private readonly faultOf = requestFault();
  private readonly inputsOf: ReturnType<typeof recordInputs> | undefined;

  private constructor(
    private readonly parts: PushedParts,
    private readonly writer: SegmentLogWriter,
    private readonly reader: SegmentLogReader,
  ) {
    this.allowance = parts.source.max_rate;
    const wanted = inputNames(parts.source.relabel.flatMap((rule) => rule.source_labels));
    if (wanted.length > 0) this.inputsOf = recordInputs(wanted);
  }

  static async open(parts: PushedParts): Promise<PushedRecords> {
    const { config, source, warn } = parts;
    const folder = join(config.state.dir, 'log', `http-${source.name}`);
    const writer = await SegmentLogWriter.open({
      folder,
      shards: 1,
      warn,
      segmentBytes: 16 * 1024 * 1024,
      retention: { ms: config.channels.retention },
    });
    const reader = await SegmentLogReader.open({ folder, shards: 1, writer });
    const records = new PushedRecords(parts, writer, reader);
    const { first, next } = await reader.range(0);
    const [last] = next > first ? await reader.read(0, next - 1, 1) : [];
    records.taken = records.read = last ? decode(pushed, last.value).total : 0;
    return records;
  }

  get bodyLimit(): number {
    return this.parts.source.body_limit;
  }

  fault(request: Uint8Array): string | undefined {
    return this.faultOf(request, this.parts.source.signal);
  }

  async take(
    values: readonly Uint8Array[],
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): Promise<Refusal | undefined> {
    const bytes = values.reduce((sum, { length }) => sum + length, 0);
    const refusal = this.refusal(bytes);
    if (refusal || bytes === 0) return refusal;
    this.allowance -= bytes;
    const shown = Object.entries(headers).filter(([name]) => !hidden.has(name));
    const inputs = this.inputsOf?.({ key: null, headers: Object.fromEntries(shown) });
    const at = Date.now();
    for (const value of values) {
      this.taken += value.length;
      this.writer.append(0, '', encode(pushed, { at, total: this.taken, inputs, value }));
    }
    await this.writer.flush();
    return undefined;
  }

  /** Reads what was posted, from a position on. */
  get source(): Source<SourceItem> {
    return { open: (position, control) => this.batches(position?.offset ?? 0, position === undefined, control) };
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.reader.close();
  }

  private refusal(bytes: number): Refusal | undefined {
    const { max_rate: rate, max_backlog: most, name } = this.parts.source;
    const waiting = this.taken - this.read;
    if (waiting + bytes > most && waiting > 0)
      return { code: 503, error: `${waiting} bytes that were posted to ${name} are not read yet`, afterSeconds: 5 };
    const now = steadyNow();
    this.allowance = Math.min(rate, this.allowance + ((now - this.reckonedAt) * rate) / 1000);
    this.reckonedAt = now;
    // What is larger than the allowance of a second takes several, and is not refused for ever.
    if (this.allowance >= Math.min(bytes, rate)) return undefined;
    const afterSeconds = Math.max(1, Math.ceil((Math.min(bytes, rate) - this.allowance) / rate));
    return { code: 429, error: `more than ${rate} bytes a second are posted to ${name}`, afterSeconds };
  }

  private async *batches(
    from: number,
    isNew: boolean,
    { stop, drain }: { readonly stop: AbortSignal; readonly drain: AbortSignal },
  ): AsyncGenerator<Batch<SourceItem>> {
    const { config, source, bounded, front } = this.parts;
    const name = pushedName(source);
    const { first, next: end } = await this.reader.range(0);
    let next = Math.max(from, first);
    this.read = await this.totalBefore(next, end);
    const at = (): { source: string; offset: number } => ({ source: name, offset: next });
    if (isNew) yield { items: [], rejected: [], position: at() };
    if (from > 0 && first > from)
      yield { items: [{ type: 'lost', watermark: 0 }], rejected: [], position: at(), unrepeatable: true };
    let quietSince = performance.now();
    while (!stop.aborted) {
      const isLast = bounded || drain.aborted;
      const watermark = front();
      const records = await this.reader.read(0, next, slice.values);
      if (records.length > 0) {
        for (const batch of this.slices(records, name)) {
          next = batch.position?.offset ?? next;
          yield batch;
          if (stop.aborted) return;
        }
        quietSince = performance.now();
        continue;
      }
      if (isLast) {
        yield { items: [endOfSource], rejected: [], position: at(), unrepeatable: true };
        return;
      }
      if (performance.now() - quietSince >= config.windows.idle_after) {
        quietSince = performance.now();
        yield { items: [{ type: 'idle', watermark }], rejected: [], position: at(), unrepeatable: true };
        continue;
      }
      await this.reader.wait(0, next, Math.min(waitMs, config.windows.idle_after));
    }
  }

  private *slices(
    records: readonly { readonly offset: number; readonly value: Uint8Array }[],
    name: string,
  ): Generator<Batch<SourceItem>> {
    let items: SourceItem[] = [];
    let rejected: Rejected[] = [];
    let bytes = 0;
    for (const [i, { offset, value: stored }] of records.entries()) {
      let record: Pushed | undefined;
      try {
        record = decode(pushed, stored);
      } catch (error) {
        rejected.push({ reason: 'undecodable', detail: String(error), source: name, offset, bytes: stored });
      }
      if (record) {
        const { at, inputs, value } = record;
        this.read = Math.max(this.read, record.total);
        bytes += value.length;
        items.push({
          ...{ bytes: value, start: 0, end: value.length, offset, timestamp: at, appended: true },
          topic: this.parts.source.name,
          ...(inputs ? { inputs } : {}),
        });
      }
      if (bytes < slice.bytes && i < records.length - 1) continue;
      yield { items, rejected, position: { source: name, offset: offset + 1 } };
      items = [];
      rejected = [];
      bytes = 0;
    }
  }

  /** Bytes of all values before an offset. */
  private async totalBefore(offset: number, end: number): Promise<number> {
    if (offset >= end) return this.taken;
    const [record] = await this.reader.read(0, offset, 1);
    // Retention may have deleted it since the range was read: the next record says how much was read.
    if (!record) return this.read;
    const { total, value } = decode(pushed, record.value);
    return total - value.length;
  }
}

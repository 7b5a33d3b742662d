/** Reads a value that holds any number of records, each with labels of its own: OpenTelemetry and the metric formats. */
import { FoundEntities } from './found-entities.js';
import type { EntityParts } from './entity-cache.js';
import type { FoundSink, ManyContext, ManyFormat } from '../../formats/many.js';
import type { Labels } from '../../records/entity.js';
import type { RecordPart, Rejected } from '../../records/batch.js';
import type { DecodedRecord, SessionKey } from '../../records/log-record.js';
import type { RawRecord } from '../../records/raw.js';

/** What a `ManyReader` is made of. */
export interface ManyParts extends EntityParts {
  readonly source: string;
  /** Session keys of a message. */
  readonly keysOf: (text: { bytes: Uint8Array; start: number; end: number }) => readonly SessionKey[];
  /** Event times that can be meant, ms. */
  readonly earliest: number;
  readonly latest: number;
  /** Bytes of all labels of a record. */
  readonly longestLabels: number;
  /** Labels of a record. */
  readonly maxLabels: number;
}

/** What a value held, in its order. A single record or refusal is all of the value and has no `part`. */
export interface ManyRead {
  readonly items: readonly DecodedRecord[];
  readonly rejected: readonly Rejected[];
  /** Parts that hold no record by their nature. */
  readonly passed: number;
}

/** Labels that one record may have: more are a mistake of its sender, and would be keys of state. */
const longestDead = 4096;
const none: readonly number[] = [];

/** Reads the values of one source whose records hold many. */
export class ManyReader {
  private readonly entities: FoundEntities;
  /** Neighbours share their labels: those of the last record, and how many bytes they have. */
  private lastLabels: Labels | undefined;
  private lastSize = 0;
  private lastCount = 0;

  constructor(private readonly parts: ManyParts) {
    this.entities = new FoundEntities(parts);
  }

  private sizeOf(labels: Labels): number {
    if (labels !== this.lastLabels) {
      this.lastLabels = labels;
      this.lastSize = 0;
      const values = Object.values(labels);
      for (const text of values) this.lastSize += Buffer.byteLength(text);
      this.lastCount = values.length;
    }
    return this.lastSize;
  }

  read(raw: RawRecord, format: ManyFormat, context: ManyContext): ManyRead {
    const { source, earliest, latest, longestLabels, maxLabels, keysOf } = this.parts;
    const { offset, timestamp, appended, origin, topic } = raw;
    const items: DecodedRecord[] = [];
    const rejected: Rejected[] = [];
    let index = 0;
    let passed = 0;
    /** Where such a part is in the value is not known. */
    const next = (): RecordPart => ({ index: index++, from: 0, to: 0 });
    const refuse = (reason: string, detail: string, bytes?: Uint8Array, time?: number): void => {
      const part = next();
      const kept = bytes && Buffer.from(bytes.subarray(0, longestDead));
      rejected.push({ reason, detail, source, offset, part, time, ...(kept ? { bytes: kept } : {}) });
    };
    const sink: FoundSink = {
      refused: (reason, detail, bytes) => refuse(reason, detail, bytes),
      passed: () => passed++,
      found: (record) => {
        const { time, value, labels } = record;
        const message = record.kind === 'log' ? record.message : undefined;
        if (!(time >= earliest && time < latest)) {
          const when = Number.isFinite(time) ? `${time} ms` : 'none';
          refuse('time-out-of-range', `the event time (${when} since 1970) is not between 2000 and 2100`, message);
          return;
        }
        const labelled = this.sizeOf(labels);
        if (labelled > longestLabels) {
          const detail = `its labels have ${labelled} bytes; at most ${longestLabels} are kept`;
          refuse('long-labels', detail, message, time);
          return;
        }
        if (this.lastCount > maxLabels) {
          const detail = `it has ${this.lastCount} labels; at most ${maxLabels} are kept (limits.labels)`;
          refuse('too-many-labels', detail, message, time);
          return;
        }
        const entity = this.entities.of(topic, record);
        const part = next();
        if (record.kind === 'point') {
          items.push({ type: 'point', entity, time, value, offset, part, timestamp, appended, origin });
          return;
        }
        const { level, outcome, message: bytes } = record;
        const end = bytes.length;
        items.push({
          type: 'log',
          entity,
          time,
          level,
          outcome,
          bytes,
          start: 0,
          end,
          value,
          signature: 0,
          variable: 0,
          numbers: none,
          sessions: keysOf({ bytes, start: 0, end }),
          offset,
          part,
          timestamp,
          appended,
          origin,
        });
      },
    };
    format.read(raw.bytes, raw.start, raw.end, context, sink);
    if (index > 1) return { items, rejected, passed };
    const whole = (): Uint8Array =>
      Uint8Array.prototype.slice.call(raw.bytes, raw.start, Math.min(raw.end, raw.start + longestDead));
    return {
      items: items.map((item) => ({ ...item, part: undefined })),
      rejected: rejected.map(({ part: _part, ...one }) => ({ ...one, bytes: whole() })),
      passed,
    };
  }
}

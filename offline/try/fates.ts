/** What becomes of each record of a sample: by the very operators that a run has, with the same defaults. */
import { lastValueFrom, of, toArray } from 'rxjs';
import { maskedText, secretsMasked } from '../../models/templates/mask.js';
import { decode, type DecodeParts } from '../../operators/decode.js';
import type { LineFate, LinePlace } from '../../operators/decode/fate.js';
import { sign } from '../../operators/sign.js';
import type { Entity } from '../../records/entity.js';
import { levels, outcomes, type DecodedRecord, type Level, type Outcome } from '../../records/log-record.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import type { SourceSample, Taken } from './sample.js';

/** A record as it was read; texts are copies. */
export interface ReadRecord {
  readonly entity: Entity;
  /** Event time, ms. */
  readonly time: number;
  /** Latency in ms, or value of a metric point; NaN where there is none. */
  readonly value: number;
  /** Of a log line; undefined of a metric point. */
  readonly log?: {
    readonly level: Level;
    readonly outcome: Outcome;
    readonly message: string;
    readonly masked: string;
    readonly signature: number;
    /** Classes of the sessions that it belongs to. */
    readonly sessions: readonly Entity[];
  };
}

/** A line counts from 1, over all of the sample. */
export type TriedLine = { readonly line: number; readonly text: string } & (
  | { readonly status: 'read'; record?: ReadRecord }
  | { readonly status: 'joined'; readonly to: number }
  | { readonly status: 'refused'; readonly reason: string; readonly detail: string }
);

/** How the records of a source are decoded, without what only a task has. */
export type Decoding = Omit<DecodeParts, 'source' | 'stores'>;

/** Bytes of a line that are kept to be shown. */
const shown = 400;

/** A chain of decode and sign with a state of its own: gives the records of each batch, and hears each line's fate. */
export async function chainOf(
  source: string,
  decoding: Decoding,
  fate: (fate: LineFate) => void = () => undefined,
): Promise<(items: readonly SourceItem[]) => Promise<readonly DecodedRecord[]>> {
  const stores = await TaskState.restore(new MemoryBackend(), `ingest/${source}`, 1);
  const [decoder, signer] = [decode({ ...decoding, source, stores, fate }), sign()];
  return async (items) => {
    const batches = await lastValueFrom(of({ items, rejected: [] }).pipe(decoder, signer, toArray()));
    return batches.flatMap((batch) =>
      batch.items.filter((item): item is DecodedRecord => item.type === 'log' || item.type === 'point'),
    );
  };
}

/** A copy of what a record holds: its bytes are a batch's. */
export function readRecord(record: DecodedRecord): ReadRecord {
  const { entity, time, value } = record;
  if (record.type === 'point') return { entity, time, value };
  const { bytes, start, end, signature } = record;
  const message = Buffer.from(bytes.subarray(start, end)).toString('utf8');
  const masked = secretsMasked(maskedText(bytes, start, end));
  const sessions = record.sessions.map((each) => each.entity);
  const log = {
    level: levels[record.level]!,
    outcome: outcomes[record.outcome]!,
    message,
    masked,
    signature,
    sessions,
  };
  return { entity, time, value, log };
}

/** @param first number of the first line */
export async function triedLines(sample: SourceSample, decoding: Decoding, first = 1): Promise<TriedLine[]> {
  const fates: LineFate[] = [];
  const pass = await chainOf(sample.source, decoding, (fate) => fates.push(fate));
  const raws = sample.taken.flatMap((taken) => ('raw' in taken ? [taken.raw] : []));
  // One batch: what a record's bytes point into is valid until it has passed, and the end closes what is open.
  await pass([...raws, endOfSource]);
  const texts = new Map(sample.taken.map((taken) => [taken.offset, textOf(taken)]));
  const lines: TriedLine[] = [];
  const numbers = new Map<string, number>();
  const add = ({ offset, index }: LinePlace): { line: number; text: string } => {
    const line = first + lines.length;
    numbers.set(`${offset}.${index}`, line);
    const whole = texts.get(offset) ?? '';
    return { line, text: index === 0 ? whole : (whole.split('\n').at(index) ?? whole) };
  };
  const refused = sample.taken.flatMap((taken) => ('refused' in taken ? [taken] : []));
  const refuse = (before: number): void => {
    for (let next = refused[0]; next && next.offset < before; next = refused[0]) {
      const { offset, refused: why } = next;
      refused.shift();
      lines.push({ ...add({ offset, index: 0 }), status: 'refused', reason: why.reason, detail: why.detail });
    }
  };
  for (const fate of fates) {
    refuse(fate.offset);
    const at = add(fate);
    if (fate.fate === 'read')
      lines.push({ ...at, status: 'read', ...(fate.record ? { record: readRecord(fate.record) } : {}) });
    else if (fate.fate === 'refused')
      lines.push({ ...at, status: 'refused', reason: fate.reason, detail: fate.detail });
    else lines.push({ ...at, status: 'joined', to: numbers.get(`${fate.to.offset}.${fate.to.index}`) ?? at.line });
  }
  refuse(Number.POSITIVE_INFINITY);
  return lines;
}

function textOf(taken: Taken): string {
  const [bytes, start, end] =
    'raw' in taken
      ? [taken.raw.bytes, taken.raw.start, taken.raw.end]
      : [taken.refused.bytes ?? new Uint8Array(), 0, taken.refused.bytes?.length ?? 0];
  return Buffer.from(bytes.subarray(start, Math.min(end, start + shown))).toString('utf8');
}

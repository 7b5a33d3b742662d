/** What becomes of each record of a sample: by the very operators that a run has, with the same defaults. */
import { lastValueFrom, of, toArray } from 'rxjs';
import { maskedText, secretsMasked } from '../../models/templates/mask.js';
import { decode, type DecodeParts } from '../../operators/decode.js';
import { sign } from '../../operators/sign.js';
import type { Entity } from '../../records/entity.js';
import { levels, outcomes, type DecodedRecord, type Level, type Outcome } from '../../records/log-record.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import type { Sample, Taken } from './sample.js';

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

type Passed = (items: readonly SourceItem[]) => Promise<{
  readonly records: readonly DecodedRecord[];
  readonly rejected: readonly { readonly reason: string; readonly detail: string }[];
}>;

/** A chain of decode and sign with a state of its own. */
export async function chainOf(source: string, decoding: Decoding): Promise<Passed> {
  const stores = await TaskState.restore(new MemoryBackend(), `ingest/${source}`, 1);
  const [decoder, signer] = [decode({ ...decoding, source, stores }), sign()];
  return async (items) => {
    const batches = await lastValueFrom(of({ items, rejected: [] }).pipe(decoder, signer, toArray()));
    const records = batches.flatMap((batch) =>
      batch.items.filter((item): item is DecodedRecord => item.type === 'log' || item.type === 'point'),
    );
    return { records, rejected: batches.flatMap((batch) => batch.rejected) };
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
  const log = { level: levels[record.level], outcome: outcomes[record.outcome], message, masked, signature, sessions };
  return { entity, time, value, log };
}

/** @param first number of the first line */
export async function triedLines(sample: Sample, decoding: Decoding, first = 1): Promise<TriedLine[]> {
  const pass = await chainOf(sample.source, decoding);
  const lines: TriedLine[] = [];
  let last = 0;
  for (const taken of sample.taken) {
    const line = first + lines.length;
    const text = textOf(taken);
    if ('refused' in taken) {
      const { reason, detail } = taken.refused;
      lines.push({ line, text, status: 'refused', reason, detail });
      continue;
    }
    const { records, rejected } = await pass([taken.raw]);
    if (rejected.length > 0) {
      const [{ reason, detail }] = rejected;
      lines.push({ line, text, status: 'refused', reason, detail });
    } else if (records.length > 0 || last === 0) {
      last = line;
      lines.push({ line, text, status: 'read', ...(records.length > 0 ? { record: readRecord(records[0]) } : {}) });
    } else lines.push({ line, text, status: 'joined', to: last });
  }
  await pass([endOfSource]);
  return lines;
}

function textOf(taken: Taken): string {
  const [bytes, start, end] =
    'raw' in taken
      ? [taken.raw.bytes, taken.raw.start, taken.raw.end]
      : [taken.refused.bytes ?? new Uint8Array(), 0, taken.refused.bytes?.length ?? 0];
  return Buffer.from(bytes.subarray(start, Math.min(end, start + shown))).toString('utf8');
}

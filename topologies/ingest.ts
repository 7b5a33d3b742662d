/**
 * The heavy topology: raw records of one log partition in; partials, definitions and marks out.
 *
 * ```
 * bytes ─ decode ─ sign ─ aggregate ─ emitMarks ─▶ windows log
 *           │               │
 *           └─ rejected ────┴─▶ dead letters
 * ```
 */
import { pipe } from 'rxjs';
import { aggregate, aggregateDefaults, type AggregateParts } from '../operators/aggregate.js';
import { decode, sessionEntity, type DecodeParts } from '../operators/decode.js';
import { emitMarks, type MarkParts } from '../operators/emit-marks.js';
import { onSubscribe } from '../operators/map-batch.js';
import { inPieces } from '../operators/in-pieces.js';
import { keepRaw } from '../operators/keep-raw.js';
import { sign } from '../operators/sign.js';
import type { Operator } from '../records/batch.js';
import { hashText } from '../records/wire/hash.js';
import type { SourceItem } from '../records/raw.js';
import type { IngestRecord } from '../records/windows.js';

/** Of one source (a partition or a file), for one assignment. */
export type IngestParts = DecodeParts & Omit<AggregateParts, 'settings' | 'classes'> & MarkParts;

/** Raised when masks, hashes or aggregates change, so that windows of two versions are flagged as mixed. */
const semantics = 4;

/** Raw records and controls of one source in their order; see `aggregate` for what is late, held back or closed. */
export const ingest = (parts: IngestParts): Operator<SourceItem, IngestRecord> =>
  onSubscribe(() =>
    keepRaw(
      pipe(
        decode(parts), // bytes to fields; what cannot be read is rejected with its reason
        inPieces(), // one value may hold very many records
        sign(), // signature by byte scan
        aggregate({ ...parts, settings: settingsOf(parts), classes: classesOf(parts) }), // partial per key and pane; lateness judged record by record
        emitMarks(parts), // the watermark, after everything that it covers
      ), // rejects keep all of their record
    ),
  );

const classesOf = ({ sessions = [] }: DecodeParts): readonly string[] =>
  sessions.map((rule) => sessionEntity(rule).key);

/** Hash of the settings that shape partials. */
export function settingsOf(parts: Omit<IngestParts, 'source' | 'incarnation' | 'epoch' | 'stores'>): number {
  const shaping = { ...aggregateDefaults, pane: parts.pane, lateness: parts.lateness, sessions: parts.sessions ?? [] };
  shaping.pane ??= aggregateDefaults.pane;
  shaping.lateness ??= aggregateDefaults.lateness;
  return hashText(JSON.stringify([semantics, shaping.pane, shaping.lateness, shaping.sessions]));
}

/** Bytes to fields: raw records become log records and metric points, or are rejected with a reason. */
import { isUtf8 } from 'node:buffer';
import { mapBatch } from './map-batch.js';
import { patternSearch, type PatternSearch } from './decode/byte-pattern.js';
import { EntityCache } from './decode/entity-cache.js';
import { emptyFields, type Fields, type FormatReason } from './formats/format.js';
import { json } from './formats/json.js';
import { metric } from './formats/metric.js';
import { plain } from './formats/plain.js';
import { registry } from './formats/registry.js';
import type { FieldPaths } from './formats/usual-fields.js';
import type { RelabelRule } from './decode/relabel.js';
import type { Operator, Rejected } from '../records/batch.js';
import { int, struct, text, type Codec } from '../records/wire/codec.js';
import { entity, type Entity, type Labels } from '../records/entity.js';
import type { DecodedRecord, SessionKey } from '../records/log-record.js';
import type { RawRecord, SourceControl, SourceItem } from '../records/raw.js';
import type { ResolvedSchemas } from '../records/schema.js';
import type { StateStores } from '../records/store.js';

export interface SessionRule {
  /** Name of the session class: its `service` label. */
  readonly class: string;
  /** Pattern of the key in the message, RE2 syntax; the first group is the key where there is one. */
  readonly pattern: string;
  readonly labels?: Labels;
}

export interface DecodeParts {
  readonly source: string;
  readonly stores: StateStores;
  readonly format: 'auto' | 'json' | 'plain' | 'metric' | 'registry';
  /** Paths of fields; the usual names are found without them. */
  readonly fields?: FieldPaths;
  /** For the format `registry`: what its records are, and the schemas behind their ids. */
  readonly registry?: {
    readonly kind: 'log' | 'metric';
    readonly schemas: ResolvedSchemas;
    readonly readerSchema?: string;
  };
  /** Labels of every record. Without a `service`, neither here nor by a rule or field, the topic is the service. */
  readonly labels?: Labels;
  /** What rules may match besides `topic` and the labels, such as `file`; not part of the identity. */
  readonly inputs?: Labels;
  readonly relabel?: readonly RelabelRule[];
  readonly sessions?: readonly SessionRule[];
  /** Year of timestamps without one, where the data does not tell. */
  readonly year?: number;
  /** Told of what is no reject but worth a counter; nothing depends on it. */
  readonly count?: (what: DecodeCount, n: number) => void;
  /** Keys of a session class that a line may have; what follows is left out and counted. */
  readonly maxKeysPerLine?: number;
}

/** What a line leaves out or cannot show, and is read all the same. */
export type DecodeCount = 'invalid-utf8' | 'continuation' | 'long-session-key' | 'many-session-keys';

interface SessionSearch {
  readonly entity: Entity;
  readonly search: PatternSearch;
  /** An earlier rule has the same class. */
  readonly shares: boolean;
}

function sessionSearches(rules: readonly SessionRule[]): SessionSearch[] {
  const owners = new Map<string, Entity>();
  return rules.map((rule) => {
    const own = entity('session', { ...rule.labels, service: rule.class });
    const known = owners.get(own.key);
    if (!known) owners.set(own.key, own);
    return { entity: known ?? own, search: patternSearch(rule.pattern), shares: known !== undefined };
  });
}

/** Bytes of all labels of a line, and characters of a session key: they become keys of state, labels of metrics and alerts. */
const longestLabels = 4096;
const longestSessionKey = 1024;
const maxKeysPerLine = 256;

/** Longest line, bytes. */
export const longestLine = 1_048_576;
/** Event times that can be meant: 2000 up to 2100, ms. */
const earliest = 946_684_800_000;
const latest = 4_102_444_800_000;

/** What is remembered of a source from line to line; a function of its lines alone. */
interface DecodeState {
  /** The format that matched first: tells a broken JSON line from the continuation of a plain one. */
  format: string;
  /** Time of the last line that had one, ms, or -1: later lines without one continue it. */
  last: number;
}
const stateCodec: Codec<DecodeState> = struct<DecodeState>({ format: text, last: int });

const none: readonly SessionKey[] = [];
const noNumbers: readonly number[] = [];

/**
 * Reads every record by the format of its source. With `auto`, a line that begins with `{` is JSON, any other is plain;
 * in a source whose first readable line was plain, what begins with `{` and is no JSON continues the line before.
 *
 * A plain line without a timestamp (a stack trace) belongs to the line before it: it makes no record and is counted as
 * a continuation; where no line came before, it is rejected as `no-time`.
 *
 * Rejects: `empty`, `too-long`, `long-labels`, `not-json`, `no-time`, `no-value`, `time-out-of-range`, and `bad-frame`, `bad-schema`,
 * `bad-payload` of the format `registry`. Invalid UTF-8 is counted, and replaced when texts are made of it. Controls
 * pass in their place.
 */
export function decode(parts: DecodeParts): Operator<SourceItem, DecodedRecord | SourceControl> {
  const options = { ...parts.fields, year: parts.year };
  const { registry: framed } = parts;
  const formats = {
    json: json(options),
    plain: plain(options),
    metric: metric(options),
    // What is not framed is never read by it.
    registry: registry({
      kind: 'log',
      schemas: () => undefined,
      ...framed,
      fields: parts.fields ?? {},
      year: parts.year,
    }),
  };
  const fields = {
    json: emptyFields(formats.json.labels.length),
    plain: emptyFields(0),
    metric: emptyFields(formats.metric.labels.length),
    registry: emptyFields(formats.registry.labels.length),
  };
  const entities = {
    json: new EntityCache('service', formats.json, parts),
    plain: new EntityCache('service', formats.plain, parts),
    metric: new EntityCache('series', formats.metric, parts),
    registry: new EntityCache(framed?.kind === 'metric' ? 'series' : 'service', formats.registry, parts),
  };
  const sessions = sessionSearches(parts.sessions ?? []);
  const keysPerLine = parts.maxKeysPerLine ?? maxKeysPerLine;
  const store = parts.stores.open('ingest.decode', stateCodec);
  const context = { timestamp: -1, near: -1 };

  return mapBatch((batch) => {
    const state = store.get('') ?? { format: '', last: -1 };
    const before = { ...state };
    const items: (DecodedRecord | SourceControl)[] = [];
    const rejected: Rejected[] = [...batch.rejected];
    let continuations = 0;
    let longKeys = 0;
    let manyKeys = 0;

    const reject = (reason: string, detail: string, raw: RawRecord, time?: number): void => {
      const bytes = Uint8Array.prototype.slice.call(raw.bytes, raw.start, Math.min(raw.end, raw.start + 4096));
      rejected.push({ reason, detail, source: parts.source, offset: raw.offset, time, bytes });
    };

    const record = (raw: RawRecord): void => {
      if (raw.end - raw.start > longestLine) {
        reject('too-long', `the line has ${raw.end - raw.start} bytes; at most ${longestLine} are read`, raw);
        return;
      }
      const isObject = raw.bytes[raw.start] === 0x7b && raw.start < raw.end;
      let kind: keyof typeof formats = parts.format === 'auto' ? (isObject ? 'json' : 'plain') : parts.format;
      context.timestamp = raw.timestamp;
      context.near = state.last;
      let reason: FormatReason | undefined = formats[kind].read(raw.bytes, raw.start, raw.end, context, fields[kind]);
      if (reason === 'not-json' && parts.format === 'auto' && state.format === 'plain') {
        kind = 'plain';
        reason = 'no-time';
      }
      const found: Fields = fields[kind];
      if (reason !== undefined) {
        if (reason === 'header') return;
        if (reason === 'no-time' && kind === 'plain' && state.format === 'plain') {
          continuations++;
          return;
        }
        reject(reason, reason === 'empty' ? 'the line is empty' : found.detail, raw);
        return;
      }
      if (!(found.time >= earliest && found.time < latest)) {
        const when = Number.isFinite(found.time) ? `${found.time} ms` : 'none';
        reject('time-out-of-range', `the event time (${when} since 1970) is not between 2000 and 2100`, raw);
        return;
      }
      const labelled = bytesOf(found.labels);
      if (labelled > longestLabels) {
        reject('long-labels', `its labels have ${labelled} bytes; at most ${longestLabels} are kept`, raw, found.time);
        return;
      }
      if (state.format === '') state.format = kind;
      state.last = found.time;
      const owner = entities[kind].of(raw.topic, found);
      if (found.kind === 'point') {
        items.push({
          type: 'point',
          entity: owner,
          time: found.time,
          value: found.value,
          offset: raw.offset,
          timestamp: raw.timestamp,
          appended: raw.appended,
          origin: raw.origin,
        });
        return;
      }
      items.push({
        type: 'log',
        entity: owner,
        time: found.time,
        level: found.level,
        outcome: found.outcome,
        bytes: found.bytes,
        start: found.start,
        end: found.end,
        value: found.value,
        signature: 0,
        numbers: noNumbers,
        variable: 0,
        sessions: sessions.length === 0 ? none : keysOf(found),
        offset: raw.offset,
        timestamp: raw.timestamp,
        appended: raw.appended,
        origin: raw.origin,
      });
    };

    const keysOf = ({ bytes, start, end }: Fields): readonly SessionKey[] => {
      const keys: SessionKey[] = [];
      for (const { entity, search, shares } of sessions) {
        // Of rules that share a class, one counts on where the other ended.
        const seen = shares
          ? new Set(keys.filter((known) => known.entity === entity).map(({ key }) => key))
          : new Set();
        search(bytes, start, end, (key) => {
          if (key.length > longestSessionKey) longKeys++;
          else if (!seen.has(key)) {
            if (seen.size >= keysPerLine) {
              manyKeys++;
              return false;
            }
            seen.add(key);
            keys.push({ entity, key });
          }
          return true;
        });
      }
      return keys.length === 0 ? none : keys;
    };

    for (const item of batch.items) {
      if (item.type === undefined) record(item);
      else items.push(item);
    }
    if (state.format !== before.format || state.last !== before.last) store.put('', state);
    if (parts.count) {
      if (continuations > 0) parts.count('continuation', continuations);
      if (longKeys > 0) parts.count('long-session-key', longKeys);
      if (manyKeys > 0) parts.count('many-session-keys', manyKeys);
      const invalid = parts.format === 'registry' ? 0 : countInvalid(batch.items);
      if (invalid > 0) parts.count('invalid-utf8', invalid);
    }
    return { items, rejected, position: batch.position };
  });
}

/** Bytes of all labels of a line, by their beginnings and ends. */
function bytesOf(labels: Fields['labels']): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i += 2) if (labels[i] >= 0) sum += labels[i + 1] - labels[i];
  return sum;
}

/** Records with invalid UTF-8. Neighbours share their buffer, which mostly is valid as a whole. */
function countInvalid(items: readonly SourceItem[]): number {
  let invalid = 0;
  let shared: Uint8Array | undefined;
  let valid = false;
  for (const item of items) {
    if (item.type !== undefined) continue;
    if (item.bytes !== shared) {
      shared = item.bytes;
      valid = isUtf8(shared);
    }
    if (!valid && !isUtf8(item.bytes.subarray(item.start, item.end))) invalid++;
  }
  return invalid;
}

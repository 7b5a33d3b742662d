/** Bytes to fields: raw records become log records and metric points, or are rejected with a reason. */
import { isUtf8 } from 'node:buffer';
import { mapBatch } from './map-batch.js';
import { patternSearch, type PatternSearch } from './decode/byte-pattern.js';
import { EntityCache } from './decode/entity-cache.js';
import { elementsOf, isGzip, mayWrap, unpacked } from './decode/envelope.js';
import { bareHead, withoutFrames } from './decode/evidence.js';
import { noLines, type LineCounts, type LineFate, type LinePlace } from './decode/fate.js';
import { isJournalStart, journalEntries, JournalLines } from './decode/journal.js';
import { ManyReader } from './decode/many-reader.js';
import { OpenRecords } from './decode/open-records.js';
import { decodeState, newDecodeState, type DecodeState } from './decode/state.js';
import { BreakSearch, eachLine, firstBreak, linesIn, type LinesLeft, withoutBreaks } from './decode/value-lines.js';
import {
  clearFields,
  emptyFields,
  type Fields,
  type Format,
  type FormatReason,
  type LineContext,
} from '../formats/format.js';
import type { ManyContext, ManyFormat } from '../formats/many.js';
import { logFormats } from '../formats/log.js';
import { equalSticky, newSticky } from '../formats/sticky.js';
import { outOfOrder } from '../formats/timestamp.js';
import { Zone } from '../formats/time/zones.js';
import { findLevel } from '../formats/level.js';
import { otlp, otlpSignal } from '../formats/otlp.js';
import { isMetric, points } from '../formats/points.js';
import { registry } from '../formats/registry.js';
import { lineTest } from '../formats/text/line-pattern.js';
import type { FieldPaths } from '../formats/usual-fields.js';
import type { RelabelRule } from './decode/relabel.js';
import type { Operator, RecordPart, Rejected } from '../records/batch.js';
import { entity, type Entity, type Labels } from '../records/entity.js';
import type { DecodedRecord, LogRecord, MetricPoint, SessionKey } from '../records/log-record.js';
import type { RawRecord, SourceCommand, SourceItem } from '../records/raw.js';
import type { ResolvedSchemas } from '../records/schema.js';
import type { StateStores } from '../records/store.js';

/** Which part of a message is the key of a session. */
export interface SessionRule {
  /** Name of the session class: its `service` label. */
  readonly class: string;
  /** Pattern of the key in the message, RE2 syntax; the first group is the key where there is one. */
  readonly pattern: string;
  readonly labels?: Labels;
}

/** What `decode` is made of. */
export interface DecodeParts {
  readonly source: string;
  readonly stores: StateStores;
  readonly format: 'auto' | 'json' | 'plain' | 'metric' | 'otlp' | 'registry';
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
  /** Zone of timestamps without one, as the IANA database names it, or an offset; UTC without it. */
  readonly timezone?: string;
  /** Which is first in `05/01/2026`, where the data does not tell. */
  readonly dateOrder?: 'day' | 'month';
  /** Day of the first line, `2026-01-05`, of stamps that have a time of day alone. */
  readonly date?: string;
  /** Form of the stamps, as strptime describes it. */
  readonly timeFormat?: string;
  /** Longest value, bytes; 1 MiB without it. */
  readonly longest?: number;
  /** Pattern (RE2) with named groups that gives the fields of text lines of a form of their own. */
  readonly pattern?: string;
  /** Pattern of the first lines of records: text lines that do not match continue the record before them. */
  readonly recordStart?: string;
  /**
   * `lines`: each is a line of a file, and may continue the one before it. `values`: each stands for itself and may hold
   * several lines: one message, unless they have stamps. `batches`: values whose lines stand for themselves. Without it,
   * records with a broker time stamp are values.
   */
  readonly records?: 'lines' | 'values' | 'batches';
  /**
   * Where the time of a record is from: its own (`record`), the broker's (`broker`), or, with `auto`, its own and the
   * broker's where it has none.
   */
  readonly time?: 'record' | 'broker' | 'auto';
  /**
   * A time close to that of the first line, ms: stamps without a year are near it until a line has told a time. Of a file,
   * half a year before it was changed last, since its lines are older than that.
   */
  readonly near?: number;
  /** Counts what is no reject but worth a counter; nothing depends on it. */
  readonly count?: (what: DecodeCount, n: number) => void;
  /** Keys of a session class that a line may have; what follows is left out and counted. */
  readonly maxKeysPerLine?: number;
  /** Labels that a line or a point may have. */
  readonly maxLabels?: number;
  /** Receives what became of the lines of each slice; nothing depends on it. */
  readonly lines?: (counts: LineCounts) => void;
  /** Receives the fate of each line, in order; nothing depends on it. */
  readonly fate?: (fate: LineFate) => void;
}

/** What a line leaves out or cannot show, and is read all the same. */
export type DecodeCount = 'invalid-utf8' | 'without-records' | 'long-session-key' | 'many-session-keys';

/** The entity of a session class. */
export const sessionEntity = (rule: SessionRule): Entity => entity('session', { ...rule.labels, service: rule.class });

interface SessionSearch {
  readonly entity: Entity;
  readonly search: PatternSearch;
  /** An earlier rule has the same class. */
  readonly shares: boolean;
}

function sessionSearches(rules: readonly SessionRule[]): SessionSearch[] {
  const owners = new Map<string, Entity>();
  return rules.map((rule) => {
    const own = sessionEntity(rule);
    const known = owners.get(own.key);
    if (!known) owners.set(own.key, own);
    return { entity: known ?? own, search: patternSearch(rule.pattern), shares: known !== undefined };
  });
}

/** Bytes of all labels of a line, and characters of a session key: they become keys of state, labels of metrics and alerts. */
const longestLabels = 4096;
const longestSessionKey = 1024;
const maxKeysPerLine = 256;
const defaultLabels = 64;

/** Longest line, bytes. */
export const longestLine = 1_048_576;
/** Lines that one value of several may have; more would hold up what else the process does for longer than a fifth of a second. */
export const maxLinesOfValue = 20_000;
/** Event times that can be meant: 2000 up to 2100, ms. */
const earliest = 946_684_800_000;
const latest = 4_102_444_800_000;

const none: readonly SessionKey[] = [];

/**
 * Reads every record by the format of its source. A line is read, joined or refused:
 *
 * - A line of a file without a time of its own that shows that it continues the one before it (a stack trace) is joined to
 *   that record, in the same stream of its container. A value never continues another; it may hold several lines.
 * - What is refused is a dead letter with its reason: `empty`, `too-long`, `long-labels`, `too-many-labels`, `not-json`, `no-time`, `bad-time`,
 *   `bad-encoding`, `no-value`, `time-out-of-range`, and `bad-frame`, `bad-schema`, `bad-payload` of the format `registry`.
 *
 * A record that may still grow leaves with the next line that begins one, or before the next control. Invalid UTF-8 is
 * counted, and replaced when texts are made of it. Controls pass in their place.
 */
export function decode(parts: DecodeParts): Operator<SourceItem, DecodedRecord | SourceCommand> {
  const store = parts.stores.open('ingest.decode', decodeState, 6);
  const decoder = new Decoder(parts);
  return mapBatch((batch) => {
    const before = store.get('');
    decoder.begin(before ?? newDecodeState(), batch.rejected);
    for (const item of batch.items) {
      if (item.type === undefined) decoder.take(item);
      else decoder.control(item);
    }
    const state = decoder.end();
    if (!before || isChanged(state, before)) store.put('', state);
    if (parts.count) {
      const isBinary = ['registry', 'otlp', 'metric'].includes(parts.format === 'auto' ? state.format : parts.format);
      const invalid = isBinary ? 0 : countInvalid(batch.items);
      if (invalid > 0) parts.count('invalid-utf8', invalid);
    }
    return { items: decoder.items, rejected: decoder.rejected, position: batch.position };
  });
}

const isChanged = (now: DecodeState, before: DecodeState): boolean =>
  now.open.length > 0 ||
  now.journal !== undefined ||
  before.journal !== undefined ||
  before.open.length > 0 ||
  now.format !== before.format ||
  now.last !== before.last ||
  now.begun !== before.begun ||
  now.header !== before.header ||
  !equalSticky(now.sticky, before.sticky);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

type DecoderKind = 'json' | 'plain' | 'registry';

/** Where a piece of a record stands; `to` moves on with the lines that are joined to it. */
interface LinePiece extends RecordPart {
  to: number;
}

/** Entities of lines, and of values that hold many records. */
interface Owners {
  readonly entities: Readonly<Record<DecoderKind, EntityCache>>;
  readonly many: ManyReader;
}
/** The time from which on the lines of a day are: its midnight in the zone of the source, none of them out of order. */
function beginningOf(date: string, zone: Zone | undefined): number {
  const local = Date.parse(`${date}T00:00:00Z`);
  return (zone?.toUtc(local, -1, false) ?? local) + outOfOrder;
}

/** Distinct keys and headers whose entities are kept. */
const maxInputs = 1000;

/** Works on one batch at a time; what lasts is in its state. */
class Decoder {
  items: (DecodedRecord | SourceCommand)[] = [];
  rejected: Rejected[] = [];

  private readonly formats: Readonly<Record<DecoderKind, Format>>;
  private readonly fields: Readonly<Record<DecoderKind, Fields>>;
  private readonly owners: Owners;
  private readonly byInputs = new Map<Labels, Owners>();
  private readonly sessions: readonly SessionSearch[];
  private readonly many: { readonly otlp: ManyFormat; readonly metric: ReturnType<typeof points> };
  private manyKeys = 0;
  private readonly breaks = new BreakSearch();
  /** The value at hand was packed. */
  private isUnpacked = false;
  private readonly context: Mutable<LineContext> = {
    timestamp: -1,
    near: -1,
    borrow: -1,
    sticky: newSticky(),
    inner: false,
  };
  private state = newDecodeState();
  /** Open records of the source, and of the value at hand. */
  private open = new OpenRecords([]);
  /** An entry of the journal that has begun. */
  private journal: JournalLines | undefined;
  private counts = noLines();
  private longKeys = 0;
  private readonly lastStream: { stream: number; owner: Entity | undefined; name: string } = {
    stream: 0,
    owner: undefined,
    name: '',
  };
  private readonly isRecordStart: ReturnType<typeof lineTest> | undefined;
  /** A time near that of the first line, ms, or -1. */
  private readonly first: number;

  constructor(private readonly parts: DecodeParts) {
    const matched = (parts.relabel ?? []).flatMap((rule) => rule.source_labels);
    const zone: { readonly zone?: Zone } = parts.timezone === undefined ? {} : { zone: new Zone(parts.timezone) };
    const dateOrder = parts.dateOrder === undefined ? {} : { dateOrder: parts.dateOrder };
    const isDated = parts.date !== undefined;
    const pattern = parts.pattern === undefined ? {} : { pattern: parts.pattern };
    const timeFormat = parts.timeFormat === undefined ? {} : { timeFormat: parts.timeFormat };
    const options = {
      ...parts.fields,
      year: parts.year,
      isDated,
      ...zone,
      ...dateOrder,
      ...timeFormat,
      ...pattern,
      matched,
    };
    this.first = parts.date === undefined ? (parts.near ?? -1) : beginningOf(parts.date, zone.zone);
    const { registry: framed } = parts;
    this.formats = {
      ...logFormats(options),
      // What is not framed is never read by it.
      registry: registry({
        kind: 'log',
        schemas: () => undefined,
        ...framed,
        fields: parts.fields ?? {},
        year: parts.year,
      }),
    };
    const { formats } = this;
    this.fields = {
      json: emptyFields(formats.json.labels.length),
      plain: emptyFields(formats.plain.labels.length),
      registry: emptyFields(formats.registry.labels.length),
    };
    this.owners = this.ownersOf(undefined);
    this.isRecordStart = parts.recordStart === undefined ? undefined : lineTest(parts.recordStart);
    this.sessions = sessionSearches(parts.sessions ?? []);
    this.many = { otlp: otlp(parts.fields), metric: points(parts.fields) };
  }

  /** Who owns the records with these inputs, of the line's own labels and the source's. */
  private ownersOf(inputs: Labels | undefined): Owners {
    const { formats } = this;
    const parts = inputs === undefined ? this.parts : { ...this.parts, inputs: { ...this.parts.inputs, ...inputs } };
    return {
      entities: {
        json: new EntityCache('service', formats.json, parts),
        plain: new EntityCache('service', formats.plain, parts),
        registry: new EntityCache(parts.registry?.kind === 'metric' ? 'series' : 'service', formats.registry, parts),
      },
      many: new ManyReader({
        ...parts,
        earliest,
        latest,
        longestLabels,
        maxLabels: parts.maxLabels ?? defaultLabels,
        keysOf: (text) => (this.sessions.length === 0 ? none : this.keysOf(text)),
      }),
    };
  }

  /** Records of the same key and headers share theirs. */
  private ownersFor(inputs: Labels | undefined): Owners {
    if (inputs === undefined) return this.owners;
    let owners = this.byInputs.get(inputs);
    if (!owners) {
      if (this.byInputs.size >= maxInputs) this.byInputs.clear();
      this.byInputs.set(inputs, (owners = this.ownersOf(inputs)));
    }
    return owners;
  }

  begin(state: DecodeState, rejected: readonly Rejected[]): void {
    this.state = { ...state, sticky: { ...state.sticky } };
    this.context.sticky = this.state.sticky;
    this.open = new OpenRecords(state.open);
    this.journal = state.journal && new JournalLines(state.journal);
    this.items = [];
    this.rejected = [...rejected];
    this.counts = noLines();
    this.longKeys = this.manyKeys = 0;
  }

  end(): DecodeState {
    const { parts, counts } = this;
    if (parts.count && this.longKeys > 0) parts.count('long-session-key', this.longKeys);
    if (parts.count && this.manyKeys > 0) parts.count('many-session-keys', this.manyKeys);
    if (parts.lines && counts.in > 0) parts.lines(counts);
    this.state.open = this.open.snapshot();
    this.state.journal = this.journal?.snapshot();
    return this.state;
  }

  /** What a control says holds for all before it, so that open records leave first. */
  control(control: SourceCommand): void {
    // What time it is at the reader ends no record.
    if (control.type !== 'live' && control.type !== 'behind') {
      this.endJournal();
      this.closeAll(this.open);
    }
    this.items.push(control);
  }

  take(raw: RawRecord): void {
    const { format, records } = this.parts;
    const inFile = records === undefined ? raw.timestamp < 0 : records === 'lines';
    const { longest = longestLine } = this.parts;
    if (raw.end - raw.start > longest) {
      this.counts.in++;
      const detail = `the line has ${raw.end - raw.start} bytes; at most ${longest} are read`;
      this.refuse('too-long', detail, raw, undefined, raw.start, raw.end, '');
      return;
    }
    if (this.journal && this.inJournal(this.journal, raw)) return;
    if (!inFile && format !== 'registry' && isGzip(raw.bytes, raw.start, raw.end)) {
      this.packed(raw);
      return;
    }
    this.value(raw, inFile);
  }

  /** What was packed with gzip is read as if it had come alone. */
  private packed(raw: RawRecord): void {
    let bytes: Buffer;
    try {
      bytes = unpacked(raw.bytes, raw.start, raw.end);
    } catch (error) {
      this.counts.in++;
      const detail = `the value begins as gzip does, and cannot be unpacked: ${(error as Error).message}`;
      this.refuse('bad-payload', detail, raw, undefined, raw.start, raw.end, 'gzip');
      return;
    }
    this.isUnpacked = true;
    this.value({ ...raw, bytes, start: 0, end: bytes.length }, false);
    this.isUnpacked = false;
  }

  private value(raw: RawRecord, inFile: boolean): void {
    const { format } = this.parts;
    const many = this.manyFormat(raw, inFile);
    if (many) {
      this.readMany(raw, many, inFile);
      this.state.begun = 1;
      return;
    }
    const isText = format === 'auto' || format === 'json' || format === 'plain';
    if (isText && this.wrapped(raw, inFile)) {
      this.state.begun = 1;
      return;
    }
    if (!isText) this.line(raw, undefined, raw.start, raw.end, undefined);
    else if (inFile) this.line(raw, undefined, raw.start, raw.end, this.open);
    else {
      const end = withoutBreaks(raw.bytes, raw.start, raw.end);
      // What was unpacked has a buffer of its own.
      const isMany = this.isUnpacked
        ? firstBreak(raw.bytes, raw.start, end) >= 0
        : this.breaks.has(raw.bytes, raw.start, end);
      if (isMany) this.lines(raw, end);
      else this.line(raw, undefined, raw.start, end, undefined);
    }
    this.state.begun = 1;
  }

  /** A value of several lines: several records, or one and what belongs to it. Empty lines between them are none. */
  private lines(raw: RawRecord, end: number): void {
    const { bytes, start } = raw;
    if (bytes[start] === 0x7b && this.parts.format !== 'plain' && this.isOneObject(raw)) {
      this.line(raw, undefined, start, end, undefined);
      return;
    }
    const open = new OpenRecords([]);
    let pieces = 0;
    let last: LinePiece | undefined;
    const rest = eachLine(bytes, start, end, maxLinesOfValue, (from, to, index) => {
      const piece = this.piece(index, from - start, to - start);
      const isJoined = this.line(raw, piece, from, to, open);
      if (isJoined && last) last.to = piece.to;
      else {
        pieces++;
        last = piece;
      }
    });
    const first = this.items.length;
    this.closeAll(open);
    if (rest) {
      this.refuseRest(raw, rest);
      return;
    }
    // One record and its trace are all of the value.
    if (pieces === 1 && this.items.length > first) Object.assign(this.items[first]!, { part: undefined });
  }

  /** Lines behind those that one value may have: a slice of work has an end. */
  private refuseRest(raw: RawRecord, { from, index }: LinesLeft, elements?: number): void {
    const { bytes, start, end } = raw;
    const lines = elements ?? linesIn(bytes, from, end);
    const detail = `the value has ${lines} ${elements === undefined ? 'lines' : 'records'} behind the first ${maxLinesOfValue}: at most so many are read of one`;
    // Each counts as a line that came, though they are one reject.
    this.counts.in += lines;
    this.counts.refused += lines - 1;
    this.counts.reasons['too-many-lines'] = (this.counts.reasons['too-many-lines'] ?? 0) + lines - 1;
    this.refuse('too-many-lines', detail, raw, this.piece(index, from - start, end - start), from, end, '');
  }

  /** Where a piece of a value is; of one that was unpacked it is not known. */
  private piece(index: number, from: number, to: number): LinePiece {
    return this.isUnpacked ? { index, from: 0, to: 0 } : { index, from, to };
  }

  /** A value that wraps several records: an array, an envelope, entries of the journal. */
  private wrapped(raw: RawRecord, inFile: boolean): boolean {
    const { bytes, start, end } = raw;
    if (this.parts.format === 'plain') return false;
    if (mayWrap(bytes, start, end)) {
      const elements = elementsOf(bytes, start, end);
      if (!elements) return false;
      this.closeAll(this.open);
      elements.slice(0, maxLinesOfValue).forEach((one, index) => {
        const piece = this.piece(index, one.from - start, one.to - start);
        this.line({ ...raw, bytes: one.bytes }, piece, one.start, one.end, undefined);
      });
      if (elements.length > maxLinesOfValue) {
        const { from } = elements[maxLinesOfValue]!;
        this.refuseRest(raw, { from, index: maxLinesOfValue }, elements.length - maxLinesOfValue);
      }
      if (elements.length === 0) this.withoutRecord(raw, 'envelope');
      return true;
    }
    if (!isJournalStart(bytes, start, end)) return false;
    this.closeAll(this.open);
    if (inFile) {
      this.journal = JournalLines.begin(raw.topic);
      this.inJournal(this.journal, raw);
      return true;
    }
    journalEntries(bytes, start, end).forEach(({ from, to, json }, index) => {
      this.line({ ...raw, bytes: json }, this.piece(index, from - start, to - start), 0, json.length, undefined);
    });
    return true;
  }

  private withoutRecord(raw: RawRecord, form: string): void {
    this.counts.in++;
    this.counts.read++;
    this.note(raw, undefined, { fate: 'read', record: undefined, borrowedTime: false }, form);
    this.parts.count?.('without-records', 1);
  }

  /** A line of a file goes on in the entry of the journal that has begun, ends it, or is none of its lines. */
  private inJournal(journal: JournalLines, raw: RawRecord): boolean {
    const fate = journal.take(raw);
    if (fate !== 'more' || journal.isTooLong) this.endJournal();
    return fate !== 'other';
  }

  /** The entry is a record, and its lines belong to the first one. */
  private endJournal(): void {
    const { journal } = this;
    if (!journal) return;
    this.journal = undefined;
    const { topic, offsets, bytes } = journal;
    const [offset, ...others] = offsets;
    const json = journalEntries(bytes, 0, bytes.length)[0]?.json ?? bytes;
    const raw: RawRecord = { bytes: json, start: 0, end: json.length, offset: offset!, timestamp: -1, topic };
    const first = this.items.length;
    this.line(raw, { index: 0, from: 0, to: 0 }, 0, json.length, undefined);
    // The record is all of the entry.
    if (this.items.length > first) Object.assign(this.items[first]!, { part: undefined });
    this.counts.in += others.length;
    this.counts.joined += others.length;
    for (const other of others)
      this.parts.fate?.({
        offset: other,
        index: 0,
        form: 'journal',
        fate: 'joined',
        to: { offset: offset!, index: 0 },
      });
  }

  /** The format of a value that holds many records: by configuration, or by its bytes. */
  private manyFormat(raw: RawRecord, inFile: boolean): ManyFormat | undefined {
    const { format, fields } = this.parts;
    const { bytes, start, end } = raw;
    if (format === 'otlp') return this.many.otlp;
    if (format === 'metric') return this.many.metric;
    if (format !== 'auto' || start === end) return undefined;
    if (otlpSignal(bytes, start, end) !== undefined) return this.many.otlp;
    // A source of metrics is one from its first record on; a later line is not asked.
    const { format: known } = this.state;
    const isAsked = known === '' && isMetric(bytes, start, end, this.manyContext(raw, inFile), fields);
    return known === 'metric' || isAsked ? this.many.metric : undefined;
  }

  private manyContext({ timestamp }: RawRecord, inFile: boolean): ManyContext {
    return { timestamp, isFirst: inFile && this.state.begun === 0 };
  }

  /** What one part lacks says nothing of the others: each has an index of its own, also where it is refused. */
  private readMany(raw: RawRecord, format: ManyFormat, inFile: boolean): void {
    const { state, counts } = this;
    const { name } = format;
    this.closeAll(this.open);
    this.many.metric.memory = state.header;
    const { items, rejected, passed } = this.ownersFor(raw.inputs).many.read(
      raw,
      format,
      this.manyContext(raw, inFile),
    );
    state.header = this.many.metric.memory;
    if (state.format === '' && (items.length > 0 || state.header !== '')) state.format = name;
    counts.in += items.length + rejected.length + passed;
    counts.read += items.length + passed;
    counts.refused += rejected.length;
    for (const record of items) {
      state.last = record.time;
      this.items.push(record);
      if (this.parts.fate) this.note(raw, record.part, { fate: 'read', record, borrowedTime: false }, name);
    }
    for (const one of rejected) {
      counts.reasons[one.reason] = (counts.reasons[one.reason] ?? 0) + 1;
      this.rejected.push(one);
      this.note(raw, one.part, { fate: 'refused', reason: one.reason, detail: one.detail }, name);
    }
    for (let i = 0; i < passed; i++)
      this.note(raw, undefined, { fate: 'read', record: undefined, borrowedTime: false }, name);
    if (this.parts.count && passed > 0) this.parts.count('without-records', passed);
  }

  private isOneObject({ bytes, start, end }: RawRecord): boolean {
    clearFields(this.fields.json);
    this.place(-1);
    const reason = this.formats.json.read(bytes, start, end, this.context, this.fields.json);
    return reason !== 'not-json';
  }

  private place(timestamp: number): void {
    this.context.timestamp = timestamp;
    this.context.near = this.state.last >= 0 ? this.state.last : this.first;
    this.context.borrow = -1;
    this.context.inner = false;
  }

  /**
   * Reads one line; `open` holds the records that it may continue. Returns whether it was joined to one.
   */
  private line(
    raw: RawRecord,
    piece: LinePiece | undefined,
    start: number,
    end: number,
    open: OpenRecords | undefined,
  ): boolean {
    const { parts, state, context } = this;
    const { bytes, timestamp, appended, origin } = raw;
    this.counts.in++;
    this.place(timestamp);
    const isObject = start < end && (bytes[start] === 0x7b || isIndentedObject(bytes, start, end));
    const given = parts.format === 'json' || parts.format === 'registry' ? parts.format : 'plain';
    let kind: DecoderKind = parts.format === 'auto' ? (isObject ? 'json' : 'plain') : given;
    if (isObject && kind === 'json') while (bytes[start] !== 0x7b) start++;
    const isText = kind === 'json' || kind === 'plain';
    if (parts.time === 'broker' && isText && timestamp >= 0) {
      // Whatever the line says of its time does not matter.
      context.borrow = timestamp;
      context.inner = true;
    }
    let found = this.fields[kind];
    clearFields(found);
    let reason = this.formats[kind].read(bytes, start, end, context, found);
    if (reason === 'header' && (timestamp >= 0 || state.begun === 1)) {
      reason = 'no-value';
      found.detail =
        'expected timestamp,value[,series]: the first column has no digit, and a header is the first line of a file';
    }
    if (reason === 'header' || reason === 'comment') {
      this.counts.read++;
      this.note(raw, piece, { fate: 'read', record: undefined, borrowedTime: false }, reason);
      return false;
    }
    if (this.isRecordStart && open && kind === 'plain' && found.stream === 0 && start < end) {
      const to = this.isRecordStart(bytes, start, end)
        ? undefined
        : open.join('', { bytes, start, end, time: NaN }, true);
      if (to) return this.joined(raw, piece, to, 'text');
    }
    if (reason !== undefined && isText && isStampless(reason)) {
      // Neither a time nor an object: the end of a record before it, one that begins without a stamp, or nothing known.
      const head = open && reason !== 'empty' ? this.textOfHead(bytes, start, end, open) : undefined;
      if (head) return this.joined(raw, piece, head, 'text');
      const level = bareHead(bytes, start, end);
      const to = level > 0 ? undefined : open?.join('', { bytes, start, end, time: NaN });
      if (to) return this.joined(raw, piece, to, 'text');
      const isText = reason !== 'not-json' && reason !== 'empty';
      if (level > 0) context.borrow = timestamp >= 0 ? timestamp : state.last;
      else if (isText && parts.time !== 'record') context.borrow = timestamp;
      if (context.borrow >= 0) {
        if (level > 0) kind = 'plain';
        // The value itself shows that its lines belong together, unless one says with what weight it begins.
        const isOneMessage = parts.records !== 'batches' && level === 0 && findLevel(bytes, start, end) === 0;
        if (isOneMessage && piece && piece.index > 0 && open) {
          const before = open.join('', { bytes, start, end, time: NaN }, true);
          if (before) return this.joined(raw, piece, before, 'text');
        }
        found = this.fields[kind];
        clearFields(found);
        reason = this.formats[kind].read(bytes, start, end, context, found);
        if (level > 0 && found.level === 0) found.level = level;
      }
    }
    if (reason !== undefined) {
      const detail = reason === 'empty' ? 'the line is empty' : found.detail;
      this.refuse(reason, detail, raw, piece, start, end, found.form || kind);
      return false;
    }
    if (parts.time === 'broker' && timestamp >= 0) found.time = timestamp;
    if (!(found.time >= earliest && found.time < latest)) {
      const when = Number.isFinite(found.time) ? `${found.time} ms` : 'none';
      const detail = `the event time (${when} since 1970) is not between 2000 and 2100`;
      this.refuse('time-out-of-range', detail, raw, piece, start, end, found.form || kind);
      return false;
    }
    const labelled = bytesOf(found.labels);
    if (labelled > longestLabels) {
      const detail = `its labels have ${labelled} bytes; at most ${longestLabels} are kept`;
      this.refuse('long-labels', detail, raw, piece, start, end, found.form || kind, found.time);
      return false;
    }
    const count = found.labels.length >> 1;
    const most = parts.maxLabels ?? defaultLabels;
    if (count > most) {
      const detail = `it has ${count} labels; at most ${most} are kept (limits.labels)`;
      this.refuse('too-many-labels', detail, raw, piece, start, end, found.form || kind, found.time);
      return false;
    }
    if (state.format === '') state.format = kind;
    state.last = found.time;
    const owner = this.ownersFor(raw.inputs).entities[kind].of(raw.topic, found);
    if (found.kind === 'point') {
      this.counts.read++;
      const { time, value } = found;
      const point: MetricPoint = {
        type: 'point',
        entity: owner,
        time,
        value,
        offset: raw.offset,
        timestamp,
        appended,
        origin,
      };
      this.items.push(point);
      if (parts.fate)
        this.note(raw, piece, { fate: 'read', record: point, borrowedTime: found.borrowed }, found.form || kind);
      return false;
    }
    // A message of several lines has escapes, and is a copy.
    const head =
      found.bytes === bytes || kind !== 'json' ? undefined : withoutFrames(found.bytes, found.start, found.end);
    if (head) {
      found.bytes = head;
      found.start = 0;
      found.end = head.length;
    }
    const stream = found.stream === 0 ? '' : this.streamOf(found.stream, owner);
    if (open && found.stream > 0) {
      const { time, partial } = found;
      const isText = found.textStart >= 0;
      const text = isText ? found.textBytes : found.bytes;
      const [from, to] = isText ? [found.textStart, found.textEnd] : [found.start, found.end];
      const continuation = { bytes: text, start: from, end: to, time };
      if (open.isPartial(stream)) {
        return this.joined(raw, piece, open.extend(stream, continuation, partial), found.form);
      }
      const isTold = this.isRecordStart?.(text, from, to) === false;
      const to2 = found.stampless || isTold ? open.join(stream, continuation, isTold) : undefined;
      if (to2) return this.joined(raw, piece, to2, found.form);
    }
    const record: LogRecord = {
      type: 'log',
      entity: owner,
      time: found.time,
      level: found.level,
      outcome: found.outcome,
      route: found.route,
      replica: found.replica,
      bytes: found.bytes,
      start: found.start,
      end: found.end,
      value: found.value,
      signature: 0,
      variable: 0,
      numbers: [],
      sessions: this.sessions.length === 0 ? none : this.keysOf(found),
      offset: raw.offset,
      part: piece,
      timestamp,
      appended,
      origin,
    };
    this.counts.read++;
    if (found.borrowed) this.counts.borrowedTime++;
    if (open) {
      open.begin(stream, record, piece?.index ?? 0, found, this.items);
    } else this.items.push(record);
    if (parts.fate) this.note(raw, piece, { fate: 'read', record, borrowedTime: found.borrowed }, found.form || kind);
    return false;
  }

  /** The name of a stream of an entity: neighbours share it, and so its hash. */
  private streamOf(stream: number, owner: Entity): string {
    const { lastStream } = this;
    if (lastStream.stream !== stream || lastStream.owner !== owner) {
      lastStream.stream = stream;
      lastStream.owner = owner;
      lastStream.name = `${stream} ${owner.key}`;
    }
    return lastStream.name;
  }

  /** `SEVERE: message` behind a head that has only the time and the method (java.util.logging): it is the record's text. */
  private textOfHead(bytes: Uint8Array, start: number, end: number, open: OpenRecords): LinePlace | undefined {
    const level = findLevel(bytes, start, end);
    const head = level > 0 ? open.headOf('') : undefined;
    if (!head) return undefined;
    head.record.level = level;
    head.record.bytes = bytes;
    head.record.start = start;
    head.record.end = end;
    return head.place;
  }

  private closeAll(open: OpenRecords): void {
    open.close(this.items);
  }

  private joined(raw: RawRecord, piece: LinePiece | undefined, to: LinePlace, form: string): true {
    this.counts.joined++;
    if (this.parts.fate) this.note(raw, piece, { fate: 'joined', to }, form);
    return true;
  }

  private refuse(
    reason: string,
    detail: string,
    raw: RawRecord,
    piece: LinePiece | undefined,
    from: number,
    to: number,
    form: string,
    time?: number,
  ): void {
    this.counts.refused++;
    this.counts.reasons[reason] = (this.counts.reasons[reason] ?? 0) + 1;
    const bytes = Uint8Array.prototype.slice.call(raw.bytes, from, Math.min(to, from + 4096));
    const { source } = this.parts;
    this.rejected.push({ reason, detail, source, offset: raw.offset, time, bytes, ...(piece ? { part: piece } : {}) });
    this.note(raw, piece, { fate: 'refused', reason, detail }, form);
  }

  private note(raw: RawRecord, piece: LinePiece | undefined, what: FateOf, form: string): void {
    this.parts.fate?.({ offset: raw.offset, index: piece?.index ?? 0, form, ...what });
  }

  private keysOf({ bytes, start, end }: Pick<Fields, 'bytes' | 'start' | 'end'>): readonly SessionKey[] {
    const keys: SessionKey[] = [];
    const most = this.parts.maxKeysPerLine ?? maxKeysPerLine;
    for (const { entity, search, shares } of this.sessions) {
      // Of rules that share a class, one counts on where the other ended.
      const seen = shares ? new Set(keys.filter((known) => known.entity === entity).map(({ key }) => key)) : new Set();
      search(bytes, start, end, (key) => {
        if (key.length > longestSessionKey) this.longKeys++;
        else if (!seen.has(key)) {
          if (seen.size >= most) {
            this.manyKeys++;
            return false;
          }
          seen.add(key);
          keys.push({ entity, key });
        }
        return true;
      });
    }
    return keys.length === 0 ? none : keys;
  }
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type FateOf = Without<LineFate, 'offset' | 'index' | 'form'>;

/** Reasons of a line that may have a time from elsewhere, or belong to another. */
const isStampless = (reason: FormatReason): boolean =>
  reason === 'no-time' || reason === 'not-json' || reason === 'empty';

/** Whether an object is behind blanks, a byte order mark, or the separator of JSON text sequences (RFC 7464). */
function isIndentedObject(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]!;
  if (first > 0x20 && first !== 0xef) return false;
  let i = first === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf ? start + 3 : start;
  while (i < end && (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x1e)) i++;
  return i < end && bytes[i] === 0x7b && bytes[end - 1] === 0x7d;
}

/** Bytes of all labels of a line, by their beginnings and ends. */
function bytesOf(labels: Fields['labels']): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i += 2) if (labels[i]! >= 0) sum += labels[i + 1]! - labels[i]!;
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

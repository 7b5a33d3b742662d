/** What flows through the `windows` log, from `ingest` (and from people) to `detect`. */
import {
  bool,
  decode,
  encode,
  list,
  oneOf,
  Reader,
  struct,
  text,
  time,
  uint,
  union,
  type Codec,
} from './wire/codec.js';
import { emptyLogAggregate, logAggregate, seriesAggregate, sessionEvents } from './aggregate.js';
import type { LogAggregate, SeriesAggregate, SessionEvents } from './aggregate.js';
import { calendarEntry, deploy, type CalendarEntry, type Deploy } from './calendar.js';
import { canaryFields, type CanaryRecord } from './canary.js';
import { shadowFields, type ShadowRecord } from './shadow.js';
import { entityKey } from './entity.js';
import { revertFields, snapshotFields, type RevertRecord, type SnapshotRecord } from './snapshot.js';
import { verdict, type Verdict } from './verdict.js';

/**
 * Where a record comes from. `detect` keeps the last (offset, n) of each source: at or below it is a repeat; a lower
 * (incarnation, epoch) than the highest seen is a zombie. Both are ignored and counted.
 */
export interface Tag {
  readonly source: string;
  /** Raised when the source was re-created under the same name. */
  readonly incarnation: number;
  /** Fencing epoch of the task that wrote it. */
  readonly epoch: number;
  /** Source offset of the record that caused it. */
  readonly offset: number;
  /** Ordinal among what the same offset caused. */
  readonly n: number;
}

/** Hash of the settings that shape partials: unlike ones in a window flag it as mixed. */
interface Shaped {
  readonly entity: string;
  /** Start of the pane, ms since 1970, a multiple of the pane's length. */
  readonly pane: number;
  readonly settings: number;
  /** A hard cap cut it: the window is inexact. */
  readonly capped: boolean;
}

/** What a source saw of a service in a pane. */
export type LogPartial = Shaped & { readonly type: 'log'; readonly tag: Tag; readonly aggregate: LogAggregate };
/** What a source saw of a metric series in a pane. */
export type SeriesPartial = Shaped & {
  readonly type: 'series';
  readonly tag: Tag;
  readonly aggregate: SeriesAggregate;
};
/** A slice of one session: the events of its key in one pane. */
export type SessionPartial = Shaped & {
  readonly type: 'session';
  readonly tag: Tag;
  readonly key: string;
  readonly events: SessionEvents;
};

/** First sight of a signature by a source: the text that it is the hash of. `sample` is a masked example line. */
export interface Definition {
  readonly type: 'definition';
  readonly tag: Tag;
  readonly signature: number;
  /** The message with variable parts as `<*>`. */
  readonly masked: string;
  readonly sample: string;
}

/**
 * The watermark of a source: no partial for a pane that ends at or before `watermark` follows from it.
 * `kind`: `data` from its records; `idle` at the end of its partition; `stalled` leaves the minimum and flags windows;
 * `end` when the source is read to its end (a bounded run), with `watermark` the end of its last pane; `lost` lacks
 * lines of the source before the watermark, from the mark before it on: they were deleted before they were read. The
 * first of a loss raises nothing: its watermark is where the loss begins. `last` has the time of the last line of a
 * source before its end.
 */
export interface Mark {
  readonly type: 'mark';
  readonly tag: Tag;
  readonly kind: (typeof markKinds)[number];
  readonly watermark: number;
}
/** New ones come last: the index is stored. */
const markKinds = [
  'data',
  'idle',
  'stalled',
  'end',
  'lost',
  'live',
  'behind',
  'reset',
  'misdated',
  'dated',
  'last',
] as const;

/** Whether a mark only records what time it was at the reader, so that ingest can be done again as it was. */
export const isClock = ({ kind }: Mark): boolean => kind === 'live' || kind === 'behind';

/** Whether a mark says how far its source is, and not only what time it was, or what share of it has wrong times. */
export const isProgress = (mark: Mark): boolean => !isClock(mark) && !remarks.has(mark.kind);
const remarks: ReadonlySet<Mark['kind']> = new Set(['misdated', 'dated', 'last']);

/** Which sources exist: precedes any mark. A higher version replaces a lower one. */
export interface SourceSet {
  readonly type: 'sources';
  readonly version: number;
  readonly sources: readonly string[];
}

/** An artefact set takes over at the first unclosed boundary at or after `from` (ms). */
export interface Promotion {
  readonly type: 'promotion';
  readonly artefact: string;
  readonly from: number;
}

/** A verdict in `windows`: it takes effect at the first boundary behind it. */
export interface VerdictRecord {
  readonly type: 'verdict';
  readonly verdict: Verdict;
}

/** A person takes a verdict back; it is here whole, since what it taught is taken out again. */
export interface RevocationRecord {
  readonly type: 'revocation';
  readonly by: string;
  /** Wall-clock ms. */
  readonly at: number;
  readonly verdict: Verdict;
}

/** A mute, a freeze or an expected change. */
export interface CalendarRecord {
  readonly type: 'calendar';
  readonly entry: CalendarEntry;
}

/** A deploy in `windows`. */
export interface DeployRecord {
  readonly type: 'deploy';
  readonly deploy: Deploy;
}

/** What a source saw of an entity in a pane. */
export type PanePartial = LogPartial | SeriesPartial | SessionPartial;
/** What `ingest` writes. */
export type IngestRecord = PanePartial | Definition | Mark;
/** Commands that take effect at the first boundary after they were written. */
export type BoundaryCommand =
  | VerdictRecord
  | RevocationRecord
  | CalendarRecord
  | DeployRecord
  | SnapshotRecord
  | RevertRecord
  | CanaryRecord
  | ShadowRecord;

/** All that may stand in the `windows` log. */
export type WindowsRecord = IngestRecord | SourceSet | Promotion | BoundaryCommand;

/** Canonical bytes of a tag. */
export const tag: Codec<Tag> = struct<Tag>({ source: text, incarnation: uint, epoch: uint, offset: uint, n: uint });
const shaped = { tag, entity: entityKey, pane: time, settings: uint, capped: bool };

/** Canonical bytes of a record of `windows`. */
export const windowsRecord: Codec<WindowsRecord> = union<WindowsRecord>([
  [1, 'log', struct<Omit<LogPartial, 'type'>>({ ...shaped, aggregate: logAggregate })],
  [2, 'series', struct<Omit<SeriesPartial, 'type'>>({ ...shaped, aggregate: seriesAggregate })],
  [3, 'session', struct<Omit<SessionPartial, 'type'>>({ ...shaped, key: text, events: sessionEvents })],
  [4, 'definition', struct<Omit<Definition, 'type'>>({ tag, signature: uint, masked: text, sample: text })],
  [5, 'mark', struct<Omit<Mark, 'type'>>({ tag, kind: oneOf(...markKinds), watermark: time })],
  [6, 'sources', struct<Omit<SourceSet, 'type'>>({ version: uint, sources: list(text) })],
  [7, 'promotion', struct<Omit<Promotion, 'type'>>({ artefact: text, from: time })],
  [8, 'verdict', struct<Omit<VerdictRecord, 'type'>>({ verdict })],
  [9, 'calendar', struct<Omit<CalendarRecord, 'type'>>({ entry: calendarEntry })],
  [10, 'deploy', struct<Omit<DeployRecord, 'type'>>({ deploy })],
  [11, 'revocation', struct<Omit<RevocationRecord, 'type'>>({ by: text, at: time, verdict })],
  [12, 'snapshot', snapshotFields],
  [13, 'revert', revertFields],
  [14, 'canary', canaryFields],
  [15, 'shadow', shadowFields],
]);

/** Bytes of a record of the `windows` log. */
export const encodeWindowsRecord = (record: WindowsRecord): Buffer => encode(windowsRecord, record);

/** A record of the `windows` log from its bytes; throws a RangeError on broken ones. */
export const decodeWindowsRecord = (input: Uint8Array): WindowsRecord => decode(windowsRecord, input);

/** Event time of panes, ms; `to` is exclusive. */
export interface PaneRange {
  readonly from: number;
  readonly to: number;
}

/** The range of panes that leaves out none. */
export const allPanes: PaneRange = { from: 0, to: Number.POSITIVE_INFINITY };

/** The range of panes that leaves out all: records have their heads. */
export const noPanes: PaneRange = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };

const paneHeader = struct<Pick<LogPartial, 'tag' | 'entity' | 'pane' | 'settings' | 'capped'>>(shaped);
/** What partials begin with is the same; what they counted is most of their bytes. */
const partialTypes = 3;
const nothingCounted = { log: emptyLogAggregate(), series: { points: [] } } as const;

/**
 * As `decodeWindowsRecord`, for readers of a part of a long log: a partial of a pane outside of the range has its tag, its
 * entity and its pane, and counted nothing. Whoever asks passes over those.
 *
 * @throws RangeError on broken bytes, not on those that are passed over
 */
export function decodeWithin(input: Uint8Array, { from, to }: PaneRange): WindowsRecord {
  if (from <= 0 && to === Number.POSITIVE_INFINITY) return decodeWindowsRecord(input);
  const reader = new Reader(input);
  const number = reader.varint();
  if (number > partialTypes) return decodeWindowsRecord(input);
  const head = paneHeader.read(reader);
  if (head.pane >= from && head.pane < to) return decodeWindowsRecord(input);
  if (number === 1) return { type: 'log', ...head, aggregate: nothingCounted.log };
  if (number === 2) return { type: 'series', ...head, aggregate: nothingCounted.series };
  return { type: 'session', ...head, key: '', events: new Map() };
}

/** Records that go to every shard; the others go to the shard of their entity. */
export const isBroadcast = (record: WindowsRecord): boolean => broadcast.has(record.type);
const broadcast: ReadonlySet<WindowsRecord['type']> = new Set([
  'mark',
  'definition',
  'sources',
  'promotion',
  'calendar',
  'deploy',
  'snapshot',
  'revert',
  'canary',
  'shadow',
]);

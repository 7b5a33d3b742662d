/** One partial per key and pane; lateness judged record by record. */
import { mapBatch } from './map-batch.js';
import { Admission, admissionDefaults, type AdmissionLimits } from './aggregate/admission.js';
import { overflowKey } from './merge/open-windows.js';
import { Clocks } from './aggregate/clocks.js';
import { OpenPanes } from './aggregate/open-panes.js';
import { caps, type Caps, type OpenPartial } from './aggregate/open-partial.js';
import { cut, sampleText } from './aggregate/sample.js';
import { KnownSignatures } from './aggregate/known-signatures.js';
import { kept, newSourceState, sourceState, type AggregatedSource } from './aggregate/source-state.js';
import { maskedText, secretsMasked } from '../models/templates/mask.js';
import { templateRules } from '../models/templates/rules.js';
import type { Operator, Rejected } from '../records/batch.js';
import { int } from '../records/wire/codec.js';
import { hashText, mix32 } from '../records/wire/hash.js';
import type { Entity } from '../records/entity.js';
import type { DecodedRecord, LogRecord } from '../records/log-record.js';
import type { SourceCommand } from '../records/raw.js';
import type { StateStores, Store } from '../records/store.js';
import type { Definition, Mark, PanePartial } from '../records/windows.js';

/** What `aggregate` is made of. */
export interface AggregateParts {
  readonly source: string;
  readonly stores: StateStores;
  /** Hash of the settings that shape partials: goes into each. */
  readonly settings: number;
  /** Length of a pane, ms. */
  readonly pane?: number;
  /** How far a record may be behind the latest one, ms. */
  readonly lateness?: number;
  /** How far an event time may be ahead of the broker time stamp, ms. */
  readonly future?: number;
  /** Without broker time stamps: a jump ahead by more must be confirmed, ms. */
  readonly jump?: number;
  /** Entities that have partials of their own; others are merged into one. */
  readonly limits?: AdmissionLimits;
  /** Signatures of an entity in a pane, and keys of a session class in one. */
  readonly caps?: Caps;
  /** Records come from any time: each leaves at once as a partial of its own, none is late, and no mark is made. */
  readonly unordered?: boolean;
  /** Entity keys of the session classes whose rules the source has: a line without a key may have lost it. */
  readonly classes?: readonly string[];
}

/**
 * In ms: the length of a pane, how late a record may come, how far ahead of the reader's clock, and what counts as a
 * jump.
 */
export const aggregateDefaults = { pane: 60_000, lateness: 10_000, future: 300_000, jump: 3_600_000 } as const;

/** Without its tag, which `emitMarks` gives: `offset` is that of the record that caused it. */
export type Caused<T> = T extends unknown ? Omit<T, 'tag'> & { readonly offset: number } : never;

/** All panes that end at or before `watermark` are closed, and their partials stand before this. */
export interface PanesClosed {
  readonly type: 'closed';
  readonly kind: Mark['kind'];
  readonly watermark: number;
  readonly offset: number;
}

/** What leaves `aggregate`: a partial or a definition with the offset that caused it, or that panes are closed. */
export type Aggregated = Caused<PanePartial | Definition> | PanesClosed;

/** Further records that confirm a jump. */
const confirmations = 3;
/** A jump of one group is believed after so many records, or bytes of messages, without one that comes back. */
const maxHeld = { records: 256, bytes: 1_048_576 } as const;
/** Every so many records of a source the share of those that are late or future is judged. */
const looked = { records: 200, wrong: 0.2, over: 0.05 } as const;
/** Signatures that are kept in a pane of lines without a session, in which a cut one may be. */
const maxStray = 256;
/** An unconfirmed jump at the very end of a source is believed up to this far, ms. */
const farthestEnd = 31 * 86_400_000;
/** Lines of sessions that are late by no more than this count all the same, ms: their session is still open. */
const longestCarried = 600_000;
const longestDefinition = 4096;

/**
 * Adds each record to the partial of its entity and pane, and hands on the partials of a pane when the source's own
 * times close it. What happens is a function of the records and controls in their order, not of the batches.
 *
 * - The boundary is `floor((max - lateness) / pane) * pane`, max over the records before: a record before the boundary
 *   is rejected as `late` and changes nothing else, but sessions up to ten minutes late take their lines with the pane
 *   that is open, since a session has no windows that close. A record that raises the boundary first sends the partials of all
 *   panes that end at or before it (by pane, entity key, session key), then `closed`, then is added itself.
 * - A time more than `future` ahead of the clock of the reader (`live` and `behind` controls), or of a broker time stamp,
 *   is rejected as `future`.
 * - The boundary never passes the broker's own time stamp (`appended`), nor the clock of a reader that is at the end of
 *   its source. Where neither bounds it (files, a backlog of time stamps that producers set), it follows the second
 *   greatest time of the groups that count: entities and keys that have been there for a while and are not silent.
 * - There, too, a record more than `jump` ahead of the others that count (of max where nobody else does), and the first
 *   record of a file, is held back until three more such records have come, of at least two groups that count where two
 *   do; or 256. Then those within `jump` of the earliest are taken, in their order, and the others are judged again. A
 *   record that is not ahead, of a group that counts, shows that the clock goes on where it was: those held are rejected
 *   as `future`. At the end of the source those held are taken in order of time, each unless it is more than 31 days
 *   ahead of the one before.
 * - `reset` puts the boundary where a person says.
 * - `resumed` is where another reader stood whose state is lost to this one: of the lines that it counted, only those at or
 *   behind the boundary are read again.
 * - After `lost`, marks are of kind `lost` until the boundary has passed the latest time that a lost record may have had,
 *   which is that of the next one and the lateness.
 * - The latest time before an end is sent as a mark: what is missing behind it was not read.
 * - A signature that the source has not sent before, or has forgotten, is sent as a definition, before the partial that has it.
 */
export function aggregate(parts: AggregateParts): Operator<DecodedRecord | SourceCommand, Aggregated> {
  const machine = new SourceAggregate(parts);
  return mapBatch((batch) => {
    machine.begin(batch.rejected);
    for (const item of batch.items) {
      if (item.type === 'log' || item.type === 'point') machine.judge(item);
      else machine.control(item);
    }
    return { ...machine.end(), position: batch.position };
  });
}

/** Who writes a record, as far as can be told: its entity, and its key where the records of the source have keys. */
function groupOf({ entity, origin }: DecodedRecord): number {
  const own = entity === lastEntity ? lastGroup : ownGroup(entity);
  return origin === undefined ? own : (own ^ mix32(origin)) >>> 0;
}

function ownGroup(entity: Entity): number {
  let own = groups.get(entity);
  if (own === undefined) groups.set(entity, (own = mix32(hashText(entity.key) % 0x100000000)));
  lastEntity = entity;
  return (lastGroup = own);
}
const groups = new WeakMap<Entity, number>();
/** Neighbours mostly share their entity. */
let lastEntity: Entity | undefined;
let lastGroup = 0;

/** Works on one batch at a time; what lasts is in the stores. */
class SourceAggregate {
  private readonly parts: AggregateParts & typeof aggregateDefaults;
  private readonly states: Store<AggregatedSource>;
  private readonly signatures: KnownSignatures;
  private readonly open: OpenPanes;
  private readonly admission: Admission;
  private readonly caps: Caps;
  /** Entity keys of the session classes that lines of the source may belong to. */
  private readonly classes: readonly string[];
  /** Whether the source has had a signature before. */
  private readonly isKnown = (signature: number): boolean => this.signatures.has(signature);
  /** Up to when lost records may have been, ms, or -1 before the next record; by the empty key. */
  private readonly lost: Store<number>;
  /** It is -1 there. */
  private awaitsLost = false;
  private state = newSourceState();
  private clocks = new Clocks(this.state.clocks);
  private lastPane = 0;
  private out: Aggregated[] = [];
  private rejected: Rejected[] = [];

  constructor(parts: AggregateParts) {
    const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
    this.parts = { ...aggregateDefaults, ...(given as unknown as AggregateParts) } as typeof this.parts;
    this.states = parts.stores.open('ingest.source', sourceState, 4);
    this.signatures = new KnownSignatures(parts.stores);
    this.caps = parts.caps ?? caps;
    this.classes = [...new Set(parts.classes)];
    this.open = new OpenPanes(parts.stores, this.caps.sessionKeys);
    this.admission = new Admission(parts.stores, { ...admissionDefaults, ...parts.limits });
    this.lost = parts.stores.open('ingest.lost', int);
  }

  begin(rejected: readonly Rejected[]): void {
    this.state = this.states.get('') ?? newSourceState();
    this.awaitsLost = this.lost.get('') === -1;
    this.clocks = new Clocks(this.state.clocks);
    this.out = [];
    this.rejected = [...rejected];
  }

  end(): { items: readonly Aggregated[]; rejected: readonly Rejected[] } {
    this.open.save();
    this.state.clocks = this.clocks.save();
    this.states.put('', this.state);
    return { items: this.out, rejected: this.rejected };
  }

  judge(record: DecodedRecord): void {
    // A record that waited for its other lines comes behind those of other streams: tags never go back.
    this.state.offset = Math.max(this.state.offset, record.offset);
    this.weigh(record);
    if (++this.state.seen >= looked.records) this.look();
  }

  /** Says when a share of the records has times that cannot be right, and when that is over. */
  private look(): void {
    const { state } = this;
    const share = state.wrong / state.seen;
    const misdated = state.misdated ? share >= looked.over : share >= looked.wrong;
    state.seen = state.wrong = 0;
    if (misdated === state.misdated) return;
    state.misdated = misdated;
    const kind = misdated ? 'misdated' : 'dated';
    this.out.push({ type: 'closed', kind, watermark: Math.max(0, state.boundary), offset: state.offset });
  }

  private weigh(record: DecodedRecord): void {
    const { clock, live } = this.state;
    const { time, timestamp, appended } = record;
    if (this.parts.unordered) {
      this.take(record);
      return;
    }
    if (clock >= 0 && time > clock + this.parts.future) {
      this.reject('future', `the event time is ${time - clock} ms ahead of the clock of the reader`, record);
    } else if (timestamp >= 0 && time > timestamp + this.parts.future) {
      this.reject('future', `the event time is ${time - timestamp} ms ahead of the broker time stamp`, record);
    } else if (appended || live || (timestamp >= 0 && clock < 0)) this.take(record);
    else if (this.isAhead(record)) this.hold(record);
    else {
      if (this.state.held.length > 0 && this.refutes(record)) this.rejectHeld();
      this.take(record);
    }
  }

  /** Whether a record of a backlog or a file is so far ahead of the others that it must be confirmed. */
  private isAhead(record: DecodedRecord): boolean {
    const { max } = this.state;
    if (max < 0) return record.timestamp < 0;
    return record.time > (this.clocks.others(groupOf(record)) ?? max) + this.parts.jump;
  }

  /** Whether a record that is not ahead shows that the clock goes on where it was: one of those who are known, or its own. */
  private refutes(record: DecodedRecord): boolean {
    const group = groupOf(record);
    if (this.clocks.counts(group) || this.clocks.others(group) === undefined) return true;
    return this.state.held.some((one) => groupOf(one) === group);
  }

  private hold(record: DecodedRecord): void {
    const { held } = this.state;
    held.push(kept(record));
    if (held.length > confirmations && this.isConfirmed(held)) this.believe();
  }

  private isConfirmed(held: readonly DecodedRecord[]): boolean {
    const known = new Set(held.map(groupOf).filter((group) => this.clocks.counts(group)));
    if (known.size >= 2 || this.clocks.others(groupOf(held[0]!)) === undefined) return true;
    if (held.length >= maxHeld.records) return true;
    const bytes = held.reduce((sum, one) => sum + (one.type === 'log' ? one.end - one.start : 0), 0);
    return bytes >= maxHeld.bytes;
  }

  private believe(): void {
    const { held } = this.state;
    const limit = Math.min(...held.map(({ time }) => time)) + this.parts.jump;
    this.state.held = [];
    for (const one of held) if (one.time <= limit) this.take(one);
    for (const one of held) if (one.time > limit) this.weigh(one);
  }

  private rejectHeld(): void {
    for (const record of this.state.held) {
      this.reject('future', `the event time jumps ahead by more than ${this.parts.jump} ms and comes back`, record);
    }
    this.state.held = [];
  }

  /** @param atEnd - the reader is at the end of a live source: nobody comes back, and none is beyond its clock */
  private takeHeld(atEnd: boolean): void {
    const held = this.state.held.sort((a, b) => a.time - b.time);
    this.state.held = [];
    for (const record of held) {
      if (atEnd) this.take(record);
      else if (this.state.max < 0 || record.time <= this.state.max + farthestEnd) this.take(record);
      else this.reject('future', 'the event time jumps ahead by more than 31 days at the end of the source', record);
    }
  }

  /** The record counts: raises the boundary and is added to its pane, or is late. */
  private take(record: DecodedRecord): void {
    const { state } = this;
    const { pane: length, lateness } = this.parts;
    const { time } = record;
    if (this.parts.unordered) {
      this.add(record);
      for (const open of this.open.closed(Number.POSITIVE_INFINITY, length)) {
        this.out.push(this.partial(open, state.offset));
      }
      return;
    }
    if (time < state.boundary) {
      if (record.offset <= state.counted) return;
      const isCarried = this.carry(record);
      const detail = `the event time is ${state.boundary - time} ms before the closed boundary`;
      this.reject('late', isCarried ? `${detail}; its session has it` : detail, record);
      return;
    }
    if (this.awaitsLost) {
      this.awaitsLost = false;
      this.lost.put('', time + lateness);
    }
    const reached = this.reachedBy(record) - lateness;
    if (reached >= state.boundary + length || state.boundary < 0) {
      const boundary = Math.floor(reached / length) * length;
      // Others may have shown that more is over than this record is.
      if (time < boundary) this.add(record);
      this.close(boundary, 'data');
      if (time < boundary) return;
    }
    this.add(record);
  }

  /** A session has no windows that close: a line that is late for its pane goes into the one that is open, with its time. */
  private carry(record: DecodedRecord): boolean {
    const { boundary } = this.state;
    const open = Math.ceil(boundary / this.parts.pane) * this.parts.pane;
    if (record.type !== 'log' || record.sessions.length === 0 || boundary - record.time > longestCarried) return false;
    for (const { entity, key } of record.sessions) {
      this.open.session(entity.key, open, key)?.add(record.signature, record.time, this.caps.signatures);
    }
    this.define(record, open);
    return true;
  }

  /**
   * Up to where event time has come with a record that counts, ms. The broker's own time and the clock of a reader at the
   * end of its source bound it; in a file or a backlog two groups must agree on it.
   */
  private reachedBy(record: DecodedRecord): number {
    const { state } = this;
    const { time, timestamp, appended } = record;
    this.clocks.see(groupOf(record), time);
    const bound = appended ? timestamp : state.live ? state.clock : Number.POSITIVE_INFINITY;
    const reached = Math.min(time, bound);
    if (reached > state.max) state.max = reached;
    if (bound !== Number.POSITIVE_INFINITY) return reached;
    const isDue = state.boundary < 0 || state.max - this.parts.lateness >= state.boundary + this.parts.pane;
    return isDue ? this.clocks.agreed(state.max) : state.max;
  }

  /**
   * The event time up to which a source that ends was read, ms. A line that is ahead of all others by more than
   * `lateness` does not count: the other services are not silent until then.
   */
  private readUpTo(): number {
    const { max } = this.state;
    const agreed = this.clocks.agreed(max);
    return max - agreed > this.parts.lateness ? agreed : max;
  }

  private add(record: DecodedRecord): void {
    const { time } = record;
    const start = this.paneOf(time);
    const isAdmitted = this.parts.unordered === true || this.admission.admits(record.entity.key, start);
    const owner = isAdmitted ? record.entity.key : overflowKey(record.type === 'point');
    if (record.type === 'point') {
      const series = this.open.series(owner, start);
      if (!isAdmitted) series.capped = true;
      series.add(time, record.value);
      return;
    }
    const log = this.open.log(owner, start);
    if (!isAdmitted) log.capped = true;
    if (log.add(record, this.caps.signatures, this.isKnown)) this.define(record, start);
    for (const { entity, key } of record.sessions) {
      this.open.session(entity.key, start, key)?.add(record.signature, time, this.caps.signatures);
    }
    if (record.sessions.length > 0) return;
    // Its key may have been cut off.
    for (const key of this.classes) this.open.session(key, start, '')?.add(record.signature, time, maxStray);
  }

  /** Start of the pane of a time, ms: mostly that of the record before. */
  private paneOf(time: number): number {
    const { pane } = this.parts;
    const since = time - this.lastPane;
    if (since >= 0 && since < pane) return this.lastPane;
    return (this.lastPane = time - (time % pane));
  }

  control(control: SourceCommand): void {
    const { state } = this;
    const { pane: length } = this.parts;
    const { type, watermark, said } = control;
    if (type === 'resumed') {
      // Panes that are open in an older state, and were written by the reader before.
      this.open.closed(watermark, length);
      state.boundary = Math.max(state.boundary, watermark);
      state.counted = control.counted ?? -1;
      // What this reader writes comes behind all that the one before wrote.
      state.offset = Math.max(state.offset, (control.last ?? -1) + 1);
      return;
    }
    if (type === 'lost') {
      this.lost.put('', -1);
      this.awaitsLost = true;
      this.out.push({ type: 'closed', kind: 'lost', watermark: Math.max(0, state.boundary), offset: state.offset });
      return;
    }
    if (type === 'live' || type === 'behind') {
      state.clock = watermark;
      state.live = type === 'live';
      this.out.push({ type: 'closed', kind: type, watermark, offset: state.offset });
      if (state.live) this.takeHeld(true);
      return;
    }
    if (type === 'reset') {
      if (said === undefined || said > state.resetAt) this.reset(watermark);
      if (said !== undefined) state.resetAt = Math.max(said, state.resetAt);
      return;
    }
    if (type === 'idle' && state.clock >= 0) this.takeHeld(true);
    let boundary = Math.floor((state.clock < 0 ? watermark : Math.min(watermark, state.clock)) / length) * length;
    if (type === 'end') {
      this.takeHeld(false);
      boundary = state.max < 0 ? 0 : (Math.floor(Math.max(state.max, this.open.latest()) / length) + 1) * length;
    }
    this.close(Math.max(boundary, state.boundary), type);
  }

  /** Event time is where a person says, whatever was read: panes that are open beyond it stay open. */
  private reset(watermark: number): void {
    const { state } = this;
    const { pane } = this.parts;
    state.held = [];
    this.clocks.clear();
    state.max = state.boundary = watermark - (watermark % pane);
    this.out.push({ type: 'closed', kind: 'reset', watermark: state.boundary, offset: state.offset });
  }

  private close(boundary: number, kind: Mark['kind']): void {
    const { offset, boundary: before } = this.state;
    this.state.boundary = boundary;
    this.signatures.closed(before, boundary);
    this.admission.closed(boundary, this.parts.pane);
    for (const open of this.open.closed(boundary, this.parts.pane)) this.out.push(this.partial(open, offset));
    // Sent before the end, which closes the windows that it is for.
    if (kind === 'end' && this.state.max >= 0)
      this.out.push({ type: 'closed', kind: 'last', watermark: this.readUpTo(), offset });
    const lost = this.lost.get('');
    if (lost !== undefined && kind !== 'stalled') {
      this.out.push({ type: 'closed', kind: 'lost', watermark: boundary, offset });
      if (lost >= 0 && boundary >= lost) this.lost.delete('');
      if (kind === 'data') return;
    }
    this.out.push({ type: 'closed', kind, watermark: boundary, offset });
  }

  private partial(open: OpenPartial, offset: number): Caused<PanePartial> {
    const { entity, pane, capped } = open;
    const { settings } = this.parts;
    if (open.kind === 'log') {
      return { type: 'log', offset, entity, pane, settings, capped, aggregate: open.toAggregate() };
    }
    if (open.kind === 'series') {
      return { type: 'series', offset, entity, pane, settings, capped, aggregate: { points: open.sorted() } };
    }
    return { type: 'session', offset, entity, pane, settings, capped, key: open.key, events: open.events };
  }

  private define({ signature, bytes, start, end }: LogRecord, pane: number): void {
    if (!this.signatures.take(signature, pane)) return;
    const longest = 2 * longestDefinition;
    const masked = secretsMasked(
      cut(Buffer.from(maskedText(bytes, start, end, templateRules, longest)), longest).toString('utf8'),
    );
    this.out.push({
      type: 'definition',
      offset: this.state.offset,
      signature,
      masked: cut(Buffer.from(masked), longestDefinition).toString('utf8'),
      sample: Buffer.from(sampleText(bytes, start, end)).toString('utf8'),
    });
  }

  private reject(reason: string, detail: string, record: DecodedRecord): void {
    const { offset, time, part } = record;
    this.state.wrong++;
    const bytes =
      record.type === 'log'
        ? (Uint8Array.prototype.slice.call(
            record.bytes,
            record.start,
            Math.min(record.end, record.start + 4096),
          ) as Uint8Array)
        : undefined;
    this.rejected.push({ reason, detail, source: this.parts.source, offset, time, bytes, ...(part ? { part } : {}) });
  }
}

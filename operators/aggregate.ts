/** One partial per key and pane; lateness judged record by record. */
import { mapBatch } from './compose.js';
import { OpenPanes } from './aggregate/open-panes.js';
import type { OpenPartial } from './aggregate/open-partial.js';
import { cut, sampleText } from './aggregate/sample.js';
import { kept, newSourceState, sourceState, type SourceState } from './aggregate/source-state.js';
import { maskedText, secretsMasked } from '../models/templates/mask.js';
import type { Operator, Rejected } from '../records/batch.js';
import { bool, int } from '../records/wire/codec.js';
import { hex } from '../records/wire/hash.js';
import type { DecodedRecord, LogRecord } from '../records/log-record.js';
import type { SourceControl } from '../records/raw.js';
import type { StateStores, Store } from '../records/store.js';
import type { Definition, Mark, PanePartial } from '../records/windows.js';

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
  /** Records come from any time: each leaves at once as a partial of its own, none is late, and no mark is made. */
  readonly unordered?: boolean;
}

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

export type Aggregated = Caused<PanePartial | Definition> | PanesClosed;

/** Further records that confirm a jump. */
const confirmations = 3;
/** An unconfirmed jump at the very end of a source is believed up to this far, ms. */
const farthestEnd = 31 * 86_400_000;
/** Lines of sessions that are late by no more than this count all the same, ms: their session is still open. */
const longestCarried = 600_000;
/** Definitions that a source remembers having sent. */
const maxDefinitions = 200_000;
const longestDefinition = 4096;

/**
 * Adds each record to the partial of its entity and pane, and hands on the partials of a pane when the source's own
 * times close it. What happens is a function of the records and controls in their order, not of the batches.
 *
 * - The boundary is `floor((max - lateness) / pane) * pane`, max over the records before: a record before the boundary
 *   is rejected as `late` and changes nothing else, but sessions up to ten minutes late take their lines with the pane
 *   that is open, since a session has no windows that close. A record that raises the boundary first sends the partials of all
 *   panes that end at or before it (by pane, entity key, session key), then `closed`, then is added itself.
 * - With a broker time stamp, a time more than `future` ahead of it is rejected as `future`.
 * - Without (files), a record more than `jump` ahead of max, and the first record of all, is held back until three more
 *   records ahead of max by more than `jump` have come. Then those within `jump` of the earliest of the four are taken,
 *   in their order, and the others are judged anew. A record that is not ahead by more than `jump` shows that the clock
 *   goes on where it was: those held are rejected as `future`. At the end of the source those held are taken in order
 *   of time, each unless it is more than 31 days ahead of the one before.
 * - After `lost`, marks are of kind `lost` until the boundary has passed the latest time that a lost record may have had,
 *   which is that of the next one and the lateness.
 * - A signature that the source has not sent before is sent as a definition, before the partial that has it.
 */
export function aggregate(parts: AggregateParts): Operator<DecodedRecord | SourceControl, Aggregated> {
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

/** Works on one batch at a time; what lasts is in the stores. */
class SourceAggregate {
  private readonly parts: AggregateParts & typeof aggregateDefaults;
  private readonly states: Store<SourceState>;
  private readonly definitions: Store<boolean>;
  private readonly open: OpenPanes;
  /** Up to when lost records may have been, ms, or -1 before the next record; by the empty key. */
  private readonly lost: Store<number>;
  private state = newSourceState();
  private out: Aggregated[] = [];
  private rejected: Rejected[] = [];

  constructor(parts: AggregateParts) {
    const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
    this.parts = { ...aggregateDefaults, ...(given as unknown as AggregateParts) } as typeof this.parts;
    this.states = parts.stores.open('ingest.source', sourceState, 2);
    this.definitions = parts.stores.open('ingest.definitions', bool);
    this.open = new OpenPanes(parts.stores);
    this.lost = parts.stores.open('ingest.lost', int);
  }

  begin(rejected: readonly Rejected[]): void {
    this.state = this.states.get('') ?? newSourceState();
    this.out = [];
    this.rejected = [...rejected];
  }

  end(): { items: readonly Aggregated[]; rejected: readonly Rejected[] } {
    this.open.save();
    this.states.put('', this.state);
    return { items: this.out, rejected: this.rejected };
  }

  judge(record: DecodedRecord): void {
    this.state.offset = record.offset;
    this.weigh(record);
  }

  private weigh(record: DecodedRecord): void {
    const { state } = this;
    const { time, timestamp } = record;
    if (this.parts.unordered) this.take(record);
    else if (timestamp >= 0) {
      if (time > timestamp + this.parts.future) {
        this.reject('future', `the event time is ${time - timestamp} ms ahead of the broker time stamp`, record);
      } else this.take(record);
    } else if (state.max < 0 || time > state.max + this.parts.jump) this.hold(record);
    else {
      if (state.held.length > 0) this.rejectHeld();
      this.take(record);
    }
  }

  private hold(record: DecodedRecord): void {
    const { held } = this.state;
    held.push(kept(record));
    if (held.length <= confirmations) return;
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

  private takeHeld(): void {
    const held = this.state.held.sort((a, b) => a.time - b.time);
    this.state.held = [];
    for (const record of held) {
      if (this.state.max < 0 || record.time <= this.state.max + farthestEnd) this.take(record);
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
      const isCarried = this.carry(record);
      const detail = `the event time is ${state.boundary - time} ms before the closed boundary`;
      this.reject('late', isCarried ? `${detail}; its session has it` : detail, record);
      return;
    }
    if (this.lost.get('') === -1) this.lost.put('', time + lateness);
    if (time > state.max) {
      state.max = time;
      if (time - lateness >= state.boundary + length || state.boundary < 0) {
        this.close(Math.floor((time - lateness) / length) * length, 'data');
      }
    }
    this.add(record);
  }

  /** A session has no windows that close: a line that is late for its pane goes into the one that is open, with its time. */
  private carry(record: DecodedRecord): boolean {
    const { boundary } = this.state;
    if (record.type !== 'log' || record.sessions.length === 0 || boundary - record.time > longestCarried) return false;
    for (const { entity, key } of record.sessions) {
      this.open.session(entity.key, boundary, key)?.add(record.signature, record.time);
    }
    this.define(record);
    return true;
  }

  private add(record: DecodedRecord): void {
    const { time } = record;
    const start = time - (time % this.parts.pane);
    if (record.type === 'point') {
      this.open.series(record.entity.key, start).add(time, record.value);
      return;
    }
    if (this.open.log(record.entity.key, start).add(record)) this.define(record);
    for (const { entity, key } of record.sessions) {
      this.open.session(entity.key, start, key)?.add(record.signature, time);
    }
  }

  control({ type, watermark }: SourceControl): void {
    const { state } = this;
    const { pane: length } = this.parts;
    if (type === 'lost') {
      this.lost.put('', -1);
      this.out.push({ type: 'closed', kind: 'lost', watermark: Math.max(0, state.boundary), offset: state.offset });
      return;
    }
    let boundary = Math.floor(watermark / length) * length;
    if (type === 'end') {
      this.takeHeld();
      boundary = state.max < 0 ? 0 : (Math.floor(state.max / length) + 1) * length;
    }
    this.close(Math.max(boundary, state.boundary), type);
  }

  private close(boundary: number, kind: Mark['kind']): void {
    const { offset } = this.state;
    this.state.boundary = boundary;
    for (const open of this.open.closed(boundary, this.parts.pane)) this.out.push(this.partial(open, offset));
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

  private define({ signature, bytes, start, end }: LogRecord): void {
    const key = hex(signature);
    if (this.definitions.size >= maxDefinitions || this.definitions.get(key) !== undefined) return;
    this.definitions.put(key, true);
    const masked = secretsMasked(maskedText(bytes, start, end));
    this.out.push({
      type: 'definition',
      offset: this.state.offset,
      signature,
      masked: cut(Buffer.from(masked), longestDefinition).toString('utf8'),
      sample: Buffer.from(sampleText(bytes, start, end)).toString('utf8'),
    });
  }

  private reject(reason: string, detail: string, record: DecodedRecord): void {
    const { offset, time } = record;
    const bytes =
      record.type === 'log'
        ? (Uint8Array.prototype.slice.call(
            record.bytes,
            record.start,
            Math.min(record.end, record.start + 4096),
          ) as Uint8Array)
        : undefined;
    this.rejected.push({ reason, detail, source: this.parts.source, offset, time, bytes });
  }
}

/** Panes that are not closed yet, an entry an entity, so that a checkpoint writes only the entities that changed. */
import {
  addLogAggregate,
  addSeriesAggregate,
  emptyLogAggregate,
  logAggregate,
  seriesAggregate,
  type LogAggregate,
  type SeriesAggregate,
} from '../../records/aggregate.js';
import { bool, list, map, oneOf, optional, struct, uint } from '../../records/wire/codec.js';
import { compareBytes } from '../../records/wire/order.js';
import { inexactReasons, type InexactReason } from '../../records/score.js';
import type { StateStores, Store } from '../../records/store.js';
import type { LogWindow, SeriesWindow } from '../../records/window.js';
import type { LogPartial, SeriesPartial } from '../../records/windows.js';

/** How long panes and windows are. */
export interface WindowLengths {
  /** ms. */
  readonly pane: number;
  /** Panes of a window of a log service; a series has one window a pane. */
  readonly windowPanes: number;
  /** A silent service has windows for this long after its last line, ms. */
  readonly silentFor: number;
  /** An entity without a line for this long is forgotten, ms of event time; later than it is silent. */
  readonly forgetAfter: number;
  /** Entities of a shard; those beyond it are counted and merged into one. */
  readonly maxEntities: number;
}

interface OpenWindowPane {
  log?: LogAggregate;
  series?: SeriesAggregate;
  settings: number;
  flags: readonly InexactReason[];
}

interface OpenEntity {
  series: boolean;
  panes: Map<number, OpenWindowPane>;
  /** End of its last pane with a line, ms. */
  lastLine: number;
  /** A silent service sleeps until it returns. */
  awake: boolean;
}

const flags = list(oneOf(...inexactReasons));
const openEntity = struct<OpenEntity>({
  series: bool,
  panes: map(
    uint,
    struct<OpenWindowPane>({ log: optional(logAggregate), series: optional(seriesAggregate), settings: uint, flags }),
  ),
  lastLine: uint,
  awake: bool,
});

const day = 86_400_000;

/** The entity that replaces all beyond the limit. */
export const overflowKey = (series: boolean): string =>
  series ? 'series{service="tocsin-overflow"}' : 'service{service="tocsin-overflow"}';

/** Flags with more of them, in their fixed order. */
export const withFlags = (
  have: readonly InexactReason[],
  ...more: readonly InexactReason[]
): readonly InexactReason[] => inexactReasons.filter((reason) => have.includes(reason) || more.includes(reason));

/** What is to be said of a stretch of event time, `[start, end)` ms, whatever is in it. */
export type FlagsOf = (start: number, end: number) => readonly InexactReason[];

/** The panes of a shard that are not closed. */
export class OpenWindows {
  private readonly entities: Store<OpenEntity>;
  /** Entities by the start of their open panes, series apart: follows from the store. */
  private readonly index = { log: new PaneIndex(), series: new PaneIndex() };
  private readonly awake = new Set<string>();
  /** Sums of open panes that are those of a record: they are not changed. */
  private readonly borrowed = new WeakSet<LogAggregate>();
  /** Entities of which a partial came too late: their next window says so. */
  private readonly late: Store<boolean>;
  /** Partials of entities beyond the limit, and when entities were last looked through, ms; by the empty key. */
  private readonly overflow: Store<number>;
  private readonly lookedThrough: Store<number>;

  constructor(
    stores: StateStores,
    private readonly lengths: WindowLengths,
  ) {
    this.entities = stores.open('open-windows', openEntity, 2);
    this.late = stores.open('late-entities', bool);
    this.overflow = stores.open('overflow', uint);
    this.lookedThrough = stores.open('entities-looked-through', uint);
    for (const key of this.entities.keys()) {
      const { panes, awake, series } = this.entities.get(key)!;
      for (const pane of panes.keys()) this.indexOf(series).add(pane, key);
      if (awake) this.awake.add(key);
    }
  }

  add(partial: LogPartial | SeriesPartial): void {
    const series = partial.type === 'series';
    const isNew = this.entities.get(partial.entity) === undefined;
    const key = isNew && this.entities.size >= this.lengths.maxEntities ? overflowKey(series) : partial.entity;
    const entity = this.entities.get(key) ?? {
      series,
      panes: new Map<number, OpenWindowPane>(),
      lastLine: 0,
      awake: false,
    };
    let pane = entity.panes.get(partial.pane);
    if (!pane) {
      pane = { settings: partial.settings, flags: [] };
      entity.panes.set(partial.pane, pane);
      this.indexOf(entity.series).add(partial.pane, key);
    }
    if (partial.type === 'log') pane.log = this.added(pane.log, partial.aggregate);
    else addSeriesAggregate((pane.series ??= { points: [] }), partial.aggregate);
    if (partial.capped) pane.flags = withFlags(pane.flags, 'capped');
    if (partial.settings !== pane.settings) {
      pane.flags = withFlags(pane.flags, 'mixed');
      pane.settings = Math.min(pane.settings, partial.settings);
    }
    if (key !== partial.entity) {
      pane.flags = withFlags(pane.flags, 'evicted');
      this.overflow.put('', (this.overflow.get('') ?? 0) + 1);
    }
    this.entities.put(key, entity);
  }

  /** Most panes have one partial: the first one stays the record's own, and is copied when a second one comes. */
  private added(sum: LogAggregate | undefined, aggregate: LogAggregate): LogAggregate {
    if (!sum) {
      this.borrowed.add(aggregate);
      return aggregate;
    }
    let own = sum;
    if (this.borrowed.delete(sum)) addLogAggregate((own = emptyLogAggregate()), sum);
    addLogAggregate(own, aggregate);
    return own;
  }

  /** Nothing has been since `boundary`, ms. */
  rewind(boundary: number): void {
    for (const key of [...this.entities.keys()]) {
      const entity = this.entities.get(key)!;
      if (entity.lastLine <= boundary) continue;
      this.entities.put(key, { ...entity, lastLine: boundary });
    }
    this.lookedThrough.put('', Math.floor(boundary / day));
  }

  /** A partial came after its pane was closed: the next window of its entity is flagged. */
  missed(entity: string): void {
    if (this.entities.get(entity)) this.late.put(entity, true);
  }

  /** After the windows of a boundary were taken out: who is forgotten, once a day of event time, and how many are left. */
  settle(boundary: number): { expired: readonly string[]; entities: number; overflow: number } {
    const today = Math.floor(boundary / day);
    const expired = today > (this.lookedThrough.get('') ?? 0) ? this.expire(today * day) : [];
    if (today > (this.lookedThrough.get('') ?? 0)) this.lookedThrough.put('', today);
    return { expired, entities: this.entities.size, overflow: this.overflow.get('') ?? 0 };
  }

  private expire(until: number): readonly string[] {
    const { forgetAfter, silentFor } = this.lengths;
    const live = Math.max(forgetAfter, silentFor + day);
    const expired: string[] = [];
    for (const key of [...this.entities.keys()]) {
      const { lastLine, panes, awake } = this.entities.get(key)!;
      if (awake || panes.size > 0 || until - lastLine < live) continue;
      expired.push(key);
      this.entities.delete(key);
      this.late.delete(key);
    }
    return expired;
  }

  /** The first boundary after `boundary` at which something may close, or undefined. */
  next(boundary: number): number | undefined {
    const { pane, windowPanes } = this.lengths;
    const length = pane * windowPanes;
    let next: number | undefined;
    if (this.awake.size > 0) next = Math.floor(boundary / length) * length + length;
    const consider = (end: number): void => {
      const at = Math.max(end, boundary + pane);
      if (next === undefined || at < next) next = at;
    };
    if (this.index.series.has(boundary)) return boundary + pane;
    for (const start of this.index.series.panes()) consider(start + pane);
    // While a service is awake, no log window closes before the next window boundary.
    if (this.awake.size === 0) {
      for (const start of this.index.log.panes()) consider(Math.floor(start / length) * length + length);
    }
    return next;
  }

  /** Takes out the windows that end at `boundary`, by entity key. */
  close(boundary: number, flagsOf: FlagsOf): (LogWindow | SeriesWindow)[] {
    const { pane, windowPanes } = this.lengths;
    const length = pane * windowPanes;
    const keys = new Set<string>();
    for (const key of this.index.series.at(boundary - pane)) keys.add(key);
    if (boundary % length === 0) {
      for (const key of this.awake) keys.add(key);
      for (let start = boundary - length; start < boundary; start += pane) {
        for (const key of this.index.log.at(start)) keys.add(key);
      }
    }
    const windows = [...keys].sort(compareBytes).map((key) => this.closeOne(key, boundary, flagsOf));
    return windows.filter((window) => window !== undefined);
  }

  private closeOne(key: string, end: number, flagsOf: FlagsOf): LogWindow | SeriesWindow | undefined {
    const entity = this.entities.get(key)!;
    const { pane: paneLength, windowPanes, silentFor } = this.lengths;
    const start = end - (entity.series ? 1 : windowPanes) * paneLength;
    let reasons: readonly InexactReason[] = flagsOf(start, end);
    if (this.late.get(key)) {
      reasons = withFlags(reasons, 'late');
      this.late.delete(key);
    }
    const log = emptyLogAggregate();
    const series: SeriesAggregate = { points: [] };
    let settings: number | undefined;
    for (let at = start; at < end; at += paneLength) {
      const pane = entity.panes.get(at);
      if (!pane) continue;
      if (pane.log) addLogAggregate(log, pane.log, (at - start) / 1000);
      if (pane.series) addSeriesAggregate(series, pane.series);
      reasons = withFlags(
        reasons,
        ...pane.flags,
        ...(settings !== undefined && settings !== pane.settings ? (['mixed'] as const) : []),
      );
      settings = pane.settings;
      entity.panes.delete(at);
      this.indexOf(entity.series).delete(at, key);
      entity.lastLine = at + paneLength;
    }
    if (entity.series) {
      this.entities.put(key, entity);
      return { type: 'series', entity: key, start, end, aggregate: series, flags: reasons };
    }
    entity.awake = end - entity.lastLine < silentFor;
    if (entity.awake) this.awake.add(key);
    else this.awake.delete(key);
    this.entities.put(key, entity);
    return { type: 'log', entity: key, start, end, aggregate: log, flags: reasons };
  }

  private indexOf(series: boolean): PaneIndex {
    return series ? this.index.series : this.index.log;
  }
}

/** Which entities have lines in an open pane. */
class PaneIndex {
  private readonly keys = new Map<number, Set<string>>();

  add(pane: number, key: string): void {
    const keys = this.keys.get(pane);
    if (keys) keys.add(key);
    else this.keys.set(pane, new Set([key]));
  }

  delete(pane: number, key: string): void {
    const keys = this.keys.get(pane);
    keys?.delete(key);
    if (keys?.size === 0) this.keys.delete(pane);
  }

  at(pane: number): Iterable<string> {
    return this.keys.get(pane) ?? [];
  }

  has(pane: number): boolean {
    return this.keys.has(pane);
  }

  panes(): Iterable<number> {
    return this.keys.keys();
  }
}

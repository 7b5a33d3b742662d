/** The open partials of a source, by pane. The store holds them; the index beside it is made from the store. */
import { openPartial, OpenLogPane, OpenSeries, OpenSessionPane, type OpenPartial } from './open-partial.js';
import { compareBytes } from '../../records/wire/order.js';
import type { Store, StateStores } from '../../records/store.js';

interface Pane {
  readonly start: number;
  readonly logs: Map<string, OpenLogPane>;
  readonly series: Map<string, OpenSeries>;
  readonly sessions: Map<string, Map<string, OpenSessionPane>>;
  /** Session classes with more keys than the cap. */
  readonly capped: Set<string>;
}

const storeKey = (open: OpenPartial): string => `${open.pane.toString().padStart(15, '0')}|${open.entity}|${open.key}`;

/** The open partials of one source. */
export class OpenPanes {
  private readonly store: Store<OpenPartial>;
  private panes: Map<number, Pane> | undefined;
  private readonly changed: OpenPartial[] = [];
  private stored = new Set<OpenPartial>();
  private lastPane: Pane | undefined;
  private lastLog: OpenLogPane | undefined;

  /** @param maxKeys - keys of a session class in a pane */
  constructor(
    stores: StateStores,
    private readonly maxKeys: number,
  ) {
    this.store = stores.open('ingest.open', openPartial, 3);
  }

  log(entity: string, start: number): OpenLogPane {
    const last = this.lastLog;
    if (last !== undefined && last.pane === start && last.entity === entity) return this.touch(last);
    const { logs } = this.pane(start);
    let open = logs.get(entity);
    if (!open) logs.set(entity, (open = new OpenLogPane(entity, start)));
    this.lastLog = open;
    return this.touch(open);
  }

  series(entity: string, start: number): OpenSeries {
    const { series } = this.pane(start);
    let open = series.get(entity);
    if (!open) series.set(entity, (open = new OpenSeries(entity, start)));
    return this.touch(open);
  }

  /** Undefined where the class has as many keys in this pane as it may: the pane's slices are flagged then. */
  session(entity: string, start: number, key: string): OpenSessionPane | undefined {
    const pane = this.pane(start);
    let keys = pane.sessions.get(entity);
    if (!keys) pane.sessions.set(entity, (keys = new Map<string, OpenSessionPane>()));
    let open = keys.get(key);
    if (!open) {
      if (keys.size >= this.maxKeys) {
        this.capClass(pane, entity, keys);
        return undefined;
      }
      keys.set(key, (open = new OpenSessionPane(entity, start, key)));
      open.capped = pane.capped.has(entity);
    }
    return this.touch(open);
  }

  /** Takes out what ends at or before `boundary`: ascending by pane, then entity, then session key (UTF-8 bytes). */
  closed(boundary: number, paneMs: number): OpenPartial[] {
    const panes = this.index();
    const starts = [...panes.keys()].filter((start) => start + paneMs <= boundary).sort((a, b) => a - b);
    const out: OpenPartial[] = [];
    for (const start of starts) {
      const { logs, series, sessions } = this.pane(start);
      const all: OpenPartial[] = [...logs.values(), ...series.values()];
      for (const keys of sessions.values()) for (const open of keys.values()) all.push(open);
      all.sort((a, b) => compareBytes(a.entity, b.entity) || compareBytes(a.key, b.key));
      for (const open of all) {
        if (this.stored.delete(open)) this.store.delete(storeKey(open));
        open.changed = false;
        out.push(open);
      }
      panes.delete(start);
    }
    this.lastPane = this.lastLog = undefined;
    return out;
  }

  /** Start of the latest pane that is open, ms, or -1. */
  latest(): number {
    let latest = -1;
    for (const start of this.index().keys()) if (start > latest) latest = start;
    return latest;
  }

  /** Puts what has changed and is still open: at the end of a batch. */
  save(): void {
    for (const open of this.changed) {
      if (!open.changed) continue;
      open.changed = false;
      this.stored.add(open);
      this.store.put(storeKey(open), open);
    }
    this.changed.length = 0;
  }

  private touch<O extends OpenPartial>(open: O): O {
    if (!open.changed) {
      open.changed = true;
      this.changed.push(open);
    }
    return open;
  }

  private capClass(pane: Pane, entity: string, keys: ReadonlyMap<string, OpenSessionPane>): void {
    if (pane.capped.has(entity)) return;
    pane.capped.add(entity);
    for (const open of keys.values()) this.touch(open).capped = true;
  }

  private pane(start: number): Pane {
    if (this.lastPane?.start === start) return this.lastPane;
    const panes = this.index();
    let pane = panes.get(start);
    if (!pane) {
      pane = { start, logs: new Map(), series: new Map(), sessions: new Map(), capped: new Set() };
      panes.set(start, pane);
    }
    this.lastPane = pane;
    return pane;
  }

  private index(): Map<number, Pane> {
    if (this.panes) return this.panes;
    this.panes = new Map();
    for (const key of [...this.store.keys()]) {
      const open = this.store.get(key);
      if (!open) continue;
      this.stored.add(open);
      const pane = this.pane(open.pane);
      if (open.kind === 'log') pane.logs.set(open.entity, open);
      else if (open.kind === 'series') pane.series.set(open.entity, open);
      else {
        let keys = pane.sessions.get(open.entity);
        if (!keys) pane.sessions.set(open.entity, (keys = new Map<string, OpenSessionPane>()));
        keys.set(open.key, open);
        if (keys.size >= this.maxKeys && open.capped) pane.capped.add(open.entity);
      }
    }
    return this.panes;
  }
}

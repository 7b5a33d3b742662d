/** Merges the partials of all sources and closes what is complete, a boundary at a time. */
import { concatMap, defer, finalize } from 'rxjs';
import { InTurn, type Steps } from './merge/in-turn.js';
import type { Batch, Operator, Rejected } from '../records/batch.js';
import { list, struct, text, uint } from '../records/wire/codec.js';
import type { CanaryRecord } from '../records/canary.js';
import type { ShadowRecord } from '../records/shadow.js';
import type { StateStores, Store } from '../records/store.js';
import type { InexactReason } from '../records/score.js';
import type { Closed, EffectiveVerdict } from '../records/window.js';
import {
  isClock,
  windowsRecord,
  type CalendarRecord,
  type DeployRecord,
  type Definition,
  type Promotion,
  type RevocationRecord,
  type VerdictRecord,
  type WindowsRecord,
} from '../records/windows.js';
import { Calendars, Deploys } from './calendars/calendars.js';
import { OpenSessions, type SessionTimes } from './merge/open-sessions.js';
import { OpenWindows, type WindowLengths } from './merge/open-windows.js';
import { Sources, type InputChange } from './merge/sources.js';

/** A record of one shard of `windows`, with its offset there. */
export interface WindowsItem {
  readonly offset: number;
  readonly record: WindowsRecord;
}

/** How `merge` closes windows and sessions. */
export interface MergeOptions extends WindowLengths {
  readonly sessions: SessionTimes;
  /** Name of the shard, for rejects: `windows/0`. */
  readonly shard: string;
  /** Sessions that may be open at once; lines of further ones are rejected. */
  readonly maxSessions?: number;
  /** Idle marks in a row of every source after which the input is lost; never where not given. */
  readonly lostAfter?: number;
}

/** A change of the input, and the record that brought it. */
export interface InputEvent {
  readonly change: InputChange;
  /** Offset in the shard, and ordinal among what it brought. */
  readonly offset: number;
  readonly n: number;
  /** The last boundary that was closed, ms. */
  readonly at: number;
}

/** Lengths in ms and panes where a configuration names none. */
export const mergeDefaults = {
  pane: 60_000,
  windowPanes: 5,
  silentFor: 86_400_000,
  forgetAfter: 90 * 86_400_000,
  maxEntities: 200_000,
} as const;

const maxSessions = 200_000;
/** Verdicts and promotions that are remembered, so that one that comes twice counts once. */
const remembered = 10_000;

/** Of the store `controls-taken`: ids of verdicts and promotions. */
export const controlsTaken = struct<{ ids: readonly string[] }>({ ids: list(text) });

type BoundaryControl =
  | Definition
  | Promotion
  | VerdictRecord
  | RevocationRecord
  | CalendarRecord
  | DeployRecord
  | CanaryRecord
  | ShadowRecord;

/**
 * Closes windows when the least watermark of the listed sources has passed their end, each boundary in turn: `chain`
 * has handled one boundary, learning included, before the next is closed, so that what is decided does not depend on
 * how the log was cut into batches.
 *
 * Repeats and zombies, recognised by their tags, are ignored and counted; a partial for a window that is closed is rejected
 * as `late-partial`, and the entity's next window is flagged. Definitions, promotions, verdicts and revocations take effect at the
 * next boundary.
 *
 * @param chain - what is done with one boundary's batch
 * @param notify - records about a change of the input, emitted at once: no boundary may close while it lasts
 */
export function merge<T>(
  stores: StateStores,
  options: MergeOptions,
  chain: Operator<Closed, T>,
  notify: (event: InputEvent) => readonly T[] = () => [],
): Operator<WindowsItem, T> {
  return (input) =>
    defer(() => {
      const shard = new Shard(stores, options);
      const boundaries = new InTurn(options.shard, chain);

      function* steps(batch: Batch<WindowsItem>): Steps<Closed, T> {
        const rejected: Rejected[] = [...batch.rejected];
        for (const item of batch.items) {
          const refused = shard.take(item);
          if (refused) rejected.push(refused);
          const news = shard.news(item.offset).flatMap(notify);
          if (news.length > 0) yield { output: { items: news, rejected: [] } };
          for (let items = shard.close(); items !== undefined; items = shard.close()) {
            yield { through: items };
            shard.settle();
          }
        }
        yield { output: { items: [], rejected, ...(batch.position ? { position: batch.position } : {}) } };
      }
      return input.pipe(
        concatMap((batch) => boundaries.run(steps(batch))),
        finalize(() => boundaries.close()),
      );
    });
}

/** One shard of `windows`, record by record. */
class Shard {
  private readonly sources: Sources;
  private readonly windows: OpenWindows;
  private readonly sessions: OpenSessions;
  /** The last boundary that was closed, ms, by the empty key. */
  private readonly closed: Store<number>;
  /** Controls that wait for the next boundary, in the order in which they came. */
  private readonly waiting: Store<BoundaryControl[]>;
  /** Ids of verdicts and promotions that were taken, by the empty key. */
  private readonly taken: Store<{ ids: readonly string[] }>;
  /** Whether the end of a bounded run was closed, by its time. */
  private readonly finished: Store<number>;
  private readonly calendars: Calendars;
  private readonly deploys: Deploys;
  private moved = false;
  private changes: readonly InputChange[] = [];

  constructor(
    stores: StateStores,
    private readonly options: MergeOptions,
  ) {
    this.sources = new Sources(stores, options.lostAfter);
    this.windows = new OpenWindows(stores, options);
    this.sessions = new OpenSessions(stores, options.pane, options.sessions, options.maxSessions ?? maxSessions);
    this.closed = stores.open('boundary', uint);
    this.waiting = stores.open('waiting-controls', list(windowsRecord)) as unknown as Store<BoundaryControl[]>;
    this.taken = stores.open('controls-taken', controlsTaken);
    this.finished = stores.open('finished', uint);
    this.calendars = new Calendars(stores);
    this.deploys = new Deploys(stores);
  }

  /** Takes one record; what is refused and should be seen is returned. */
  take({ offset, record }: WindowsItem): Rejected | undefined {
    const refuse = (reason: string, detail: string): Rejected => ({
      reason,
      detail,
      source: this.options.shard,
      offset,
    });
    if (record.type === 'sources') {
      this.sources.list(record);
      this.moved = true;
      return undefined;
    }
    // The task looks at its state as a whole there.
    if (record.type === 'snapshot' || record.type === 'revert') return undefined;
    if (record.type === 'calendar' || record.type === 'deploy') {
      this.wait(record);
      return undefined;
    }
    if (isOnce(record)) {
      const id = onceId(record);
      const ids = this.taken.get('')?.ids ?? [];
      if (ids.includes(id)) return refuse('repeat', `${id} was taken before`);
      this.taken.put('', { ids: [...ids, id].slice(-remembered) });
      this.wait(record);
      return undefined;
    }
    const ignored = this.sources.take(record.tag);
    if (ignored === 'repeat' && record.type === 'mark' && record.kind === 'lost')
      this.sources.lose(record.tag.source, record.watermark, record.watermark);
    if (ignored)
      return refuse(ignored, `${record.type} of ${record.tag.source} at ${record.tag.offset}/${record.tag.n}`);
    if (record.type === 'definition') {
      this.wait(record);
      return undefined;
    }
    if (record.type === 'mark') {
      if (isClock(record)) return undefined;
      this.changes = this.sources.mark(record, this.closed.get('') ?? 0);
      // Its first line is somewhere in the pane behind its first mark.
      if (record.kind === 'data') this.sources.goOn(record.watermark + this.options.pane);
      if (record.kind === 'reset') this.rewind(record.watermark);
      this.moved = true;
      return undefined;
    }
    this.sources.heard(record.tag.source);
    const boundary = this.closed.get('');
    if (boundary !== undefined && record.pane + this.options.pane <= boundary) {
      if (record.type === 'session') this.sessions.missed(record);
      else this.windows.missed(record.entity);
      return refuse('late-partial', `${record.entity} at ${record.pane}: its window was closed at ${boundary}`);
    }
    if (record.type !== 'session') this.windows.add(record);
    else if (!this.sessions.add(record)) {
      return refuse('too-many-sessions', `session ${record.key} of ${record.entity}: too many are open`);
    }
    return undefined;
  }

  /** A person says how far event time is: what was closed beyond it by a wrong clock is open again. */
  private rewind(watermark: number): void {
    const { pane, windowPanes } = this.options;
    const length = pane * windowPanes;
    const boundary = Math.floor(watermark / length) * length;
    if ((this.closed.get('') ?? 0) <= boundary) return;
    this.closed.put('', boundary);
    this.windows.rewind(boundary);
  }

  /** What the last record changed in the input. */
  news(offset: number): readonly InputEvent[] {
    const { changes } = this;
    this.changes = [];
    const at = this.closed.get('') ?? 0;
    return changes.map((change, n) => ({ change, offset, n, at }));
  }

  /** The next boundary's items, or undefined while nothing more is complete. */
  close(): Closed[] | undefined {
    if (!this.moved) return undefined;
    const complete = this.sources.complete();
    if (!complete) {
      this.moved = false;
      return undefined;
    }
    const { pane, windowPanes } = this.options;
    const { ended, stalled } = complete;
    const length = pane * windowPanes;
    // A bounded run closes its last windows although they may be cut.
    const from = this.closed.get('') ?? 0;
    const upTo = ended
      ? Math.max(from, Math.ceil(complete.upTo / length) * length)
      : Math.floor(complete.upTo / pane) * pane;
    const isDone = ended && this.finished.get('') === upTo;
    if (upTo < from || (upTo === from && (!ended || isDone))) {
      this.moved = false;
      return undefined;
    }
    const next = least(this.windows.next(from), this.sessions.next(from));
    const isNext = next !== undefined && next <= upTo;
    if (!isNext && (!ended || isDone)) {
      this.moved = false;
      this.closed.put('', upTo);
      return undefined;
    }
    const at = isNext ? next : upTo;
    // All sources have ended: nothing more will come, and every session is over.
    const isLast = ended && at === upTo;
    if (isLast) this.finished.put('', upTo);
    if (ended) this.sources.end();
    this.closed.put('', at);
    const flags = (start: number, end: number): readonly InexactReason[] => [
      ...(stalled ? (['stalled'] as const) : []),
      ...(this.sources.hasLostWithin(start, end) ? (['lost'] as const) : []),
      ...(this.sources.hasUnreadWithin(start, end) ? (['cut'] as const) : []),
    ];
    const windows = isNext ? this.windows.close(at, flags) : [];
    const { score, release } = this.sessions.close(at, flags, isLast);
    return this.boundary(at, [...windows, ...score, ...release], isLast);
  }

  /** After the boundary of `close` was handled, learning included. */
  settle(): void {
    this.sessions.settle(this.closed.get('')!);
  }

  private boundary(end: number, items: readonly Closed[], ended: boolean): Closed[] {
    const waiting = this.waiting.get('') ?? [];
    const later = waiting.filter((control) => control.type === 'promotion' && control.from > end);
    const now = waiting.filter((control) => !later.includes(control));
    if (waiting.length > 0) this.waiting.put('', later);
    for (const control of now) {
      if (control.type === 'calendar') this.calendars.take(control.entry);
      if (control.type === 'deploy') this.deploys.take(control.deploy);
    }
    this.calendars.forget(end);
    this.deploys.forget(end);
    return [
      ...now.filter((control) => control.type === 'definition'),
      // Of several that take over together the one with the latest bound wins, however they came.
      ...now.filter((control) => control.type === 'promotion').sort((a, b) => a.from - b.from),
      ...now.filter((control) => control.type === 'canary'),
      ...now.filter((control) => control.type === 'shadow'),
      ...effective(now),
      ...items,
      { type: 'boundary', end, sources: this.sources.count, ended, ...this.windows.settle(end) },
    ] as Closed[];
  }

  private wait(control: BoundaryControl): void {
    const waiting = this.waiting.get('') ?? [];
    waiting.push(control);
    this.waiting.put('', waiting);
  }
}

/** Controls that count once, however often they come. */
type Once = Promotion | VerdictRecord | RevocationRecord | CanaryRecord | ShadowRecord;
const once: ReadonlySet<WindowsRecord['type']> = new Set(['promotion', 'verdict', 'revocation', 'canary', 'shadow']);
const isOnce = (record: WindowsRecord): record is Once => once.has(record.type);

function onceId(record: Once): string {
  if (record.type === 'promotion') return `promotion ${record.artefact} from ${record.from}`;
  return 'verdict' in record ? `${record.type} ${record.verdict.id}` : `${record.type} ${record.id}`;
}

/** Verdicts and revocations; a verdict that was taken back before it took effect never does. */
function effective(controls: readonly BoundaryControl[]): EffectiveVerdict[] {
  const said = controls.filter((control) => control.type === 'verdict' || control.type === 'revocation');
  const never = new Set(
    said
      .filter(({ type }) => type === 'revocation')
      .map(({ verdict: { id } }) => id)
      .filter((id) => said.some(({ type, verdict }) => type === 'verdict' && verdict.id === id)),
  );
  return said
    .filter(({ verdict: { id } }) => !never.has(id))
    .map(({ type, verdict }) => ({ type: 'verdict', verdict, revoked: type === 'revocation' }));
}

const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

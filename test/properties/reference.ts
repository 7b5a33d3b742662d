/** What merge must hand on, told from all partials at once: no tags, no marks, no state. */
import {
  addLogAggregate,
  addSeriesAggregate,
  addSessionEvents,
  emptyLogAggregate,
  logAggregate,
  seriesAggregate,
  sessionEvents,
  type SessionEvents,
} from '../../records/aggregate.js';
import { encode } from '../../records/wire/codec.js';
import { inexactReasons, type InexactReason } from '../../records/score.js';
import type { Closed, LogWindow, SeriesWindow, SessionWindow } from '../../records/window.js';
import type { PanePartial, SessionPartial } from '../../records/windows.js';
import { pane, windowPanes, type Stream } from './sources.js';

export const silentFor = 10 * pane;
/** A session is over when it was quiet for so long; signature 1 is missed so long after its start. */
export const quiet = 5 * pane;
export const due = 13 * 3_600_000;
const length = windowPanes * pane;

type Window = LogWindow | SeriesWindow | SessionWindow;

/** A window in canonical words and bytes. */
export function canonical(window: Window): string {
  const { type, entity, end, flags } = window;
  const head = [end, entity, type, flags.join('+')].join(' ');
  if (type === 'log') return `${head} ${window.start} ${encode(logAggregate, window.aggregate).toString('hex')}`;
  if (type === 'series') return `${head} ${window.start} ${encode(seriesAggregate, window.aggregate).toString('hex')}`;
  const { key, phase, first, last, events } = window;
  return `${head} ${key} ${phase} ${first} ${last} ${encode(sessionEvents, events).toString('hex')}`;
}

export const isWindow = (item: Closed): item is Window =>
  item.type === 'log' || item.type === 'series' || item.type === 'session';

/** Every window of what the sources sent, in canonical form, sorted. */
export function reference(streams: readonly Stream[]): string[] {
  const all = streams.flat();
  const partials = all.filter((sent): sent is PanePartial => sent.type !== 'mark' && sent.type !== 'definition');
  const upTo = Math.ceil(Math.max(...all.map((sent) => (sent.type === 'mark' ? sent.watermark : 0))) / length) * length;
  const windows: Window[] = [];
  const entities = groupBy(partials, (sent) => (sent.type === 'session' ? `${sent.entity} ${sent.key}` : sent.entity));
  for (const own of entities.values()) {
    const { type } = own[0]!;
    if (type === 'series') windows.push(...ofSeries(own));
    else if (type === 'log') windows.push(...ofService(own, upTo));
    else windows.push(...ofSession(own as SessionPartial[], upTo));
  }
  return windows.map(canonical).sort();
}

function groupBy<K, T>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

const flagsOf = (own: readonly PanePartial[]): readonly InexactReason[] =>
  inexactReasons.filter(
    (reason) =>
      (reason === 'capped' && own.some(({ capped }) => capped)) ||
      (reason === 'mixed' && new Set(own.map(({ settings }) => settings)).size > 1),
  );

function ofSeries(own: readonly PanePartial[]): Window[] {
  return [...groupBy(own, (sent) => sent.pane)].map(([start, sent]) => {
    const aggregate = { points: [] };
    for (const one of sent) if (one.type === 'series') addSeriesAggregate(aggregate, one.aggregate);
    return { type: 'series', entity: sent[0]!.entity, start, end: start + pane, aggregate, flags: flagsOf(sent) };
  });
}

function ofService(own: readonly PanePartial[], upTo: number): Window[] {
  const windows: Window[] = [];
  const panes = own.map((sent) => sent.pane);
  for (let end = Math.floor(Math.min(...panes) / length) * length + length; end <= upTo; end += length) {
    const start = end - length;
    const sent = own.filter((one) => one.pane >= start && one.pane < end);
    const lastLine = Math.max(...panes.filter((at) => at < start)) + pane;
    // The window before it already ended so long after the last line: the service sleeps.
    if (sent.length === 0 && start - lastLine >= silentFor) continue;
    const aggregate = emptyLogAggregate();
    for (const one of sent)
      if (one.type === 'log') addLogAggregate(aggregate, one.aggregate, (one.pane - start) / 1000);
    windows.push({ type: 'log', entity: own[0]!.entity, start, end, aggregate, flags: flagsOf(sent) });
  }
  return windows;
}

function ofSession(own: readonly SessionPartial[], upTo: number): Window[] {
  const windows: Window[] = [];
  const { entity, key } = own[0]!;
  let lines: SessionPartial[] = [];
  for (let end = Math.min(...own.map((sent) => sent.pane)) + pane; end <= upTo; end += pane) {
    const fresh = own.filter((sent) => sent.pane === end - pane);
    lines.push(...fresh);
    if (lines.length === 0) continue;
    const events: SessionEvents = new Map();
    for (const sent of lines) addSessionEvents(events, sent.events);
    const first = Math.min(...[...events.values()].map((event) => event.first));
    const last = Math.max(...[...events.values()].map((event) => event.last));
    const window = { type: 'session', entity, key, first, last, end, events, flags: flagsOf(lines) } as const;
    const isQuiet = end - last >= quiet;
    const isDue = !events.has(1) && Math.ceil((first + due) / pane) * pane === end;
    if (fresh.length > 0 || isDue || isQuiet) windows.push({ ...window, phase: 'score' });
    if (!isQuiet && end !== upTo) continue;
    windows.push({ ...window, phase: 'release' });
    lines = [];
  }
  return windows;
}

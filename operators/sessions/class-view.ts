/** A session class as scoring sees it: costs, due times and usual sets, derived from what the class has learnt. */
import { onCostGrid } from '../../models/detectors/kernel-rarity.js';
import { ln } from '../../models/exact/log.js';
import { bucketFloor, bucketOf } from '../../records/aggregate.js';
import { compareBytes } from '../../records/wire/order.js';
import type { PastSet, SessionClassState, TemplatePast } from './class-state.js';

/** Past sessions from which on a class is trusted: below, nothing fires, and confidence grows in proportion. */
export const trustedPast = 200;
/** Sessions that must have had a template before its due time is believed. */
const minSeen = 20;
/** Share of first times after which a template is due. */
const dueShare = 0.99;
/**
 * A template is missing at this multiple of that time: one sound session in a hundred has it later, lateness is shared by
 * many sessions (a job deletes all its blocks at once), and an alert cannot be taken back.
 */
const dueSlack = 2;
/** Where lines lose their session, a step is missing this much later, ms: it takes a pane until those lines are known. */
const strayGrace = 60_000;
/** Nothing is missing sooner than this share of the longest due time: a class that takes days is not judged by minutes. */
const minDueShare = 0.05;
/** Maximum sets that a session is compared with in words. */
const maxUsual = 32;

/** A class as scoring sees it: derived from the state, valid until the class learns again. */
export interface ClassView {
  readonly templates: readonly number[];
  readonly place: ReadonlyMap<number, number>;
  /** c³ of each template, on the grid of the kernel. */
  readonly costs3: Float64Array;
  /** When each is due, ms since the session's start; 0 where seen too seldom to tell. */
  readonly due: Float64Array;
  /** c³ of a template that the class has never seen. */
  readonly unseen: number;
  readonly sets: readonly PastSet[];
  /** The heaviest sets, by index into `sets`, that make up half of the past: what a session is compared with in words. */
  readonly usual: readonly number[];
  readonly longestDue: number;
  readonly past: number;
  /** New wordings, and the templates whose steps they are. */
  readonly wordings: ReadonlyMap<number, number>;
  /** Weight of each template, and the most that one has. */
  readonly weights: ReadonlyMap<number, number>;
  readonly maxWeight: number;
  /** Templates and new wordings. It is the same object as in the view before if none was added or dropped. */
  readonly lines: ReadonlySet<number>;
  /** Lines of the class were seen that have lost their session. */
  readonly strays: boolean;
}

/** The steps of a session. */
export interface SessionSteps {
  /** When each came first, ms, by template. */
  readonly times: ReadonlyMap<number, number>;
  /** Of each of these one may have come: a line that was cut may be more than one. */
  readonly possible: ReadonlySet<number>;
}

/**
 * Places, in `view.templates`, of the steps that a session lacks and that fall due in `(after, until]`, ms since its start.
 *
 * @example
 * lackedSteps(view, steps, 0, waited); // what is missing by now
 */
export function lackedSteps(
  { templates, due }: ClassView,
  { times, possible }: SessionSteps,
  after: number,
  until: number,
): number[] {
  const places: number[] = [];
  for (let i = 0; i < templates.length; i++)
    if (due[i]! > after && due[i]! <= until && !times.has(templates[i]!) && !possible.has(templates[i]!))
      places.push(i);
  return places;
}

/** `c³` with `c = -ln min(p, 1 - p)`, `p = (n + 1/2) / (N + 1)`. */
function cost3(weight: number, total: number): number {
  const p = (weight + 0.5) / (total + 1);
  const c = -ln(Math.min(p, 1 - p));
  return onCostGrid(c * c * c);
}

/**
 * Derives the view of a class.
 *
 * @param strays - whether lines of the class were seen that have lost their session
 * @param before - the lines of the view before
 */
export function viewOf(state: SessionClassState, strays: boolean, before?: ReadonlySet<number>): ClassView {
  const templates = [...state.templates.keys()].sort((a, b) => a - b);
  const total = state.weight;
  const past = templates.map((id) => state.templates.get(id)!);
  const times = past.map(dueOf);
  const longestDue = times.reduce((most, time) => Math.max(most, time), 0);
  const due = Float64Array.from(times, (time) =>
    time === 0 ? 0 : Math.max(time, Math.floor(minDueShare * longestDue)) + (strays ? strayGrace : 0),
  );
  const sets = [...state.sets.entries()].sort(([a], [b]) => compareBytes(a, b)).map(([, set]) => set);
  return {
    templates,
    place: new Map(templates.map((id, i) => [id, i])),
    costs3: Float64Array.from(past, ({ weight }) => cost3(Math.min(weight, total), total)),
    due,
    unseen: cost3(0, total),
    sets,
    usual: usualOf(sets),
    longestDue,
    past: state.learnt,
    wordings: state.wordings,
    lines: linesOf(state, before),
    strays,
    weights: new Map(templates.map((id, i) => [id, past[i]!.weight])),
    maxWeight: past.reduce((most, { weight }) => Math.max(most, weight), 0),
  };
}

function linesOf({ templates, wordings }: SessionClassState, before?: ReadonlySet<number>): ReadonlySet<number> {
  const lines = new Set([...templates.keys(), ...wordings.keys()]);
  return before?.size === lines.size && [...lines].every((id) => before.has(id)) ? before : lines;
}

function usualOf(sets: readonly PastSet[]): number[] {
  let left = sets.reduce((sum, { weight }) => sum + weight, 0) / 2;
  const usual: number[] = [];
  for (const [i, { weight }] of [...sets.entries()].sort(([i, a], [j, b]) => b.weight - a.weight || i - j)) {
    if (left <= 0 || usual.length === maxUsual) break;
    usual.push(i);
    left -= weight;
  }
  return usual;
}

/**
 * Whether the time of a first line is about one that it has had before, or between two of them.
 *
 * @param sinceStart - ms since the start of the session
 */
export function comesAbout({ times }: TemplatePast, sinceStart: number): boolean {
  const buckets = [...times.keys()];
  const bucket = bucketOf(sinceStart + 1);
  return bucket >= Math.min(...buckets) - 1 && bucket <= Math.max(...buckets) + 1;
}

/** What was found last, and of how many first times: most templates of a class are as they were in the view before. */
const foundDue = new WeakMap<TemplatePast, { readonly seen: number; readonly due: number }>();

function dueOf(past: TemplatePast): number {
  const { seen } = past;
  const found = foundDue.get(past);
  if (found?.seen === seen) return found.due;
  const due = findDue(past);
  foundDue.set(past, { seen, due });
  return due;
}

/** Twice the 99 % quantile of a template's first time, by the upper bound of its bucket. */
function findDue({ seen, times }: TemplatePast): number {
  if (seen < minSeen) return 0;
  let left = dueShare * seen;
  for (const [bucket, count] of [...times].sort(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return Math.floor(dueSlack * bucketFloor(bucket + 1));
  }
  return 0;
}

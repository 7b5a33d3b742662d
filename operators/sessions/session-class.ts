/**
 * What a session class has learnt from its past: how often each template comes, how soon, and which sets of templates
 * there were. From it follow costs, due times, the rarity of a session and the distance of two.
 */
import { onCostGrid, onWeightGrid } from '../../models/detectors/kernel-rarity.js';
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';
import { bucketFloor, bucketOf, type SessionEvents } from '../../records/aggregate.js';
import { double, list, map, readAs, struct, text, uint } from '../../records/wire/codec.js';
import { compareBytes } from '../../records/wire/order.js';
import type { StateStores, Store } from '../../records/store.js';
import type { SessionTimes } from '../merge/open-sessions.js';
import { seesStrays } from '../merge/stray-lines.js';
import { cutRarer, isCutOf, wholesOf, type WholeLine } from './cut-lines.js';
import { Likeness } from './likeness.js';
import {
  arrivalsCodec,
  countArrivals,
  isTakenInError,
  noArrivals,
  rewordingOf,
  type Arrivals,
  type KnownStep,
} from './rewording.js';

/** Sessions after which a past session counts half. */
export const halfLife = 5000;
/** Weight of a session that fired: it may be an anomaly, and must not make itself usual. */
export const firedWeight = 0.2;
/** Past sessions from which on a class is trusted: below, nothing fires, and confidence grows in proportion. */
export const trustedPast = 200;
/** Sessions between two steps of decay. */
const decayEvery = 250;
/** Sessions that must have had a template before its due time is believed. */
const minSeen = 20;
/** Share of first times after which a template is due. */
const dueShare = 0.99;
/**
 * It is missed so many times later than that: one in a hundred sound sessions has it later, lateness comes in crowds (a
 * job deletes all its blocks at once), and an alert cannot be taken back.
 */
const dueSlack = 2;
/** Where lines lose their session, a step is missed so much later, ms: until they are known, which takes a pane. */
const strayGrace = 60_000;
/** Nothing is missed sooner than this share of the longest due time: a class that takes days is not judged by minutes. */
const minDueShare = 0.05;
const minQuiet = 3_600_000;
/** Bounds of the state of a class: the lightest go first. */
const maxSets = 2000;
const maxTemplates = 512;
/** Signatures that are remembered as none of a class. */
const maxForeign = 4096;

interface TemplatePast {
  /** Weight of the sessions that had it, and their number. */
  weight: number;
  seen: number;
  /** Sessions by the bucket of its first time since the session's start, ms + 1. */
  times: Map<number, number>;
}

interface PastSet {
  templates: readonly number[];
  weight: number;
}

/** What is remembered of a class. */
export interface SessionClassState {
  /** Sessions learnt, and their weight after decay. */
  learnt: number;
  weight: number;
  templates: Map<number, TemplatePast>;
  sets: Map<string, PastSet>;
  /** New wordings, and the templates whose steps they are. */
  wordings: Map<number, number>;
}

const fields = {
  learnt: uint,
  weight: double,
  templates: map(uint, struct<TemplatePast>({ weight: double, seen: uint, times: map(uint, uint) })),
  sets: map(text, struct<PastSet>({ templates: list(uint), weight: double })),
};
const codec = struct<SessionClassState>({ ...fields, wordings: map(uint, uint) });
/** Before a line could be reworded. */
const olderCodecs = new Map([
  [
    1,
    readAs(struct<Omit<SessionClassState, 'wordings'>>(fields), (state): SessionClassState => ({
      ...state,
      wordings: new Map(),
    })),
  ],
]);
/** New wordings of a class: the latest replace the others. */
const maxWordings = 256;

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
  /** Templates and new wordings; the same set as long as none comes and none goes. */
  readonly lines: ReadonlySet<number>;
  /** Lines of the class were seen that have lost their session. */
  readonly strays: boolean;
}

/** What a class knows of a template: its id and, where it is described, its masked text and a sample line. */
export interface StepTemplate {
  readonly id: number;
  readonly text?: string;
  readonly sample?: string;
}

/** The steps of a session. */
export interface SessionSteps {
  /** When each came first, ms, by template. */
  readonly times: ReadonlyMap<number, number>;
  /** Of each of these one may have come: a line that was cut may be more than one. */
  readonly possible: ReadonlySet<number>;
}

/** What was found of lines that were cut, so that texts are compared once. */
interface KnownCuts {
  /** Of each view: what its lighter templates, and those that it does not know, are the beginning of. */
  readonly wholes: WeakMap<ClassView, Map<number, readonly number[]>>;
  /** Of a template: others that do not begin as it does, whatever they weigh. Texts last as long as an artefact set. */
  readonly unlike: Map<number, Set<number>>;
}

function unlikeOf(known: KnownCuts['unlike'], id: number): Set<number> {
  let unlike = known.get(id);
  if (!unlike) {
    if (known.size >= maxTemplates) known.clear();
    known.set(id, (unlike = new Set()));
  }
  return unlike;
}

/** The session classes of a shard. */
export class SessionClasses implements Omit<SessionTimes, 'lines'> {
  private readonly states: Store<SessionClassState>;
  private readonly arrivals: Store<Arrivals>;
  /** Derived, by entity; forgotten when the class learns. */
  private readonly views = new Map<string, ClassView>();
  /** Of lines that may have been cut, and of those that were in any case. */
  private readonly cuts: KnownCuts = { wholes: new WeakMap(), unlike: new Map() };
  private readonly lostCuts: KnownCuts = { wholes: new WeakMap(), unlike: new Map() };
  /** Lines of each class, by entity, and signatures that are none of them, nor the rest of one. */
  private readonly lineSets = new Map<string, ReadonlySet<number>>();
  private readonly foreign = new WeakMap<ReadonlySet<number>, Set<number>>();
  /** The artefact set that the views are of. */
  private viewed = '';
  /** The artefact set whose templates a class is told in. */
  private readonly named: Store<string>;
  private readonly hasStrays: (entity: string) => boolean;

  constructor(
    stores: StateStores,
    private readonly templateOf: (signature: number) => StepTemplate,
    /** Id of the artefact set whose templates are in force; empty before the first. */
    private readonly artefact: () => string = () => '',
  ) {
    this.states = stores.open('session-class', codec, 2, olderCodecs);
    this.arrivals = stores.open('session-class-arrivals', arrivalsCodec);
    this.named = stores.open('session-class-artefact', text);
    this.hasStrays = seesStrays(stores);
  }

  /** The past of a class in the templates that are in force. */
  private stateOf(entity: string): SessionClassState {
    const state = this.states.get(entity) ?? emptyState();
    const artefact = this.artefact();
    if ((this.named.get(entity) ?? '') === artefact) return state;
    const renamed = rename(state, (id) => this.templateOf(id).id);
    this.named.put(entity, artefact);
    this.states.put(entity, renamed);
    return renamed;
  }

  view(entity: string): ClassView {
    const artefact = this.artefact();
    if (artefact !== this.viewed) {
      this.views.clear();
      this.lineSets.clear();
      this.cuts.unlike.clear();
      this.lostCuts.unlike.clear();
    }
    this.viewed = artefact;
    const known = this.views.get(entity);
    const strays = this.hasStrays(entity);
    if (known?.strays === strays) return known;
    const state = this.stateOf(entity);
    const view = viewOf(state, this.linesOf(entity, state), strays);
    this.views.set(entity, view);
    return view;
  }

  private linesOf(entity: string, { templates, wordings }: SessionClassState): ReadonlySet<number> {
    const lines = new Set([...templates.keys(), ...wordings.keys()]);
    const known = this.lineSets.get(entity);
    if (known?.size === lines.size && [...lines].every((id) => known.has(id))) return known;
    this.lineSets.set(entity, lines);
    return lines;
  }

  /**
   * The steps of a class that a line without a session may be, where its end is missing; with `whole` also the one that it
   * is as it is.
   */
  strayStepsOf(entity: string, signature: number, whole: boolean): readonly number[] {
    const view = this.view(entity);
    const { lines, weights, wordings } = view;
    let foreign = this.foreign.get(lines);
    if (foreign?.has(signature)) return [];
    const id = this.idOf(signature);
    const wholes = this.wholesOf(view, id, true);
    if (wholes.length > 0) return wholes.map((one) => wordings.get(one) ?? one);
    if (this.isUnlikeAll(view, id)) {
      if (!foreign) this.foreign.set(lines, (foreign = new Set()));
      if (foreign.size < maxForeign) foreign.add(signature);
    }
    return whole && weights.has(id) ? [id] : [];
  }

  /** Whether no line of a class is the template, or begins as it does: a matter of their texts alone. */
  private isUnlikeAll({ lines }: ClassView, id: number): boolean {
    const unlike = this.lostCuts.unlike.get(id);
    return unlike !== undefined && !lines.has(id) && [...lines].every((line) => unlike.has(line));
  }

  /** Template ids of a session, ascending, and when each came first, ms since its start; new wordings as the old ones. */
  firstTimes(entity: string, events: SessionEvents): ReadonlyMap<number, number> {
    return this.steps(entity, events).times;
  }

  /** As `firstTimes`, with what may have come besides. */
  steps(entity: string, events: SessionEvents): SessionSteps {
    const view = this.view(entity);
    const { times: lines, possible } = this.firstLines(view, events);
    const start = Math.min(...lines.values());
    const times = new Map<number, number>();
    for (const [written, first] of lines) {
      const id = view.wordings.get(written) ?? written;
      const at = first - start;
      const before = times.get(id);
      if (before === undefined || at < before) times.set(id, at);
    }
    return { times: new Map([...times].sort(([a], [b]) => a - b)), possible };
  }

  /** Template ids of a session as they were written, and when each came first, ms; a line that was cut as the whole one. */
  private firstLines(view: ClassView, events: SessionEvents): SessionSteps {
    const times = new Map<number, number>();
    const possible = new Set<number>();
    for (const [signature, { first }] of events) {
      const { id: written } = this.templateOf(signature);
      const wholes = this.wholesOf(view, written);
      if (wholes.length > 1) for (const whole of wholes) possible.add(view.wordings.get(whole) ?? whole);
      // Alone it is all that there is of a session.
      if (wholes.length > 1 && events.size > 1) continue;
      const id = wholes.length === 1 ? wholes[0] : written;
      times.set(id, Math.min(first, times.get(id) ?? first));
    }
    return { times, possible };
  }

  /**
   * The templates that a template is the beginning of; none for what is a line of its own.
   *
   * @param lost - its end is missing in any case
   */
  wholesOf(view: ClassView, id: number, lost = false): readonly number[] {
    const { weights, maxWeight, wordings } = view;
    const weight = weights.get(id) ?? 0;
    // A class that still gets to know itself cannot tell what is rare.
    if (view.past < trustedPast || wordings.has(id) || weight * cutRarer > maxWeight) return [];
    const { wholes: found, unlike } = lost ? this.lostCuts : this.cuts;
    let cuts = found.get(view);
    const known = cuts?.get(id);
    if (known) return known;
    const { text = '', sample = text } = this.templateOf(id);
    // A template without a description may get one later.
    if (text === '' || sample === '') return [];
    const lines = this.wholeLines(view, unlikeOf(unlike, id), (whole) => isCutOf(text, whole, lost));
    const wholes = wholesOf(text, weight, lines, lost).map((line) => line.id);
    if (!cuts) found.set(view, (cuts = new Map<number, readonly number[]>()));
    if (cuts.size < maxTemplates) cuts.set(id, wholes);
    return wholes;
  }

  /** The lines of a class without those that are `unlike`: what does not begin so goes there. */
  private *wholeLines(
    { weights, wordings }: ClassView,
    unlike: Set<number>,
    beginsSo: (text: string) => boolean,
  ): Generator<WholeLine> {
    const isUnlike = (id: number): boolean => {
      if (unlike.has(id)) return true;
      const { text = '', sample = '' } = this.templateOf(id);
      // A template without a description may get one later.
      if (sample === '' || beginsSo(text)) return false;
      unlike.add(id);
      return true;
    };
    for (const [id, weight] of weights)
      if (!wordings.has(id) && !isUnlike(id)) yield { id, text: this.textOf(id), weight };
    for (const [id, step] of wordings)
      if (!isUnlike(id)) yield { id, text: this.textOf(id), weight: weights.get(step) ?? 0 };
  }

  /**
   * Sees what the sessions of a boundary have, before any of them is scored: a line that was reworded is the same step
   * from here on.
   */
  observe(entity: string, sessions: readonly SessionEvents[], boundary: number): void {
    const view = this.view(entity);
    // A class that still gets to know itself finds everything new.
    if (view.past < trustedPast) return;
    const state = this.arrivals.get(entity) ?? noArrivals();
    const lines = sessions.map((events) => this.firstLines(view, events).times);
    countArrivals(state, lines, boundary, (id) => view.place.has(id));
    this.arrivals.put(entity, state);
    if (state.fresh.size === 0) return;
    const wordings = new Map(view.wordings);
    let changed = false;
    for (const [id, step] of wordings) {
      if (!isTakenInError(state, id, step)) continue;
      wordings.delete(id);
      changed = true;
    }
    let steps: ReturnType<typeof this.stepsOf> | undefined;
    for (const id of [...state.fresh.keys()].sort((a, b) => a - b)) {
      if (wordings.has(id)) continue;
      const having = lines.filter((line) => line.has(id));
      if (having.length === 0) continue;
      steps ??= this.stepsOf(entity);
      const step = rewordingOf(state, id, having, steps(id));
      if (step === undefined) continue;
      wordings.set(id, step);
      changed = true;
    }
    if (!changed) return;
    this.states.put(entity, { ...this.stateOf(entity), wordings: new Map([...wordings].slice(-maxWordings)) });
    this.views.delete(entity);
  }

  /** Masked text of a template; empty where it has none. */
  textOf(id: number): string {
    return this.templateOf(id).text ?? '';
  }

  /** Template of a signature, or of a template of an earlier catalogue. */
  idOf(signature: number): number {
    return this.templateOf(signature).id;
  }

  /** Whether the first line of a template has come about so long after its session's start before, ms. */
  comesAt(entity: string, id: number, sinceStart: number): boolean {
    const past = this.stateOf(entity).templates.get(id);
    return past !== undefined && comesAbout(past, sinceStart);
  }

  /** What the class has learnt of its steps, to tell which of them a new template may be. */
  private stepsOf(entity: string): (id: number) => KnownStep[] {
    const { templates, weight } = this.stateOf(entity);
    const likeness = new Likeness([...templates.keys()].map((id) => this.textOf(id)));
    return (fresh) =>
      [...templates].map(([id, past]) => ({
        id,
        share: past.weight / Math.max(weight, 1),
        alike: likeness.of(this.textOf(fresh), this.textOf(id)),
        comesAt: (sinceStart) => comesAbout(past, sinceStart),
      }));
  }

  nextDue(entity: string, events: SessionEvents, after: number): number | undefined {
    const { templates, due } = this.view(entity);
    const { times, possible } = this.steps(entity, events);
    let next: number | undefined;
    templates.forEach((id, i) => {
      if (due[i] > after && !times.has(id) && !possible.has(id) && (next === undefined || due[i] < next)) next = due[i];
    });
    return next;
  }

  quiet(entity: string): number {
    return Math.max(minQuiet, this.view(entity).longestDue);
  }

  /** Learns a session that is over. */
  learn(entity: string, events: SessionEvents, fired: boolean): void {
    const state = this.stateOf(entity);
    const weight = onWeightGrid(fired ? firedWeight : 1);
    const times = this.firstTimes(entity, events);
    const templates = [...times.keys()];
    for (const [id, time] of times) {
      const past = state.templates.get(id) ?? { weight: 0, seen: 0, times: new Map<number, number>() };
      past.weight += weight;
      past.seen++;
      const bucket = bucketOf(time + 1);
      past.times.set(bucket, (past.times.get(bucket) ?? 0) + 1);
      state.templates.set(id, past);
    }
    const key = templates.join(' ');
    const set = state.sets.get(key) ?? { templates, weight: 0 };
    set.weight += weight;
    state.sets.set(key, set);
    state.weight += weight;
    state.learnt++;
    if (state.learnt % decayEvery === 0) decay(state);
    // A crowd of one-off templates, such as a session of thousands, does not wait for the next step of decay.
    if (state.sets.size > 2 * maxSets || state.templates.size > 2 * maxTemplates) prune(state);
    this.states.put(entity, state);
    this.views.delete(entity);
  }

  /** `(sum of c³ over the templates in which they differ)^(1/3)`: 0 for equal sets. */
  distance(entity: string, a: readonly number[], b: readonly number[]): number {
    const { place, costs3, unseen } = this.view(entity);
    let sum = 0;
    const add = (id: number): void => {
      const at = place.get(id);
      sum += at === undefined ? unseen : costs3[at];
    };
    for (const id of a) if (!b.includes(id)) add(id);
    for (const id of b) if (!a.includes(id)) add(id);
    return sum > 0 ? exp(ln(sum) / 3) : 0;
  }
}

const emptyState = (): SessionClassState => ({
  learnt: 0,
  weight: 0,
  templates: new Map(),
  sets: new Map(),
  wordings: new Map(),
});

function decay(state: SessionClassState): void {
  const factor = exp((-ln(2) * decayEvery) / halfLife);
  state.weight = 0;
  for (const [key, set] of state.sets) {
    set.weight = onWeightGrid(set.weight * factor);
    if (set.weight === 0) state.sets.delete(key);
    state.weight += set.weight;
  }
  for (const past of state.templates.values()) past.weight = onWeightGrid(past.weight * factor);
  prune(state);
}

/** Keeps the heaviest sets and templates. */
function prune(state: SessionClassState): void {
  if (state.sets.size > maxSets) {
    const light = [...state.sets].sort(([k, a], [l, b]) => a.weight - b.weight || (k < l ? -1 : 1));
    for (const [key] of light.slice(0, state.sets.size - maxSets)) state.sets.delete(key);
  }
  if (state.templates.size > maxTemplates) {
    const light = [...state.templates].sort(([k, a], [l, b]) => a.weight - b.weight || k - l);
    for (const [id] of light.slice(0, state.templates.size - maxTemplates)) state.templates.delete(id);
  }
}

/** `c³` with `c = -ln min(p, 1 - p)`, `p = (n + 1/2) / (N + 1)`. */
function cost3(weight: number, total: number): number {
  const p = (weight + 0.5) / (total + 1);
  const c = -ln(Math.min(p, 1 - p));
  return onCostGrid(c * c * c);
}

function viewOf(state: SessionClassState, lines: ReadonlySet<number>, strays: boolean): ClassView {
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
    lines,
    strays,
    weights: new Map(templates.map((id, i) => [id, past[i].weight])),
    maxWeight: past.reduce((most, { weight }) => Math.max(most, weight), 0),
  };
}

const maxUsual = 32;

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

/** Whether a first line has come about so long after its session's start, or between the times when it has. */
function comesAbout({ times }: TemplatePast, sinceStart: number): boolean {
  const buckets = [...times.keys()];
  const bucket = bucketOf(sinceStart + 1);
  return bucket >= Math.min(...buckets) - 1 && bucket <= Math.max(...buckets) + 1;
}

/** Twice the 99 % quantile of a template's first time, by the upper bound of its bucket. */
function dueOf({ seen, times }: TemplatePast): number {
  if (seen < minSeen) return 0;
  let left = dueShare * seen;
  for (const [bucket, count] of [...times].sort(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return Math.floor(dueSlack * bucketFloor(bucket + 1));
  }
  return 0;
}

/**
 * A past told in other templates: before the first catalogue a template is a signature, and a catalogue may merge some.
 * A session that had two which are now one counts for it once or twice; it is never more than the whole past.
 */
function rename(state: SessionClassState, nameOf: (template: number) => number): SessionClassState {
  const templates: SessionClassState['templates'] = new Map();
  for (const [id, { weight, seen, times }] of state.templates) {
    const name = nameOf(id);
    const known = templates.get(name) ?? { weight: 0, seen: 0, times: new Map<number, number>() };
    known.weight = Math.min(state.weight, known.weight + weight);
    known.seen += seen;
    for (const [bucket, count] of times) known.times.set(bucket, (known.times.get(bucket) ?? 0) + count);
    templates.set(name, known);
  }
  const sets: SessionClassState['sets'] = new Map();
  for (const { templates: ids, weight } of state.sets.values()) {
    const renamed = [...new Set(ids.map(nameOf))].sort((a, b) => a - b);
    const key = renamed.join(' ');
    const known = sets.get(key);
    if (known) known.weight += weight;
    else sets.set(key, { templates: renamed, weight });
  }
  const wordings = new Map<number, number>();
  for (const [id, step] of state.wordings) if (nameOf(id) !== nameOf(step)) wordings.set(nameOf(id), nameOf(step));
  return { ...state, templates, sets, wordings };
}

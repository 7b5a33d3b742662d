/**
 * What a session class has learnt from its past: how often each template comes, how soon, and which sets of templates
 * there were. From it follow costs, due times, the rarity of a session and the distance of two.
 */
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';
import type { SessionEvents } from '../../records/aggregate.js';
import { text } from '../../records/wire/codec.js';
import type { StateStores, Store } from '../../records/store.js';
import type { SessionTimes } from '../merge/open-sessions.js';
import { seesStrays } from '../merge/stray-lines.js';
import {
  emptyState,
  learnSession,
  olderSessionClassCodecs,
  renameTemplates,
  sessionClassCodec,
  type SessionClassState,
} from './class-state.js';
import { comesAbout, lackedSteps, trustedPast, viewOf, type ClassView, type SessionSteps } from './class-view.js';
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
import { WholeLines, type StepTemplate } from './whole-lines.js';

/** How long a session is quiet at least until it is over, ms. */
const minQuiet = 3_600_000;
/** New wordings of a class: the latest replace the others. */
const maxWordings = 256;

/** The session classes of a shard. */
export class SessionClasses implements Omit<SessionTimes, 'lines'> {
  private readonly states: Store<SessionClassState>;
  private readonly arrivals: Store<Arrivals>;
  /** Derived, by entity; forgotten when the class learns. */
  private readonly views = new Map<string, ClassView>();
  /** Their lines, by entity, for as long as the artefact set is the same. */
  private readonly lineSets = new Map<string, ReadonlySet<number>>();
  private readonly wholes: WholeLines;
  /** The artefact set that the views are of. */
  private viewed = '';
  /** The artefact set whose templates the state of a class is in. */
  private readonly named: Store<string>;
  private readonly hasStrays: (entity: string) => boolean;

  constructor(
    stores: StateStores,
    private readonly templateOf: (signature: number) => StepTemplate,
    /** Id of the artefact set whose templates are in force; empty before the first. */
    private readonly artefact: () => string = () => '',
  ) {
    this.wholes = new WholeLines(templateOf);
    this.states = stores.open('session-class', sessionClassCodec, 2, olderSessionClassCodecs);
    this.arrivals = stores.open('session-class-arrivals', arrivalsCodec);
    this.named = stores.open('session-class-artefact', text);
    this.hasStrays = seesStrays(stores);
  }

  /** The past of a class in the templates that are in force. */
  private stateOf(entity: string): SessionClassState {
    const state = this.states.get(entity) ?? emptyState();
    const artefact = this.artefact();
    if ((this.named.get(entity) ?? '') === artefact) return state;
    const renamed = renameTemplates(state, (id) => this.templateOf(id).id);
    this.named.put(entity, artefact);
    this.states.put(entity, renamed);
    return renamed;
  }

  view(entity: string): ClassView {
    const artefact = this.artefact();
    if (artefact !== this.viewed) {
      this.views.clear();
      this.lineSets.clear();
      this.wholes.clear();
    }
    this.viewed = artefact;
    const known = this.views.get(entity);
    const strays = this.hasStrays(entity);
    if (known?.strays === strays) return known;
    const view = viewOf(this.stateOf(entity), strays, this.lineSets.get(entity));
    this.views.set(entity, view);
    this.lineSets.set(entity, view.lines);
    return view;
  }

  /** Template ids of a session, ascending, and when each came first, ms since its start; new wordings as the old ones. */
  firstTimes(entity: string, events: SessionEvents): ReadonlyMap<number, number> {
    return this.steps(entity, events).times;
  }

  /** As `firstTimes`, with what may have come besides. */
  steps(entity: string, events: SessionEvents): SessionSteps {
    const { times, possible } = this.found(this.view(entity), events);
    return { times: new Map([...times].sort(([a], [b]) => a - b)), possible };
  }

  /** As `steps`, in any order. */
  private found(view: ClassView, events: SessionEvents): SessionSteps {
    const { times: lines, possible } = this.wholes.firstLines(view, events);
    const start = Math.min(...lines.values());
    const times = new Map<number, number>();
    for (const [written, first] of lines) {
      const id = view.wordings.get(written) ?? written;
      const at = first - start;
      const before = times.get(id);
      if (before === undefined || at < before) times.set(id, at);
    }
    return { times, possible };
  }

  /**
   * Sees what the sessions of a boundary have, before any of them is scored: a line that was reworded is the same step
   * from here on.
   */
  observe(entity: string, sessions: readonly SessionEvents[], boundary: number): void {
    const view = this.view(entity);
    // To a class with a short past everything is new.
    if (view.past < trustedPast) return;
    const state = this.arrivals.get(entity) ?? noArrivals();
    const lines = sessions.map((events) => this.wholes.firstLines(view, events).times);
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

  /**
   * The steps that a line may be whose end is missing.
   *
   * @param whole - it may also be the line that it is as it stands
   */
  lostSteps(entity: string, signature: number, whole: boolean): readonly number[] {
    return this.wholes.lostSteps(this.view(entity), signature, whole);
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

  /** When the next step that a session lacks falls due, later than `after`, ms since its start. */
  nextDue(entity: string, events: SessionEvents, after: number): number | undefined {
    const view = this.view(entity);
    const places = lackedSteps(view, this.found(view, events), after, Number.POSITIVE_INFINITY);
    return places.length === 0 ? undefined : Math.min(...places.map((place) => view.due[place]!));
  }

  /** Templates that a session lacks although they were due, ascending. */
  missing(entity: string, events: SessionEvents, waited: number): readonly number[] {
    const view = this.view(entity);
    return lackedSteps(view, this.found(view, events), 0, waited).map((place) => view.templates[place]!);
  }

  quiet(entity: string): number {
    return Math.max(minQuiet, this.view(entity).longestDue);
  }

  /** Learns a session that is over. */
  learn(entity: string, events: SessionEvents, fired: boolean): void {
    const state = this.stateOf(entity);
    learnSession(state, this.firstTimes(entity, events), fired);
    this.states.put(entity, state);
    this.views.delete(entity);
  }

  /** `(sum of c³ over the templates in which they differ)^(1/3)`: 0 for equal sets. */
  distance(entity: string, a: readonly number[], b: readonly number[]): number {
    const { place, costs3, unseen } = this.view(entity);
    let sum = 0;
    const add = (id: number): void => {
      const at = place.get(id);
      sum += at === undefined ? unseen : costs3[at]!;
    };
    for (const id of a) if (!b.includes(id)) add(id);
    for (const id of b) if (!a.includes(id)) add(id);
    return sum > 0 ? exp(ln(sum) / 3) : 0;
  }
}

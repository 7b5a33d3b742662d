/**
 * The state of a session class: how often each template came, how soon after the start of a session, and which sets of
 * templates there were. Older sessions count less, and the state is bounded.
 */
import { onWeightGrid } from '../../models/detectors/kernel-rarity.js';
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';
import { bucketOf } from '../../records/aggregate.js';
import { double, list, map, readAs, struct, text, uint } from '../../records/wire/codec.js';

/** Sessions after which a past session counts half. */
const halfLife = 5000;
/** Weight of a session that fired: it may be an anomaly, and must not make itself usual. */
const firedWeight = 0.2;
/** Sessions between two steps of decay. */
const decayEvery = 250;
/** Maximum sets of a class: the lightest are dropped first. */
const maxSets = 2000;
/** Maximum templates of a class: the lightest are dropped first. */
export const maxTemplates = 512;

/** What a class has learnt of a template. */
export interface TemplatePast {
  /** Weight of the sessions that had it, and their number. */
  weight: number;
  seen: number;
  /** Sessions by the bucket of its first time since the session's start, ms + 1. */
  times: Map<number, number>;
}

/** A set of templates that sessions had, ascending, and its weight. */
export interface PastSet {
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
/** Canonical bytes of a class. */
export const sessionClassCodec = struct<SessionClassState>({ ...fields, wordings: map(uint, uint) });
/** Codecs of earlier versions: the first is from before a line could be reworded. */
export const olderSessionClassCodecs = new Map([
  [
    1,
    readAs(struct<Omit<SessionClassState, 'wordings'>>(fields), (state): SessionClassState => ({
      ...state,
      wordings: new Map(),
    })),
  ],
]);
/** Before the first session. */
export const emptyState = (): SessionClassState => ({
  learnt: 0,
  weight: 0,
  templates: new Map(),
  sets: new Map(),
  wordings: new Map(),
});

/**
 * Adds a session that is over to the state, in place.
 *
 * @param times - when each of its templates came first, ms since its start, ascending by template
 * @param fired - whether an alert was raised for it
 */
export function learnSession(state: SessionClassState, times: ReadonlyMap<number, number>, fired: boolean): void {
  const weight = onWeightGrid(fired ? firedWeight : 1);
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
}

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

/**
 * The state with other template ids: before the first catalogue a template is a signature, and a catalogue may merge
 * some. Where two templates become one, a session that had both counts once or twice; the weight of a template never
 * exceeds that of the whole past.
 *
 * @param nameOf - new id of a template
 */
export function renameTemplates(state: SessionClassState, nameOf: (template: number) => number): SessionClassState {
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

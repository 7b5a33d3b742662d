/** Scores sessions by how rare their sets of templates are among the past of their class. */
import { concatMap } from 'rxjs';
import type { FeatureMatrix } from '../models/detectors/detector.js';
import type { KernelQuery } from '../models/detectors/kernel-rarity.js';
import { log10 } from '../models/exact/log.js';
import type { Batch, Operator } from '../records/batch.js';
import type { SessionRelease, SessionRow } from '../records/row.js';
import type { SessionWindow } from '../records/window.js';
import type { ClassView, SessionSteps } from './sessions/class-view.js';
import type { SessionClasses } from './sessions/session-class.js';

/** The kernel model: f of every session of a query. */
export interface KernelModel {
  score(query: KernelQuery): Promise<Float64Array>;
}

/** A template in words, with a masked sample line where one is known. */
export interface TemplateWords {
  readonly text: string;
  readonly sample: string;
}

/** Added to f: a session unlike all of the past has a u of 9. */
const floor = 1e-9;
const grid = 4096;
/** Templates that explain a score. */
const shown = 5;
/** Sessions scored at once: bounds the memory of a boundary at which very many have lines. */
const slice = 1024;
/** Templates new to the class that count in one session: as many are unlike anything already. */
const maxNew = 64;

/**
 * Every session to score becomes a row, all of a class at one boundary in one call, against the class as it was before
 * the boundary; every session that is over becomes a release. Other items pass.
 *
 * @param kernel - opened once, by the first session
 */
export function scoreSessions<A extends { readonly type: string }>(
  classes: SessionClasses,
  describe: (id: number) => TemplateWords,
  kernel: () => Promise<KernelModel>,
): Operator<A | SessionWindow, Exclude<A, SessionWindow> | SessionRow | SessionRelease> {
  type Out = Exclude<A, SessionWindow> | SessionRow | SessionRelease;
  const isSession = (item: A | SessionWindow): item is SessionWindow => item.type === 'session' && 'phase' in item;

  return concatMap(async (batch: Batch<A | SessionWindow>): Promise<Batch<Out>> => {
    const out: Out[] = [];
    const groups = new Map<string, { session: SessionWindow; at: number }[]>();
    for (const item of batch.items) {
      if (!isSession(item)) {
        out.push(item as Exclude<A, SessionWindow>);
      } else if (item.phase === 'release') {
        out.push({
          type: 'release',
          session: item,
          templates: [...classes.firstTimes(item.entity, item.events).keys()],
        });
      } else {
        const group = groups.get(item.entity) ?? [];
        group.push({ session: item, at: out.length });
        groups.set(item.entity, group);
        out.push(undefined as unknown as Out);
      }
    }
    for (const [entity, group] of groups) {
      classes.observe(
        entity,
        group.map(({ session }) => session.events),
        group[0]!.session.end,
      );
      const view = classes.view(entity);
      for (let start = 0; start < group.length; start += slice) {
        const part = group.slice(start, start + slice);
        const sessions = part.map(({ session }) => ({ session, ...classes.steps(entity, session.events) }));
        const rows = await scoreSlice(view, sessions, describe, await kernel());
        part.forEach(({ at }, i) => (out[at] = rows[i]!));
      }
    }
    return { ...batch, items: out };
  });
}

interface Timed extends SessionSteps {
  readonly session: SessionWindow;
}

/**
 * Columns are the templates of the class, and behind them one for each template that a session has and the class does
 * not know. Which one it is makes no difference to any past set, so sessions share these columns.
 */
async function scoreSlice(
  view: ClassView,
  sessions: readonly Timed[],
  describe: (id: number) => TemplateWords,
  kernel: KernelModel,
): Promise<SessionRow[]> {
  const known = view.templates.length;
  const news = sessions.map(({ times }) => [...times.keys()].filter((id) => !view.place.has(id)));
  const columns = known + Math.min(maxNew, Math.max(...news.map(({ length }) => length)));
  const costs3 = new Float64Array(columns).fill(view.unseen);
  costs3.set(view.costs3);
  const bits = (rows: number): FeatureMatrix => ({ rows, columns, data: new Float64Array(rows * columns) });
  const x = bits(sessions.length);
  const due = bits(sessions.length);
  sessions.forEach(({ session: { end, first, flags }, times, possible }, row) => {
    // Where all input ended before, what has not come may have come all the same.
    const waited = flags.includes('cut') ? 0 : end - first;
    const at = row * columns;
    view.templates.forEach((id, e) => {
      const has = times.has(id);
      x.data[at + e] = has ? 1 : 0;
      due.data[at + e] = has || (waited >= view.due[e]! && !possible.has(id)) ? 1 : 0;
    });
    x.data.fill(1, at + known, at + Math.min(columns, known + news[row]!.length));
    due.data.fill(1, at + known, at + columns);
  });
  const sets = bits(view.sets.length);
  view.sets.forEach(({ templates }, k) => {
    for (const id of templates) {
      const e = view.place.get(id);
      if (e !== undefined) sets.data[k * columns + e] = 1;
    }
  });
  const weights = Float64Array.from(view.sets, ({ weight }) => weight);
  const f = await kernel.score({ x, due, sets, weights, costs3 });
  return sessions.map(({ session, times }, row) => ({
    type: 'session',
    session,
    templates: [...times.keys()],
    // Without a past nothing is rare; what is as usual as can be has 0, not -0.
    u: view.past === 0 ? 0 : Math.max(0, Math.round(-log10(f[row]! + floor) * grid) / grid),
    past: view.past,
    reasons: reasonsOf(view, rowOf(x, row), rowOf(due, row), sets, news[row]!, describe),
  }));
}

const rowOf = ({ columns, data }: FeatureMatrix, row: number): Float64Array =>
  data.subarray(row * columns, (row + 1) * columns);

/** The costliest templates in which a session differs from the nearest of the usual sets. */
function reasonsOf(
  view: ClassView,
  x: Float64Array,
  due: Float64Array,
  sets: FeatureMatrix,
  news: readonly number[],
  describe: (id: number) => TemplateWords,
): SessionRow['reasons'] {
  let nearest: readonly number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const k of view.usual) {
    const set = rowOf(sets, k);
    const differing: number[] = [];
    let distance = 0;
    for (let e = 0; e < view.templates.length; e++) {
      if (due[e] === 0 || x[e] === set[e]) continue;
      differing.push(e);
      distance += view.costs3[e]!;
    }
    if (distance >= least) continue;
    nearest = differing;
    least = distance;
  }
  return [
    ...nearest.map((e) => ({ template: view.templates[e]!, missing: x[e] === 0, cost: view.costs3[e]! })),
    ...news.map((template) => ({ template, missing: false, cost: view.unseen })),
  ]
    .sort((a, b) => b.cost - a.cost || a.template - b.template)
    .slice(0, shown)
    .map(({ template, missing, cost }) => {
      const { text, sample } = describe(template);
      return { template, text, sample, missing, cost };
    });
}

/** Scores sessions by how rare their sets of templates are among the past of their class. */
import { concatMap } from 'rxjs';
import type { KernelQuery } from '../models/detectors/kernel-rarity.js';
import { log10 } from '../models/exact/log.js';
import type { Batch, Operator } from '../records/batch.js';
import type { SessionRelease, SessionRow } from '../records/row.js';
import type { SessionWindow } from '../records/window.js';
import type { ClassView, SessionClasses } from './session-class.js';

/** The kernel model: f of every session of a query. */
export interface KernelModel {
  score(query: KernelQuery): Promise<Float64Array>;
}

/** Added to f: a session unlike all of the past has a u of 9. */
const floor = 1e-9;
const grid = 4096;
/** Templates that explain a score. */
const shown = 5;

/**
 * Every session to score becomes a row, all of a class at one boundary in one call, against the class as it was before
 * the boundary; every session that is over becomes a release. Other items pass.
 *
 * @param kernel - opened once, by the first session
 */
export function scoreSessions<A extends { readonly type: string }>(
  classes: SessionClasses,
  templateText: (id: number) => string,
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
        out.push({ type: 'release', session: item, templates: [...classes.firstTimes(item.events).keys()] });
      } else {
        const group = groups.get(item.entity) ?? [];
        group.push({ session: item, at: out.length });
        groups.set(item.entity, group);
        out.push(undefined as unknown as Out);
      }
    }
    for (const [entity, group] of groups) {
      const rows = await scoreClass(
        classes,
        entity,
        group.map(({ session }) => session),
        templateText,
        await kernel(),
      );
      group.forEach(({ at }, i) => (out[at] = rows[i]));
    }
    return { ...batch, items: out };
  });
}

async function scoreClass(
  classes: SessionClasses,
  entity: string,
  sessions: readonly SessionWindow[],
  templateText: (id: number) => string,
  kernel: KernelModel,
): Promise<SessionRow[]> {
  const view = classes.view(entity);
  const firsts = sessions.map(({ events }) => classes.firstTimes(events));
  // Templates that the class has never seen are columns too, absent from every past set.
  const news = [...new Set(firsts.flatMap((times) => [...times.keys()].filter((id) => !view.place.has(id))))].sort(
    (a, b) => a - b,
  );
  const columns = [...view.templates, ...news];
  const width = columns.length;
  const costs3 = new Float64Array(width).fill(view.unseen);
  costs3.set(view.costs3);
  const bits = (rows: number): { rows: number; columns: number; data: Float64Array } => ({
    rows,
    columns: width,
    data: new Float64Array(rows * width),
  });
  const x = bits(sessions.length);
  const due = bits(sessions.length);
  sessions.forEach(({ end, first }, row) => {
    columns.forEach((id, e) => {
      const has = firsts[row].has(id);
      x.data[row * width + e] = has ? 1 : 0;
      due.data[row * width + e] = has || (e < view.due.length && end - first >= view.due[e]) ? 1 : 0;
    });
  });
  const sets = bits(view.sets.length);
  view.sets.forEach(({ templates }, k) => {
    for (const id of templates) {
      const e = view.place.get(id);
      if (e !== undefined) sets.data[k * width + e] = 1;
    }
  });
  const weights = Float64Array.from(view.sets, ({ weight }) => weight);
  const f = await kernel.score({ x, due, sets, weights, costs3 });
  return sessions.map((session, row) => {
    const u = Math.round(-log10(f[row] + floor) * grid) / grid;
    const slice = (matrix: { data: Float64Array }): Float64Array =>
      matrix.data.subarray(row * width, (row + 1) * width);
    return {
      type: 'session',
      session,
      templates: [...firsts[row].keys()],
      // Without a past nothing is rare.
      u: view.past === 0 ? 0 : u,
      past: view.past,
      reasons: reasonsOf(view, columns, costs3, slice(x), slice(due), templateText),
    };
  });
}

/** The costliest templates in which a session differs from the nearest of the usual sets. */
function reasonsOf(
  view: ClassView,
  columns: readonly number[],
  costs3: Float64Array,
  x: Float64Array,
  due: Float64Array,
  templateText: (id: number) => string,
): SessionRow['reasons'] {
  const usual = view.sets.filter(({ weight }) => weight >= view.past / 100 || weight >= 20);
  let nearest: { distance: number; differing: number[] } | undefined;
  for (const { templates } of usual) {
    const has = new Set(templates);
    const differing: number[] = [];
    let distance = 0;
    columns.forEach((id, e) => {
      if (due[e] === 0 || (x[e] === 1) === has.has(id)) return;
      differing.push(e);
      distance += costs3[e];
    });
    if (!nearest || distance < nearest.distance) nearest = { distance, differing };
  }
  return (nearest?.differing ?? [])
    .sort((a, b) => costs3[b] - costs3[a] || a - b)
    .slice(0, shown)
    .map((e) => ({ template: columns[e], text: templateText(columns[e]), missing: x[e] === 0, cost: costs3[e] }));
}

/** On how much a rung judges: a share of the entities, and where there are few of them, of the time, too. */
import type { FeatureRow } from '../../records/row.js';
import { hashText } from '../../records/wire/hash.js';
import { KEEP, RUNGS } from './study.js';

export interface Extent {
  readonly entities: ReadonlySet<string>;
  /** Ends of windows that are judged: after `from` and up to `to`, ms. */
  readonly from: number;
  readonly to: number;
}

/** The extent of each rung, the last one all of it; each holds those before it. */
export function extentsOf(
  rows: readonly Pick<FeatureRow, 'subject'>[],
  seed: number,
  { from, to }: { readonly from: number; readonly to: number },
): Extent[] {
  const inside = rows.filter(({ subject: { end } }) => end > from && end <= to);
  const entities = [...new Set(inside.map(({ subject }) => subject.entity))]
    .map((entity) => ({ entity, hash: hashText(entity, seed) }))
    .sort((a, b) => a.hash - b.hash || (a.entity < b.entity ? -1 : 1))
    .map(({ entity }) => entity);
  return Array.from({ length: RUNGS }, (_, rung) => {
    let share = 1;
    for (let i = rung; i < RUNGS - 1; i++) share /= KEEP;
    const count = Math.max(1, Math.ceil(share * entities.length));
    const time = Math.min(1, (share * entities.length) / count);
    return { entities: new Set(entities.slice(0, count)), from: Math.round(to - time * (to - from)), to };
  });
}

/** Routes of requests as kinds of lines: what is usual of each is learnt as of a template. */
import { ROUTES, type PartSum } from '../../records/aggregate.js';
import type { WindowTemplate } from '../template.js';

/** By ascending key; without a text. */
export function routesOf(parts: ReadonlyMap<number, PartSum>): WindowTemplate[] {
  const routes: WindowTemplate[] = [];
  for (const [key, { lines, bad, refused, durations }] of parts) {
    if (key >= ROUTES) continue;
    routes.push({
      id: key,
      text: '',
      sample: '',
      known: true,
      count: lines,
      detail: { warns: 0, bad, refused, numbers: durations.n > 0 ? [durations] : [] },
      signatures: [],
    });
  }
  return routes.sort((a, b) => a.id - b.id);
}

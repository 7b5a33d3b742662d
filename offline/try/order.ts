/** How far the lines of a file are out of order, and how many of them a run would refuse as late. */
import type { TriedLine } from './fates.js';

export interface OrderLimits {
  /** ms */
  readonly pane: number;
  readonly lateness: number;
  readonly jump: number;
}

/** Lines that come after their pane is closed. */
export interface OutOfOrder {
  readonly lines: number;
  /** How far the farthest is behind the latest line before it, ms. */
  readonly farthest: number;
}

/** Lines that have to come behind a jump ahead until it counts. */
const confirmations = 3;

/** What a run would refuse as `late` of the lines of one file; undefined where it is nothing. */
export function outOfOrder(lines: readonly TriedLine[], { pane, lateness, jump }: OrderLimits): OutOfOrder | undefined {
  const times = lines.flatMap((line) => (line.status === 'read' && line.record ? [line.record.time] : []));
  let [latest, boundary, late, farthest] = [-1, -1, 0, 0];
  times.forEach((time, i) => {
    if (boundary >= 0 && time < boundary) {
      late++;
      farthest = Math.max(farthest, latest - time);
      return;
    }
    const isAhead = latest >= 0 && time > latest + jump;
    if (isAhead && times.slice(i + 1, i + 1 + confirmations).some((next) => next <= latest + jump)) return;
    latest = Math.max(latest, time);
    const reached = latest - lateness;
    if (boundary < 0 || reached >= boundary + pane) boundary = Math.floor(reached / pane) * pane;
  });
  return late > 0 ? { lines: late, farthest } : undefined;
}

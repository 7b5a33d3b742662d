/** Severity: a window ranks higher when the minutes before it were unusual too. For ranking, never for firing. */
import { onGrid } from '../calibration/grid.js';
import { PERSISTENCE_MS, PERSISTENCE_SHARE } from './defaults.js';

/** The running average of u, after one more window. @param passedMs event time since the window before */
export const average = (before: number, u: number, passedMs: number): number =>
  onGrid(before + (u - before) * Math.min(1, Math.max(0, passedMs) / PERSISTENCE_MS));

/** `max(u, e) + .5 e`, e the average of u over ten minutes, this window included. */
export const severity = (u: number, e: number): number => onGrid(Math.max(u, e) + PERSISTENCE_SHARE * e);

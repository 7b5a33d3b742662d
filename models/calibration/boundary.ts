/**
 * Boundaries of an entity's own event time: days and weeks counted from its first window, moved by a seed (a hash of
 * the entity key) so that not all entities refit at one moment.
 */
import { DAY_MS } from './defaults.js';

/** Number of day boundaries between the first window and `time`, both in ms. */
export const dayOf = (anchor: number, seed: number, time: number): number =>
  Math.floor((time - anchor + (seed % DAY_MS)) / DAY_MS);

/** Whether a day boundary is also the week's. */
export const endsWeek = (day: number, seed: number): boolean => (day + (Math.floor(seed / DAY_MS) % 7)) % 7 === 0;

/** Which week of the entity a day lies in. */
export const weekOf = (day: number, seed: number): number => Math.floor((day + (Math.floor(seed / DAY_MS) % 7)) / 7);

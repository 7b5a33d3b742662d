/** What a young entity's u is worth: its baseline has seen little, so that much that is usual looks rare. */
import { log10 } from '../exact/log.js';
import { DAY_MS, MINUTE_MS, WEEK_MS } from './defaults.js';

/** Share of the doubt that is taken from u; with all of it nothing could be paged on the first day. */
const SHARE = 0.5;

/**
 * What is taken from u, in its unit (a tenth of the frequency is 1): half of how much rarer than a day's experience the
 * claim would have to be. 1.1 at ten minutes, .5 at two hours, 0 from a day on.
 *
 * @param known event time since the entity's first window, ms
 */
export const youthOf = (known: number): number =>
  known >= DAY_MS ? 0 : SHARE * log10(DAY_MS / Math.max(known, MINUTE_MS));

/**
 * What is taken from u of warnings. They come in bursts now and then in services that are well, a few times a week: that
 * one is as rare as once a week takes a week to know. .85 up to a day, .37 at three days, 0 from a week on.
 *
 * @param known event time since the entity's first window, ms
 */
export const doubtOfWarnings = (known: number): number =>
  known >= WEEK_MS ? 0 : log10(WEEK_MS / Math.max(known, DAY_MS));

/** Share of the confidence that a young entity has, 0 to 1. */
export const trustOf = (known: number): number => Math.min(1, known / DAY_MS);

/**
 * Alert episodes for every threshold at once. At threshold s an episode starts with a score of at least s after ten
 * minutes below s. So a score x that follows a ten-minute maximum of m starts one for each s in (m, x]: counting those
 * intervals counts the episodes of all thresholds exactly, without choosing one. Steps of one climb are joined.
 */
import type { Codec } from '../../records/wire/codec.js';
import { EPISODE_CUT_MS, EPISODE_GAP_MS } from './defaults.js';
import { NO_KEY } from './score-key.js';

/** One episode for each threshold above `base` up to `peak`, both score keys. */
export interface Rise {
  base: number;
  peak: number;
}

/** A score of the last ten minutes that no later one reaches. */
interface Recent {
  readonly time: number;
  readonly key: number;
}

/** What is open of the present episode. */
export interface Episodes {
  /** Start of the present cut. */
  cut: number;
  /** Event time of the last score, ms. */
  last: number;
  /** Oldest and highest first. */
  recent: Recent[];
  /** The rise that may still go on; peak 0 when there is none. */
  open: Rise;
}

/** Before the first score. */
export const createEpisodes = (): Episodes => ({ cut: 0, last: 0, recent: [], open: { base: NO_KEY, peak: NO_KEY } });

/** Takes the next score's key, in order of event time; returns a rise that is now over, if there is one. */
export function nextEpisode(state: Episodes, time: number, key: number): Rise | undefined {
  if (time < state.last) throw new RangeError(`a score of ${time} after one of ${state.last}: windows close in order`);
  const { recent } = state;
  if (time - state.cut >= EPISODE_CUT_MS) {
    state.cut = time - (time % EPISODE_CUT_MS);
    recent.length = 0;
  }
  while (recent.length > 0 && time - recent[0]!.time > EPISODE_GAP_MS) recent.shift();
  const highest = recent.length > 0 ? recent[0]!.key : NO_KEY;
  while (recent.length > 0 && recent[recent.length - 1]!.key <= key) recent.pop();
  recent.push({ time, key });
  state.last = time;
  if (key <= highest) return undefined;
  if (highest !== NO_KEY && highest === state.open.peak) {
    state.open.peak = key;
    return undefined;
  }
  const over = state.open.peak === NO_KEY ? undefined : state.open;
  state.open = { base: highest, peak: key };
  return over;
}

/** Times relative to the last score: three bytes instead of six. */
export const episodesCodec: Codec<Episodes> = {
  write(to, { cut, last, recent, open }) {
    for (const value of [cut, last, open.base, open.peak, recent.length]) to.varint(value);
    for (const { time, key } of recent) {
      to.varint(last - time);
      to.varint(key);
    }
  },
  read(from) {
    const [cut, last, base, peak, length] = [1, 2, 3, 4, 5].map(() => from.varint()) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const recent: Recent[] = [];
    for (let i = 0; i < length; i++) recent.push({ time: last - from.varint(), key: from.varint() });
    return { cut, last, recent, open: { base, peak } };
  },
};

/**
 * Which detectors are in step with the others, found without labels: detectors that look at one thing are unusual at
 * about the same times. One that is stale, wired to another entity or broken in silence is unusual at times of its own;
 * several that broke alike agree with each other only, and are fewer. Episodes in common are counted pair by pair.
 */
import { bool, int, list, struct, type Codec } from '../../records/wire/codec.js';
import { AGREE_CHANCE, AGREE_FADE, AGREE_LEAST, AGREE_MS, AGREE_U } from './defaults.js';
import { floats } from './policy.js';

/** What detectors had in common. */
export interface Agreement {
  /** Episodes of each detector at `AGREE_U` or above, faded. */
  episodes: number[];
  /** Episodes that two have in common, faded: of the detectors 0 and 1, 0 and 2, 1 and 2, 0 and 3, ... */
  common: number[];
  /** When each was last as high, ms; -1 before. */
  last: number[];
  out: boolean[];
}

const pairOf = (i: number, j: number): number => (i < j ? (j * (j - 1)) / 2 + i : (i * (i - 1)) / 2 + j);

/** Before the first episode. */
export const createAgreement = (detectors: number): Agreement => ({
  episodes: new Array<number>(detectors).fill(0),
  common: new Array<number>((detectors * (detectors - 1)) / 2).fill(0),
  last: new Array<number>(detectors).fill(-1),
  out: new Array<boolean>(detectors).fill(false),
});

/** Counts what a window begins. @param u of each detector */
export function observeAgreement({ episodes, common, last }: Agreement, time: number, u: readonly number[]): void {
  const isNear = (i: number): boolean => last[i]! >= 0 && time - last[i]! <= AGREE_MS;
  const begin = u.map((value, i) => value >= AGREE_U && !isNear(i));
  for (let i = 0; i < u.length; i++) if (u[i]! >= AGREE_U) last[i] = time;
  for (let i = 0; i < u.length; i++) {
    if (!begin[i]) continue;
    episodes[i] = Math.fround(episodes[i]! + 1);
    // Of two that begin at once the later in order counts for both.
    for (let j = 0; j < u.length; j++)
      if (j !== i && isNear(j) && !(begin[j] && j > i)) common[pairOf(i, j)] = Math.fround(common[pairOf(i, j)]! + 1);
  }
}

/** Once a day of the entity: fades what was counted, and finds again which are out of step. @param days that passed */
export function judgeAgreement(state: Agreement, days: number): void {
  let left = 1;
  for (let day = 0; day < Math.min(days, 100); day++) left *= AGREE_FADE;
  state.episodes = state.episodes.map((count) => Math.fround(left * count));
  state.common = state.common.map((count) => Math.fround(left * count));
  const { episodes, common } = state;
  const friends = episodes.map(
    (own, i) =>
      episodes.filter(
        (other, j) => j !== i && common[pairOf(i, j)]! >= AGREE_CHANCE * Math.max(AGREE_LEAST, Math.min(own, other)),
      ).length,
  );
  const most = Math.max(...friends);
  state.out = episodes.map((own, i) => own >= AGREE_LEAST && 2 * friends[i]! < most);
}

/** What is left of it for another ensemble: detectors go over by name. */
export function carryAgreement(old: Agreement, from: readonly string[], to: readonly string[]): Agreement {
  const fresh = createAgreement(to.length);
  const was = to.map((name) => from.indexOf(name));
  was.forEach((i, a) => {
    if (i < 0) return;
    fresh.episodes[a] = old.episodes[i]!;
    fresh.last[a] = old.last[i]!;
    fresh.out[a] = old.out[i]!;
    for (let b = 0; b < a; b++) if (was[b]! >= 0) fresh.common[pairOf(a, b)] = old.common[pairOf(i, was[b]!)]!;
  });
  return fresh;
}

/** Canonical bytes of an agreement. */
export const agreementCodec: Codec<Agreement> = struct<Agreement>({
  episodes: floats,
  common: floats,
  last: list(int) as Codec<number[]>,
  out: list(bool) as Codec<boolean[]>,
});

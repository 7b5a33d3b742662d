/**
 * Discounted Thompson sampling (Raj and Kalyani 2017), the classic bandit to compare with: one arm is pulled for a day
 * at a time, and only the arm that was pulled learns. The Beta posterior is drawn by its mean and variance.
 */
import { struct, uint, type Codec } from '../../records/wire/codec.js';
import type { Arms } from './arms.js';
import { normal } from './chance.js';
import { THOMPSON_FADE, THOMPSON_PRIOR } from './defaults.js';
import { importance } from './firing.js';
import { floats } from './policy.js';
import { byName, faded, type TrustedScore, type Lesson, type Trust } from './trust.js';

/** What the bandit has learnt. */
export interface Thompson {
  seed: number;
  /** Answers that proved each arm right and wrong, faded. */
  wins: number[];
  losses: number[];
}

const codec: Codec<Thompson> = struct<Thompson>({ seed: uint, wins: floats, losses: floats });

function draw({ seed, wins, losses }: Thompson, arms: Arms, arm: number, day: number): number {
  const { wins: priorWins, losses: priorLosses, defaultWins } = THOMPSON_PRIOR;
  const a = wins[arm]! + (arm === arms.fallback ? defaultWins : priorWins);
  const b = losses[arm]! + priorLosses;
  const mean = a / (a + b);
  return mean + Math.sqrt((mean * (1 - mean)) / (a + b + 1)) * normal(seed, day, arm);
}

/** The pull of a day follows from the record, which is a new array after each verdict. */
const pulls = new WeakMap<readonly number[], { readonly day: number; readonly arm: number }>();

function pull(state: Thompson, arms: Arms, day: number): number {
  const known = pulls.get(state.wins);
  if (known?.day === day) return known.arm;
  let pulled = 0;
  let highest = -Infinity;
  arms.names.forEach((_, arm) => {
    const sample = draw(state, arms, arm, day);
    if (sample > highest) [highest, pulled] = [sample, arm];
  });
  pulls.set(state.wins, { day, arm: pulled });
  return pulled;
}

function judge(state: Thompson, arms: Arms, u: readonly number[], day: number): TrustedScore {
  const pulled = pull(state, arms, day);
  const value = u[pulled]!;
  const weights = arms.names.map((_, arm) => (arm === pulled ? 1 : 0));
  return { u: value, own: value, believed: arms.names[pulled]!, weights };
}

function learn(state: Thompson, arms: Arms, { u, threshold, true: truth, propensity, believed }: Lesson): void {
  const arm = arms.names.indexOf(believed);
  const fade = (values: number[]): number[] => values.map((value) => Math.fround(THOMPSON_FADE * value));
  state.wins = fade(state.wins);
  state.losses = fade(state.losses);
  if (arm < 0) return;
  const right = u[arm]! >= threshold === truth;
  const answers = right ? state.wins : state.losses;
  answers[arm] = Math.fround(answers[arm]! + importance(propensity));
}

function unlearn(
  state: Thompson,
  arms: Arms,
  { u, threshold, true: truth, propensity, believed }: Lesson,
  since: number,
): void {
  const arm = arms.names.indexOf(believed);
  if (arm < 0) return;
  const side = u[arm]! >= threshold === truth ? 'wins' : 'losses';
  const left = faded(THOMPSON_FADE, since) * importance(propensity);
  const answers = [...state[side]];
  answers[arm] = Math.fround(Math.max(0, answers[arm]! - left));
  // Both are new arrays: the pull of the day is remembered by the array.
  state.wins = [...state.wins];
  state[side] = answers;
}

/** The strategy. */
export const thompson: Trust<Thompson> = {
  name: 'thompson',
  codec,
  create: ({ names }, seed) => ({ seed, wins: names.map(() => 0), losses: names.map(() => 0) }),
  carry: (old, fresh, from, to) => ({
    ...old,
    wins: byName(old.wins, fresh.wins, from, to),
    losses: byName(old.losses, fresh.losses, from, to),
  }),
  judge,
  learn,
  unlearn,
  weekly: () => undefined,
};

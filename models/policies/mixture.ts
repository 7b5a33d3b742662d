/**
 * A full-information mixture: every verdict tells every arm whether it would have fired rightly, and the combination is
 * their mean weighted by what they gained (exponential weights; Littlestone and Warmuth 1994). Behind the gate.
 */
import { struct, type Codec } from '../../records/wire/codec.js';
import { exp } from '../exact/exp.js';
import type { Arms } from './arms.js';
import { DEFAULT_HEAD_START, MIXTURE_FADE, MIXTURE_RATE } from './defaults.js';
import { firing, importance } from './firing.js';
import { createGate, gateCodec, swingGate, teachGate, unteachGate, type TrustGate } from './gate.js';
import { floats } from './policy.js';
import { byName, faded, type TrustedScore, type Lesson, type Trust } from './trust.js';

/** What the mixture has learnt. */
export interface Mixture {
  /** Gain of each arm, the best at 0. */
  gains: number[];
  gate: TrustGate;
}

const codec: Codec<Mixture> = struct<Mixture>({ gains: floats, gate: gateCodec });

/** Weights of arms from their gains; sums to 1. */
export function softmax(gains: readonly number[], rate = MIXTURE_RATE): number[] {
  const most = Math.max(...gains);
  const parts = gains.map((gain) => exp(rate * (gain - most)));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}

function create({ names, fallback }: Arms): Mixture {
  const behind = -DEFAULT_HEAD_START / MIXTURE_RATE;
  return {
    gains: names.map((_, i) => (i === fallback ? 0 : behind)),
    gate: createGate(),
  };
}

/** Weights change with verdicts only, and then the gains are a new array. */
const weightsOf = new WeakMap<readonly number[], readonly number[]>();

function judge({ gains, gate }: Mixture, arms: Arms, u: readonly number[]): TrustedScore {
  const weights = weightsOf.get(gains) ?? softmax(gains);
  weightsOf.set(gains, weights);
  let own = 0;
  for (let i = 0; i < u.length; i++) own += weights[i]! * u[i]!;
  return gate.open
    ? { u: own, own, believed: 'mixture', weights }
    : { u: u[arms.fallback]!, own, believed: arms.names[arms.fallback]!, weights };
}

/** What each arm loses by a lesson. */
function losses({ u, threshold, true: truth, propensity }: Lesson): number[] {
  const weight = importance(propensity);
  return u.map((value) => weight * (truth ? 1 - firing(value, threshold) : firing(value, threshold)));
}

/** Only differences between gains count. */
function withBestAtZero(gains: readonly number[]): number[] {
  const most = Math.max(...gains);
  return gains.map((gain) => Math.fround(gain - most));
}

function learn(state: Mixture, arms: Arms, lesson: Lesson): void {
  const { u, own, threshold, true: truth } = lesson;
  const lost = losses(lesson);
  state.gains = withBestAtZero(state.gains.map((gain, i) => MIXTURE_FADE * gain - lost[i]!));
  teachGate(state.gate, firing(own, threshold), firing(u[arms.fallback]!, threshold), truth);
}

/** Gains and the gate's sums are linear in the lessons: what is left of one can be given back. */
function unlearn(state: Mixture, arms: Arms, lesson: Lesson, since: number): void {
  const { u, own, threshold, true: truth } = lesson;
  const left = faded(MIXTURE_FADE, since);
  const lost = losses(lesson);
  state.gains = withBestAtZero(state.gains.map((gain, i) => gain + left * lost[i]!));
  unteachGate(state.gate, firing(own, threshold), firing(u[arms.fallback]!, threshold), truth, since);
}

/** The default strategy. */
export const mixture: Trust<Mixture> = {
  name: 'mixture',
  codec,
  create,
  carry: (old, fresh, from, to) => ({ ...old, gains: byName(old.gains, fresh.gains, from, to) }),
  judge,
  learn,
  unlearn,
  weekly: ({ gate }) => swingGate(gate),
};

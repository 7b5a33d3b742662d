/**
 * A strategy whose memory says whose it is: the entities of one store may follow different strategies, and an entity may go over
 * from one to another, as when a set with another policy takes over.
 */
import { struct, union, type Codec } from '../../records/wire/codec.js';
import type { Arms } from './arms.js';
import { fixed, type Fixed } from './fixed.js';
import { mixture, type Mixture } from './mixture.js';
import { thompson, type Thompson } from './thompson.js';
import type { Lesson, Trust } from './trust.js';

/** Name of a policy in the configuration and in the settings of a set. */
export const policyNames = ['mixture', 'thompson', 'default'] as const;
/** One of `policyNames`. */
export type PolicyName = (typeof policyNames)[number];

/** What any of the strategies remembers of an entity. */
export type TrustMemory =
  | { readonly type: 'mixture'; readonly own: Mixture }
  | { readonly type: 'thompson'; readonly own: Thompson }
  | { readonly type: 'default'; readonly own: Fixed };

const byDefault = fixed();
const strategies = { mixture, thompson, default: byDefault };

const codec: Codec<TrustMemory> = union<TrustMemory>([
  [1, 'mixture', struct<{ readonly own: Mixture }>({ own: mixture.codec })],
  [2, 'thompson', struct<{ readonly own: Thompson }>({ own: thompson.codec })],
  [3, 'default', struct<{ readonly own: Fixed }>({ own: byDefault.codec })],
]);

/** The strategy that learnt it; each is asked about its own memory only. */
const strategyOf = ({ type }: TrustMemory): Trust<unknown> => strategies[type];
const remembered = (type: PolicyName, own: unknown): TrustMemory => ({ type, own }) as TrustMemory;

/** Before version 7 of the store all its entities followed the configured strategy. */
const untagged = (type: PolicyName): Codec<TrustMemory> => {
  const { codec: own } = strategies[type] as Trust<unknown>;
  return {
    write: (to, value) => {
      own.write(to, value.own);
    },
    read: (from) => remembered(type, own.read(from)),
  };
};

/** The strategy of a name, over a memory that may be another's: what another one learnt is left behind when it is carried over. */
export function goingOver(type: PolicyName): Trust<TrustMemory> {
  const own = strategies[type] as Trust<unknown>;
  return {
    name: own.name,
    codec,
    older: untagged(type),
    isOwn: (state) => state.type === type,
    create: (arms: Arms, seed: number) => remembered(type, own.create(arms, seed)),
    carry: (old, fresh, from, to) =>
      old.type === type ? remembered(type, own.carry(old.own, fresh.own, from, to)) : fresh,
    judge: (state, arms, u, day) => strategyOf(state).judge(state.own, arms, u, day),
    learn: (state, arms, lesson: Lesson) => strategyOf(state).learn(state.own, arms, lesson),
    unlearn: (state, arms, lesson, since) => strategyOf(state).unlearn(state.own, arms, lesson, since),
    weekly: (state) => strategyOf(state).weekly(state.own),
  };
}

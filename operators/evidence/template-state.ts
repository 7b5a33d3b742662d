/** What is usual of one template of an entity: how often, when next, how it ends, and the numbers in its places. */
import { list, struct, uint, type Codec } from '../../records/wire/codec.js';

/** Places in `numbers` of a template. */
export const T = {
  /** Lines of late, and those that were bad or refused; all fade alike. */
  lines: 0,
  bad: 1,
  refused: 2,
  /** Lines a window, and share of windows that have it. */
  rate: 3,
  presence: 4,
  /** Gaps between windows that have it: how many were seen, their mean and mean deviation in minutes. */
  gaps: 5,
  gap: 6,
  gapSpread: 7,
  /** Lines that warn, by their level or by their words; they fade as the others. */
  warned: 8,
  slots: 9,
} as const;

/** Places of one slot: what is usual of one number of the template's lines, in steps of `logOf`. */
export const S = {
  /** Faded count. */
  n: 0,
  mean: 1,
  /** Within a window, and of the window's mean beyond that. */
  variance: 2,
  noise: 3,
  /** Deviation averaged over about 3 and 6 windows. */
  over3: 4,
  over6: 5,
  size: 6,
} as const;

/** What is usual of one template. */
export interface TemplateState {
  id: number;
  /** End of its first and its last window, minutes since 1970. */
  since: number;
  last: number;
  /** Rounded to single precision as it is stored. */
  numbers: Float32Array;
}

/**
 * Before its first window is learnt.
 *
 * @param minute end of that window, minutes since 1970
 */
export const createTemplateState = (id: number, minute: number): TemplateState => ({
  id,
  since: minute,
  last: minute,
  numbers: new Float32Array(T.slots),
});

/** Makes room for slots up to `slot`. */
export function withSlot(state: TemplateState, slot: number): void {
  const needed = T.slots + (slot + 1) * S.size;
  if (state.numbers.length >= needed) return;
  const numbers = new Float32Array(needed);
  numbers.set(state.numbers);
  state.numbers = numbers;
}

/** How many places of its numbers are followed. */
export const slotsOf = ({ numbers }: TemplateState): number => (numbers.length - T.slots) / S.size;

const singles: Codec<Float32Array> = {
  write(to, value) {
    to.varint(value.length);
    to.floats(value);
  },
  read: (from) => from.floats(from.varint()),
};

const templateState = struct<TemplateState>({ id: uint, since: uint, last: uint, numbers: singles });
/** Canonical bytes of an entity's templates. */
export const templateStates = list(templateState) as Codec<TemplateState[]>;

/**
 * How far the event time of a source has come, by the clocks of those who write into it: one clock that is wrong must
 * not make the lines of the others late.
 */
import { int, list, struct, uint, type Codec } from '../../records/wire/codec.js';

/** What was seen of one producer-like group: an entity, with the key of its records where they have one. */
interface Group {
  readonly id: number;
  /** Greatest event time, ms. */
  max: number;
  /** Ordinals of its first and its last record in the source. */
  readonly first: number;
  last: number;
}

/** What is remembered of the clocks of a source. */
export interface ClocksState {
  /** Records of the source so far. */
  ordinal: number;
  groups: readonly Group[];
}

/** Canonical bytes of a `ClocksState`. */
export const clocksState: Codec<ClocksState> = struct<ClocksState>({
  ordinal: uint,
  groups: list(struct<Group>({ id: uint, max: int, first: uint, last: uint })),
});

/** Before the first record. */
export const newClocks = (): ClocksState => ({ ordinal: 0, groups: [] });

/** Groups that are remembered; the one that was silent for the most records makes room. */
const maxGroups = 64;
/** A group counts from so many records of the source after its first one: who is new confirms nothing. */
const established = 64;
/** And until so many records came after its last one: who is silent holds nobody back. */
const active = 256;

/** Judges each record by the clock of its group. */
export class Clocks {
  private readonly groups: Map<number, Group>;
  private last: Group | undefined;

  constructor(private readonly state: ClocksState) {
    this.groups = new Map(state.groups.map((group) => [group.id, { ...group }]));
  }

  /** Takes a record that counts. */
  see(id: number, time: number): void {
    const ordinal = ++this.state.ordinal;
    if (this.last?.id !== id) {
      const known = this.groups.get(id);
      this.last = known ?? { id, max: time, first: ordinal, last: ordinal };
      if (!known) this.admit(this.last);
    }
    if (time > this.last.max) this.last.max = time;
    this.last.last = ordinal;
  }

  private admit(group: Group): void {
    if (this.groups.size >= maxGroups) {
      let oldest = group;
      for (const one of this.groups.values()) if (one.last < oldest.last) oldest = one;
      this.groups.delete(oldest.id);
    }
    this.groups.set(group.id, group);
  }

  /** Whether a group is one that others can be measured by now. */
  counts(id: number): boolean {
    const group = this.groups.get(id);
    return group !== undefined && this.isCounted(group);
  }

  private isCounted({ first, last }: Group): boolean {
    const { ordinal } = this.state;
    return ordinal - first >= established && ordinal - last < active;
  }

  /** The greatest event time of groups that count, without one, ms, or undefined where there is no other. */
  others(id: number): number | undefined {
    let greatest: number | undefined;
    for (const group of this.groups.values()) {
      if (group.id !== id && this.isCounted(group) && (greatest === undefined || group.max > greatest))
        greatest = group.max;
    }
    return greatest;
  }

  /**
   * Up to where two groups agree that event time has come: the second greatest time of those that count. Where only one
   * counts, or none does, it is `top`.
   */
  agreed(top: number): number {
    let first = -1;
    let second = -1;
    for (const group of this.groups.values()) {
      if (!this.isCounted(group)) continue;
      if (group.max > first) {
        second = first;
        first = group.max;
      } else if (group.max > second) second = group.max;
    }
    return second < 0 ? top : Math.min(top, second);
  }

  /** Forgets how far everybody was. */
  clear(): void {
    this.groups.clear();
    this.last = undefined;
  }

  /** As it is stored. */
  save(): ClocksState {
    this.state.groups = [...this.groups.values()];
    return this.state;
  }
}

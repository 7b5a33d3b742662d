/** The last decisions of all shards, a few numbers each: what cells, lists and curves are counted from. */
import type { Decision } from '../../records/score.js';

/** One decided window (or session at one of its scoring times). */
export interface DecidedPoint {
  /** Shard and offset in the decisions log: the whole decision is there. */
  readonly shard: number;
  readonly offset: number;
  readonly entity: string;
  /** ms since 1970. */
  readonly start: number;
  readonly end: number;
  /** Return levels. */
  readonly u: number;
  readonly threshold: number;
  readonly fired: boolean;
  readonly asked: boolean;
  readonly vetoed: boolean;
  /** Whether it is a session. */
  readonly session: boolean;
  /** Whether detectors have scored it: not in the warm-up. */
  readonly scored: boolean;
}

export interface PointFilter {
  /** Its end is after `from` and at or before `to`, ms since 1970. */
  readonly from: number;
  readonly to: number;
  readonly entity?: string;
  readonly fired?: boolean;
}

const bits = { fired: 1, asked: 2, vetoed: 4, session: 8, scored: 16 } as const;
const smallest = 4096;

/** Columns of equal length; a point is the same place in each. */
interface Columns {
  readonly entity: Uint32Array;
  readonly shard: Uint16Array;
  readonly flags: Uint8Array;
  readonly offset: Float64Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly u: Float64Array;
  readonly threshold: Float64Array;
}

const columnsOf = (n: number): Columns => ({
  entity: new Uint32Array(n),
  shard: new Uint16Array(n),
  flags: new Uint8Array(n),
  offset: new Float64Array(n),
  start: new Float64Array(n),
  end: new Float64Array(n),
  u: new Float64Array(n),
  threshold: new Float64Array(n),
});

/** Keeps the last `capacity` points: 47 bytes each, taken as they come. */
export class WindowRing {
  private columns: Columns;
  private size = 0;
  /** Where the next one goes. */
  private next = 0;
  private room: number;
  private readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();

  constructor(private readonly capacity: number) {
    this.room = Math.min(smallest, capacity);
    this.columns = columnsOf(this.room);
  }

  get length(): number {
    return this.size;
  }

  push(decision: Decision, shard: number, offset: number): void {
    if (this.size === this.room && this.room < this.capacity) this.grow();
    const at = this.next;
    const { columns: c } = this;
    c.entity[at] = this.numberOf(decision.entity);
    c.shard[at] = shard;
    c.offset[at] = offset;
    c.start[at] = decision.start;
    c.end[at] = decision.end;
    c.u[at] = decision.u;
    c.threshold[at] = decision.threshold;
    c.flags[at] =
      (decision.fired ? bits.fired : 0) |
      (decision.asked ? bits.asked : 0) |
      (decision.vetoed ? bits.vetoed : 0) |
      (decision.key === '' ? 0 : bits.session) |
      (decision.arms.length > 0 || decision.rules.length > 0 ? bits.scored : 0);
    this.next = (at + 1) % this.room;
    this.size = Math.min(this.size + 1, this.room);
  }

  /** Those that pass, the latest written first. */
  *latest({ from, to, entity, fired }: PointFilter): Generator<DecidedPoint> {
    const number = entity === undefined ? undefined : this.numbers.get(entity);
    if (entity !== undefined && number === undefined) return;
    const { columns: c, room } = this;
    for (let i = 1; i <= this.size; i++) {
      const at = (this.next - i + room) % room;
      if (!(c.end[at]! > from && c.end[at]! <= to)) continue;
      if (number !== undefined && c.entity[at] !== number) continue;
      if (fired !== undefined && ((c.flags[at]! & bits.fired) !== 0) !== fired) continue;
      yield this.at(at);
    }
  }

  private at(at: number): DecidedPoint {
    const { columns: c, names } = this;
    const flags = c.flags[at]!;
    return {
      shard: c.shard[at]!,
      offset: c.offset[at]!,
      entity: names[c.entity[at]!]!,
      start: c.start[at]!,
      end: c.end[at]!,
      u: c.u[at]!,
      threshold: c.threshold[at]!,
      fired: (flags & bits.fired) !== 0,
      asked: (flags & bits.asked) !== 0,
      vetoed: (flags & bits.vetoed) !== 0,
      session: (flags & bits.session) !== 0,
      scored: (flags & bits.scored) !== 0,
    };
  }

  private numberOf(entity: string): number {
    let number = this.numbers.get(entity);
    if (number === undefined) {
      number = this.names.push(entity) - 1;
      this.numbers.set(entity, number);
    }
    return number;
  }

  /** Only before the first point was written over: places stay what they are. */
  private grow(): void {
    const room = Math.min(this.capacity, this.room * 4);
    const larger = columnsOf(room);
    for (const name of Object.keys(larger) as (keyof Columns)[]) larger[name].set(this.columns[name]);
    this.columns = larger;
    this.next = this.size;
    this.room = room;
  }
}

/** The last verdicts of an entity: what the veto compares with and the value threshold is fitted on. */
import { bool, int, list, readAs, struct, uint, type Codec } from '../../records/wire/codec.js';
import { directionCodec, type Direction } from '../../records/score.js';
import { onGrid } from '../calibration/grid.js';
import { MEMORY_STEPS, MEMORY_VERDICTS } from './defaults.js';
import { importance } from './firing.js';
import { gridCodec, type AnsweredScores } from './policy.js';
import { isTrue } from './verdict.js';

/** Stands for the u of a detector that was not there when the verdict was given. */
export const UNKNOWN_U = -4096;

/** A verdict that is remembered. */
export interface Remembered {
  /** u of the detectors, in 16ths, or `UNKNOWN_U`. */
  readonly u: readonly number[];
  readonly direction: Direction;
  /** The u that was decided on. */
  readonly decided: number;
  readonly true: boolean;
  /** On the grid; above 1 for audits. */
  readonly weight: number;
  /** Hash of the verdict's id; 0 where it is never taken back. */
  readonly id: number;
  /** Ordinal among all answers of the entity. */
  readonly n: number;
}

/** Oldest first. */
export type Memory = readonly Remembered[];

/** The memory with one more verdict, the `n`th; the oldest goes when it is full. */
export function remember(
  memory: Memory,
  { verdict, scored, id = 0 }: AnsweredScores,
  detectors: number,
  n: number,
): Memory {
  const entry: Remembered = {
    u: scored.arms.slice(0, detectors).map((u) => Math.round(u * MEMORY_STEPS) + 0),
    direction: scored.direction,
    decided: scored.u,
    true: isTrue(verdict),
    weight: onGrid(importance(scored.propensity)),
    id,
    n,
  };
  return [...memory, entry].slice(-MEMORY_VERDICTS);
}

const fields = { u: list(int), direction: directionCodec, decided: gridCodec, true: bool, weight: gridCodec };

/** Canonical bytes of a memory. */
export const memoryCodec: Codec<Memory> = list(struct<Remembered>({ ...fields, id: uint, n: uint }));

/** Before answers could be taken back they had no ids. */
export const namelessMemoryCodec: Codec<Memory> = list(
  readAs(struct<Omit<Remembered, 'id' | 'n'>>(fields), (one) => ({ ...one, id: 0, n: 0 })),
);

/** What is recorded of training in the `controls` log: who leads, what was trained, and what became of it. */
import type { Control } from './control.js';

/**
 * - `claimed`: a process leads from now on.
 * - `began`: the event time of the first pane is known.
 * - `promoted`: a set takes over; `by` other than tocsin where a person promoted it.
 * - `refused`: a set was trained and did not pass its checks.
 * - `too-little`: there was too little to learn from.
 * - `looked`: there was no reason to train.
 */
export const trainingEvents = ['claimed', 'began', 'promoted', 'refused', 'too-little', 'looked'] as const;
/** One of `trainingEvents`. */
export type TrainingEvent = (typeof trainingEvents)[number];

/** An event of a training, as its ledger keeps it. */
export interface TrainingEntry {
  readonly what: TrainingEvent;
  /** Fencing epoch of the process that leads; an entry of a lower one than the highest before it is void. */
  readonly epoch: number;
  /** Wall-clock ms. */
  readonly at: number;
  readonly why: string;
  /** Event time of the first pane, ms. */
  readonly first?: number;
  /** Event time up to which it was trained or looked, ms. */
  readonly step?: number;
  readonly artefact?: string;
  /** The bound of the promotion, ms. */
  readonly from?: number;
  /** Trained by whom: the set that ships with tocsin, this fleet, or a person's command; `alias`: a person moved the champion. */
  readonly origin?: 'prior' | 'own' | 'command' | 'alias';
  /** Who promoted it. */
  readonly by?: string;
  readonly rows?: number;
  readonly entities?: number;
  readonly templates?: number;
  readonly detectors?: number;
}

/** As a control, which every process reads. */
export function trainingControl({ what, at, why, ...value }: TrainingEntry, id: string, by = 'tocsin'): Control {
  return { id, command: 'training', about: what, value: JSON.stringify(value), by, via: 'training', why, at };
}

/** Undefined for a control about something else, and for one that this release cannot read. */
export function trainingEntry({ command, about, value, why, at }: Control): TrainingEntry | undefined {
  if (command !== 'training' || !(trainingEvents as readonly string[]).includes(about)) return undefined;
  try {
    const rest = JSON.parse(value) as Omit<TrainingEntry, 'what' | 'why' | 'at'>;
    return typeof rest.epoch === 'number' ? { ...rest, what: about as TrainingEvent, why, at } : undefined;
  } catch {
    return undefined;
  }
}

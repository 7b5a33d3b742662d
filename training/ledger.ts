/** State of training, from what the `controls` log has recorded of it: the same for every process that reads it. */
import type { Control } from '../records/control.js';
import { trainingEntry, type TrainingEntry } from '../records/training.js';

/** A set that was promoted, as recorded. */
export type Promoted = TrainingEntry & { readonly artefact: string; readonly from: number };

export class TrainingLedger {
  /** The highest epoch that led. */
  epoch = 0;
  /** Event time of the first pane, ms. */
  first: number | undefined;
  /** Event time of the last step that was settled, ms. */
  step: number | undefined;
  /** Whether the last training found too little. */
  foundTooLittle = false;
  /** The set that takes over last. */
  inForce: Promoted | undefined;
  /** The last training that led to no promotion. */
  failed: TrainingEntry | undefined;
  /** The last training that did, by this fleet. */
  trained: Promoted | undefined;
  refusals = 0;
  private seen = 0;

  /** Reads what was said since; gives the entries that count. */
  read(said: ReadonlyMap<string, Control>): TrainingEntry[] {
    if (said.size === this.seen) return [];
    const news = [...said.values()].slice(this.seen);
    this.seen = said.size;
    return news.flatMap((control) => {
      const entry = trainingEntry(control);
      return entry && this.apply(entry) ? [entry] : [];
    });
  }

  /** Takes an entry; false for one that is void: its process had lost the lead. */
  apply(entry: TrainingEntry): boolean {
    const isCommand = entry.origin === 'command';
    if (!isCommand) {
      if (entry.epoch < this.epoch) return false;
      this.epoch = entry.epoch;
    }
    if (entry.what === 'began') this.first ??= entry.first;
    if (entry.step !== undefined) {
      this.step = Math.max(this.step ?? entry.step, entry.step);
      if (entry.what !== 'looked') this.foundTooLittle = entry.what === 'too-little';
    }
    if (entry.what === 'refused') this.refusals++;
    if (entry.what === 'refused' || entry.what === 'too-little') this.failed = entry;
    if (entry.what === 'promoted' && entry.artefact !== undefined && entry.from !== undefined) {
      const promoted = { ...entry, artefact: entry.artefact, from: entry.from };
      this.inForce = promoted;
      if (entry.origin !== 'prior') {
        this.trained = promoted;
        this.failed = undefined;
      }
    }
    return true;
  }
}

/** The last dead letters, with their text masked, and how many there were by reason. */
import { decodeDeadLetter } from '../../records/dead-letter.js';
import type { ChannelRecord } from '../../records/store.js';
import { shown } from '../../offline/dead-letters/dead-letters.js';

/** A dead letter as people see it. */
export interface ShownLetter {
  readonly number: number;
  readonly at: string;
  readonly reason: string;
  readonly source: string;
  readonly offset: number;
  readonly detail: string;
  readonly text?: string;
  readonly redrivable: boolean;
}

const maxKept = 2000;
const maxText = 2000;
const maxReasons = 200;

export class LastLetters {
  private readonly kept: ShownLetter[] = [];
  readonly reasons = new Map<string, number>();

  push({ offset, value }: ChannelRecord): void {
    let letter: ShownLetter;
    try {
      const { text, ...rest } = shown({ ...decodeDeadLetter(value), number: offset }) as unknown as ShownLetter;
      letter = { ...rest, ...(text === undefined ? {} : { text: text.slice(0, maxText) }) };
    } catch {
      // Of another release: it can be put back by that one only.
      return;
    }
    this.kept.push(letter);
    if (this.kept.length > maxKept * 1.25) this.kept.splice(0, this.kept.length - maxKept);
    if (this.reasons.has(letter.reason) || this.reasons.size < maxReasons)
      this.reasons.set(letter.reason, (this.reasons.get(letter.reason) ?? 0) + 1);
  }

  /** The latest first. */
  latest(): readonly ShownLetter[] {
    return [...this.kept].reverse();
  }
}

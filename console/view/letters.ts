/** The last dead letters, with their text masked, how many there were by reason, and rows that broke a rule, by rule. */
import { brokenRule } from '../../operators/quarantine.js';
import { decodeDeadLetter, type DeadLetter } from '../../records/dead-letter.js';
import type { ChannelRecord } from '../../records/store.js';
import { letterKey, shown } from '../../offline/dead-letters/dead-letters.js';

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

/** Rows that broke one rule. */
export interface QuarantinedRows {
  readonly rows: number;
  /** Number of the last one's dead letter. */
  readonly number: number;
  /** Of the last one. */
  readonly entity: string;
  /** End of its window, ms since 1970. */
  readonly at: number;
  /** What it has in the column of the rule, as JSON; undefined where its text was cut before. */
  readonly value: string | undefined;
  readonly text: string;
}

const maxKept = 2000;
const maxText = 2000;
const maxReasons = 200;
/** A crash makes the process write the dead letters since its last checkpoint again; this many keys are kept to find them. */
const maxKeys = 10_000;

export class LastLetters {
  private readonly kept: ShownLetter[] = [];
  private readonly seen = new Set<string>();
  readonly reasons = new Map<string, number>();
  /** By the name of the rule. */
  readonly quarantined = new Map<string, QuarantinedRows>();

  push({ offset, value }: ChannelRecord): void {
    let letter: ShownLetter;
    let decoded: DeadLetter;
    try {
      decoded = decodeDeadLetter(value);
      const { text, ...rest } = shown({ ...decoded, number: offset }) as unknown as ShownLetter;
      letter = { ...rest, ...(text === undefined ? {} : { text: text.slice(0, maxText) }) };
    } catch {
      // Of another release: it can be put back by that one only.
      return;
    }
    if (this.isRepeated(letterKey(decoded))) return;
    this.kept.push(letter);
    if (this.kept.length > maxKept * 1.25) this.kept.splice(0, this.kept.length - maxKept);
    if (this.reasons.has(letter.reason) || this.reasons.size < maxReasons)
      this.reasons.set(letter.reason, (this.reasons.get(letter.reason) ?? 0) + 1);
    this.quarantine(letter, decoded);
  }

  /** The latest first. */
  latest(): readonly ShownLetter[] {
    return [...this.kept].reverse();
  }

  private isRepeated(key: string): boolean {
    if (this.seen.has(key)) return true;
    this.seen.add(key);
    // A set is in order of insertion: its first is the oldest.
    if (this.seen.size > maxKeys) for (const oldest of this.seen) return !this.seen.delete(oldest);
    return false;
  }

  /** Of the masked text: a mask may stand in the place of a number, so that the row is no JSON any more. */
  private quarantine({ number, detail, text = '' }: ShownLetter, letter: DeadLetter): void {
    const rule = brokenRule(letter);
    if (rule === undefined || !(this.quarantined.has(rule) || this.quarantined.size < maxReasons)) return;
    const rows = (this.quarantined.get(rule)?.rows ?? 0) + 1;
    const entity = detail.slice(rule.length + 2, detail.lastIndexOf(' '));
    const [, column = ''] = rule.split(' ');
    const value = valueOf.exec(text.slice(Math.max(0, text.indexOf(`"${column}":`))))?.[1];
    this.quarantined.set(rule, { rows, number, entity, at: letter.time ?? letter.offset, value, text });
  }
}

/** A value of JSON behind its name. */
const valueOf = /^"[^"]*":("(?:[^"\\]|\\.)*"|[^,}]*)/;

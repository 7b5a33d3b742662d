/** The heads of the healing ledger in a file of their own: on another disk, it shows that the end of the ledger was cut off. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export interface LedgerHead {
  readonly seq: number;
  readonly head: string;
  /** Wall clock, ms. */
  readonly at: number;
}

/** @throws Error where the file cannot be read; lines that are no heads are left out: they prove nothing */
export function headsIn(path: string): readonly LedgerHead[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((text): LedgerHead[] => {
      try {
        const { seq, head, at } = JSON.parse(text) as LedgerHead;
        return Number.isSafeInteger(seq) && typeof head === 'string' ? [{ seq, head, at }] : [];
      } catch {
        return [];
      }
    });
}

/** Appends each head once, a JSON object a line: the file may be one that can only be appended to. */
export class HeadFile {
  private last: number;

  constructor(private readonly path: string) {
    this.last = Math.max(0, ...headsIn(path).map(({ seq }) => seq));
  }

  /** @throws Error where the file cannot be written */
  append({ seq, head, at }: LedgerHead): void {
    if (seq <= this.last) return;
    appendFileSync(this.path, `${JSON.stringify({ seq, head, at })}\n`, { mode: 0o600 });
    this.last = seq;
  }
}

/** Sees to it that a source whose lines are refused does not go unnoticed. */
import type { LineCounts } from '../../operators/decode/fate.js';

/** A share of refused lines above this is a fault of the source or its settings, not of a line. */
export const maxRefusedShare = 0.05;
/** Lines before a share says anything. */
const enough = 20;

export interface RefusedShare {
  readonly source: string;
  readonly lines: number;
  readonly refused: number;
  /** Refused lines by reason, the most frequent first. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Adds up the lines of a source, and calls `warn` when the refused ones are too many: at once, and as they grow tenfold. */
export class LineShare {
  private lines = 0;
  private refused = 0;
  private warnedAt = 0;
  private readonly reasons: Record<string, number> = {};

  constructor(
    private readonly source: string,
    private readonly warn: (share: RefusedShare) => void,
  ) {}

  add(counts: LineCounts): void {
    this.lines += counts.in;
    this.refused += counts.refused;
    for (const [reason, n] of Object.entries(counts.reasons)) this.reasons[reason] = (this.reasons[reason] ?? 0) + n;
    if (this.lines < enough || this.refused <= maxRefusedShare * this.lines) return;
    if (this.refused < 10 * this.warnedAt) return;
    this.warnedAt = this.refused;
    const reasons = Object.fromEntries(Object.entries(this.reasons).sort(([, a], [, b]) => b - a));
    this.warn({ source: this.source, lines: this.lines, refused: this.refused, reasons });
  }
}

/** For the log of the process. */
export const refusedWarning = ({ source, lines, refused }: RefusedShare): string =>
  `${refused} of ${lines} lines of ${source} cannot be read and are dead letters: tocsin dlq list says why, and which setting would help`;

/**
 * Holds what people said to a shard (verdicts, calendars, deploys) back until the boundary at which they took effect live: one more source in the set,
 * whose marks stop the shard before that boundary and let it go on once they are there.
 */
import { isProgress, type BoundaryCommand, type SourceSet, type WindowsRecord } from '../../records/windows.js';
import type { EffectiveControl } from './recorded-controls.js';

const name = 'replay';

export class ReplayGate {
  private readonly watermarks = new Map<string, number>();
  private readonly steps: [at: number, said: BoundaryCommand[]][] = [];
  private ordinal = 0;

  /** @param pane - ms: boundaries are its multiples */
  constructor(
    private readonly sources: readonly string[],
    said: readonly EffectiveControl<BoundaryCommand>[],
    private readonly pane: number,
  ) {
    for (const { control, at } of said) {
      const last = this.steps.at(-1);
      if (last?.[0] === at) last[1].push(control);
      else this.steps.push([at, [control]]);
    }
  }

  /** What precedes everything. */
  *begin(): Generator<WindowsRecord> {
    const sources: SourceSet = { type: 'sources', version: 1, sources: [...this.sources, name] };
    yield sources;
    yield this.mark();
  }

  /** The record, and what is let through behind it. */
  *pass(record: WindowsRecord): Generator<WindowsRecord> {
    yield record;
    if (record.type !== 'mark' || !isProgress(record)) return;
    this.watermarks.set(record.tag.source, record.kind === 'end' ? Number.POSITIVE_INFINITY : record.watermark);
    for (let step = this.steps[0]; step && this.reached(step[0] - this.pane); step = this.steps[0]) {
      yield* step[1];
      this.steps.shift();
      yield this.mark();
    }
  }

  /** Whether everything up to `bound` is closed in the shard. */
  private reached(bound: number): boolean {
    return this.sources.every((source) => (this.watermarks.get(source) ?? Number.NEGATIVE_INFINITY) >= bound);
  }

  private mark(): WindowsRecord {
    const [step] = this.steps;
    const tag = { source: name, incarnation: 0, epoch: 0, offset: this.ordinal++, n: 0 };
    return { type: 'mark', tag, kind: step ? 'data' : 'end', watermark: step ? step[0] - this.pane : 0 };
  }
}

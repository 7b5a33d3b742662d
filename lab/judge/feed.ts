/** Hands the simulator's chunks to the ingest tasks, a round of event time at a time. */
import type { Batch } from '../../records/batch.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import type { Source } from '../../runtime/source.js';
import { LineCutter } from '../../connectors/file/lines.js';

/** Bytes of one source that wait to be read. */
export class Feed {
  private readonly chunks: Buffer[] = [];
  private ended = false;
  private wake: (() => void) | undefined;
  /** Chunks taken and not yet asked beyond: 0 when everything handed in has been handled. */
  private busy = 0;

  constructor(readonly name: string) {}

  push(bytes: Buffer): void {
    this.chunks.push(bytes);
    this.wake?.();
  }

  end(): void {
    this.ended = true;
    this.wake?.();
  }

  get idle(): boolean {
    return this.chunks.length === 0 && this.busy === 0;
  }

  /** As a task reads it: lines cut from bytes like those of a file. */
  get source(): Source<SourceItem> {
    return {
      open: (position, { stop }) => this.batches(position?.offset ?? 0, stop),
    };
  }

  private async *batches(offset: number, stop: AbortSignal): AsyncGenerator<Batch<SourceItem>> {
    const cutter = new LineCutter({ source: this.name, topic: this.name, offset });
    stop.addEventListener('abort', () => this.wake?.());
    let last = { source: this.name, offset };
    while (!stop.aborted) {
      const bytes = this.chunks.shift();
      if (bytes) {
        this.busy = 1;
        const batch = cutter.push(bytes);
        last = batch.position ?? last;
        yield { ...batch, position: last };
        this.busy = 0;
      } else if (this.ended) {
        yield { items: [endOfSource], rejected: [], position: last };
        return;
      } else {
        await new Promise<void>((resolve) => (this.wake = resolve));
        this.wake = undefined;
      }
    }
  }
}

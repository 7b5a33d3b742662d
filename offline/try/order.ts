/** How far the lines of a file are out of order, and how many of them a run would refuse as late: by the topology that a run has. */
import { lastValueFrom, of, toArray } from 'rxjs';
import { endOfSource } from '../../records/raw.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import { ingest, type IngestParts } from '../../topologies/ingest.js';
import type { SourceSample } from './sample.js';

/** Lines that come after their pane is closed. */
export interface OutOfOrder {
  readonly lines: number;
  /** How far the farthest is behind the latest line before it, ms. */
  readonly farthest: number;
}

/** How the lines of a source become partials, without what only a task has. */
export type Ingesting = Omit<IngestParts, 'source' | 'incarnation' | 'epoch' | 'stores'>;

/** What a run would refuse as `late` of the lines of one file; undefined where it is nothing. */
export async function outOfOrder(sample: SourceSample, parts: Ingesting): Promise<OutOfOrder | undefined> {
  const { source } = sample;
  const stores = await TaskState.restore(new MemoryBackend(), `ingest/${source}`, 1);
  const read: { readonly offset: number; readonly time: number }[] = [];
  const topology = ingest({
    ...parts,
    source,
    incarnation: 1,
    epoch: 1,
    stores,
    fate: (line) => {
      if (line.fate === 'read' && line.record) read.push({ offset: line.offset, time: line.record.time });
    },
  });
  const raws = sample.taken.flatMap((taken) => ('raw' in taken ? [taken.raw] : []));
  const batches = await lastValueFrom(of({ items: [...raws, endOfSource], rejected: [] }).pipe(topology, toArray()));
  const rejected = batches.flatMap((batch) => batch.rejected);
  const late = rejected.filter(({ reason }) => reason === 'late');
  const [lateAt, refusedAt] = [late, rejected].map((all) => new Set(all.map(({ offset }) => offset)));
  let [latest, farthest] = [-1, 0];
  for (const { offset, time } of read) {
    if (lateAt!.has(offset)) farthest = Math.max(farthest, latest - time);
    else if (!refusedAt!.has(offset)) latest = Math.max(latest, time);
  }
  return late.length > 0 ? { lines: late.length, farthest } : undefined;
}

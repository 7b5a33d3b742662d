/** Windows of lines that are not in a log: decoded, signed and added up as `ingest` does with a source of the configuration. */
import { from, lastValueFrom, toArray } from 'rxjs';
import type { Config, SourceConfig } from '../../config/schema.js';
import { OpenWindows } from '../../operators/merge/open-windows.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import type { LogWindow, SeriesWindow } from '../../records/window.js';
import type { Definition } from '../../records/windows.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import { ingestParts, windowParts } from '../../service/options.js';
import { ingest } from '../../topologies/ingest.js';

export interface RawWindows {
  /** First sights of kinds of lines, with their text. */
  readonly definitions: readonly Definition[];
  /** Ascending by end, then by entity. */
  readonly windows: readonly (LogWindow | SeriesWindow)[];
  /** Why lines were refused. */
  readonly refused: readonly string[];
}

/** @param lines each a record of the source, as text */
export async function windowsOfLines(
  config: Config,
  source: SourceConfig,
  lines: readonly string[],
): Promise<RawWindows> {
  const stores = await TaskState.restore(new MemoryBackend(), 'aside', 1);
  const parts = ingestParts(config, source);
  const items = lines.map((line, offset): SourceItem => {
    const bytes = Buffer.from(line);
    return { bytes, start: 0, end: bytes.length, offset, timestamp: -1, topic: 'aside' };
  });
  const position = { source: 'aside', offset: items.length };
  const topology = ingest({
    ...parts,
    records: source.type === 'file' ? 'lines' : 'values',
    source: 'aside',
    incarnation: 0,
    epoch: 1,
    stores,
  });
  const batches = [{ items: [...items, endOfSource], rejected: [], position }];
  const left = await lastValueFrom(from(batches).pipe(topology, toArray()));
  const written = left.flatMap((batch) => batch.items);
  const partials = written.filter((item) => item.type === 'log' || item.type === 'series');
  const lengths = windowParts(config);
  const length = lengths.pane * lengths.windowPanes;
  const lastPane = partials.reduce((last, { pane }) => Math.max(last, pane), 0);
  const end = Math.floor(lastPane / length) * length + length;
  const open = new OpenWindows(stores, { ...lengths, maxEntities: Infinity });
  for (const partial of partials) open.add(partial);
  const windows: (LogWindow | SeriesWindow)[] = [];
  for (let at = open.next(0); at !== undefined && at <= end; at = open.next(at))
    windows.push(...open.close(at, () => []));
  return {
    definitions: written.filter((item) => item.type === 'definition'),
    windows,
    refused: left.flatMap(({ rejected }) => rejected.map(({ reason, detail }) => `${reason}: ${detail}`)),
  };
}

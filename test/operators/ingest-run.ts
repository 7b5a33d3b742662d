/** Runs `ingest` on lines, with any cuts and restarts, on real stores. */
import { TopologyTestDriver } from '../../lab/driver.js';
import type { Rejected } from '../../records/batch.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import { encodeWindowsRecord, type IngestRecord } from '../../records/windows.js';
import { ingest, type IngestParts } from '../../topologies/ingest.js';

export interface Line {
  readonly text: string | Uint8Array;
  readonly timestamp?: number;
}

/** Records of lines, each at its index as offset. */
export const records = (lines: readonly (Line | string | SourceItem)[]): SourceItem[] =>
  lines.map((line, offset): SourceItem => {
    if (typeof line === 'object' && 'type' in line && line.type !== undefined) return line;
    const { text, timestamp = -1 } = typeof line === 'string' ? { text: line } : (line as Line);
    const bytes = Buffer.from(text as string);
    return { bytes, start: 0, end: bytes.length, offset, timestamp, topic: 'app' };
  });

export interface Ran {
  readonly items: IngestRecord[];
  readonly rejected: Rejected[];
  /** Canonical bytes of all items. */
  readonly bytes: string;
}

/** One run over batches; between those where `restart` is true the task is restored from its checkpoint. */
export async function run(
  batches: readonly (readonly SourceItem[])[],
  parts: Partial<IngestParts> = {},
  restart = false,
): Promise<Ran> {
  const driver = await TopologyTestDriver.open((stores) =>
    ingest({ source: 'logs/0', incarnation: 1, epoch: 7, stores, format: 'auto', ...parts }),
  );
  for (const batch of batches) {
    await driver.push(...batch);
    if (restart) await driver.restart();
  }
  driver.close();
  const { outputs: items, rejected } = driver;
  return { items, rejected, bytes: Buffer.concat(items.map(encodeWindowsRecord)).toString('hex') };
}

/** A whole run over lines in one batch, with the end of the source. */
export const runLines = (
  lines: readonly (Line | string | SourceItem)[],
  parts: Partial<IngestParts> = {},
): Promise<Ran> => run([[...records(lines), endOfSource]], parts);

/** Cuts a list at the given places. */
export function cutAt<T>(all: readonly T[], places: readonly number[]): T[][] {
  const cuts = [...new Set(places.map((place) => place % (all.length + 1)))].sort((a, b) => a - b);
  return [0, ...cuts].map((place, i) => all.slice(place, cuts[i] ?? all.length));
}

/** What was rejected. Operators reject batch by batch, so the order among their rejects is that of the cuts: sorted. */
export const rejectsOf = ({ rejected }: Ran): string[] =>
  rejected.map(({ offset, reason, time, detail }) => `${offset} ${reason} ${time ?? ''} ${detail}`).sort();

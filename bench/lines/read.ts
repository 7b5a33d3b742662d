/** Reads what `write.ts` wrote, as batches for `ingest`. */
import { readFile } from 'node:fs/promises';
import { fileSource } from '../../connectors/file/source.js';
import type { Batch } from '../../records/batch.js';
import type { RawRecord } from '../../records/raw.js';
import type { InputKind } from './write.js';

/** Bytes of values that make a batch. */
const batchBytes = 131_072;

/** Values with the time at which a broker would have appended them: never before their records. */
async function* values(path: string, source: string): AsyncGenerator<Batch<RawRecord>> {
  const bytes = await readFile(path);
  let items: RawRecord[] = [];
  let offset = 0;
  let size = 0;
  const batch = (): Batch<RawRecord> => ({ items, rejected: [], position: { source, offset } });
  for (let at = 0; at < bytes.length;) {
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    items.push({ bytes, start, end: at, offset: offset++, timestamp: 1_798_761_600_000, topic: 'bench' });
    size += at - start;
    if (size < batchBytes) continue;
    yield batch();
    items = [];
    size = 0;
  }
  if (items.length > 0) yield batch();
}

export const inputOf = (kind: InputKind, path: string, source: string): AsyncGenerator<Batch<RawRecord>> =>
  kind === 'otlp' ? values(path, source) : fileSource({ path, source });

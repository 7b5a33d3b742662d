/** Deletes whole old segments: by deletion, never by compaction, so that what is there is what was written. */
import { rm, stat } from 'node:fs/promises';
import { segmentBases, segmentPath } from './folder.js';

/** What is kept of a shard. */
export interface Retention {
  /** A segment goes when its last record was written longer ago than this, ms of wall clock. */
  readonly ms?: number;
  /** The oldest segments go while a shard is larger than this. */
  readonly bytes?: number;
}

/**
 * Applies retention to one shard; the last segment always stays.
 *
 * @param now wall clock, ms since 1970
 * @returns the first offset that is left
 */
export async function retain(shardDir: string, { ms, bytes }: Retention, now: number): Promise<number> {
  const bases = await segmentBases(shardDir);
  const files = await Promise.all(
    bases.map(async (base) => {
      const path = segmentPath(shardDir, base);
      const { size, mtimeMs } = await stat(path);
      return { base, path, size, mtimeMs };
    }),
  );
  let total = files.reduce((sum, { size }) => sum + size, 0);
  let first = 0;
  // From the oldest on, so that no hole appears whenever it is interrupted.
  for (; first < files.length - 1; first++) {
    const { path, size, mtimeMs } = files[first]!;
    const old = ms !== undefined && now - mtimeMs > ms;
    const large = bytes !== undefined && total > bytes;
    if (!old && !large) break;
    await rm(path);
    total -= size;
  }
  return files[first]?.base ?? 0;
}

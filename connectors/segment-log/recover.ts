/** Finds the end of a shard after a crash: what was acknowledged is kept, a torn tail is cut off. */
import { readFile, truncate } from 'node:fs/promises';
import { frameOffset, frameSize, headBytes } from './frame.js';
import { SegmentCorruptError, segmentBases, segmentPath } from './folder.js';

/** Where a shard ends. */
export interface ShardEnd {
  /** First offset of the last segment; equals `next` where the segment is empty or not there yet. */
  readonly base: number;
  /** Length of the last segment in bytes; 0 where it is not there yet. */
  readonly bytes: number;
  /** Offset of the next record. */
  readonly next: number;
  /** What was cut off, for the log. */
  readonly torn: string | undefined;
}

/**
 * Checks the last segment of a shard record by record and truncates what a crash left half written.
 *
 * @param acknowledged offset below which records are known to be durable
 * @throws SegmentCorruptError where acknowledged records are damaged or missing
 */
export async function recoverShard(shardDir: string, acknowledged: number): Promise<ShardEnd> {
  const bases = await segmentBases(shardDir);
  const base = bases.at(-1) ?? 0;
  const path = segmentPath(shardDir, base);
  const content = bases.length > 0 ? await readFile(path) : Buffer.alloc(0);
  let at = 0;
  let next = base;
  let problem = 'the file ends';
  while (at < content.length) {
    const size = frameSize(content, at);
    if (typeof size !== 'number') {
      problem = size === 'damaged' ? 'no record begins there' : 'the record is cut';
      break;
    }
    const offset = frameOffset(content, at);
    if (offset !== next) throw new SegmentCorruptError(path, at, `record ${offset} is stored where ${next} belongs`);
    at += size;
    next++;
  }
  if (next < acknowledged) {
    throw new SegmentCorruptError(path, at, `${problem}, and records ${next} to ${acknowledged - 1} were acknowledged`);
  }
  const left = content.length - at;
  if (left > 0) {
    const later = laterRecord(content, at + 1, next);
    if (later !== undefined) {
      throw new SegmentCorruptError(path, at, `${problem}, but an intact record follows at byte ${later}`);
    }
    await truncate(path, at);
  }
  return {
    base,
    bytes: at,
    next,
    torn: left > 0 ? `${path}: cut ${left} bytes at byte ${at} that were never acknowledged (${problem})` : undefined,
  };
}

/** The byte of an intact record after `from` whose offset could follow `offset`: then the damage is no torn tail. */
function laterRecord(content: Buffer, from: number, offset: number): number | undefined {
  for (let at = from; at + headBytes <= content.length; at++) {
    const found = frameOffset(content, at);
    if (found <= offset || found > offset + content.length) continue;
    if (typeof frameSize(content, at) === 'number') return at;
  }
  return undefined;
}

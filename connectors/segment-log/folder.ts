/**
 * What lies where in the folder of a segment log:
 *
 *     meta.json                      format and number of shards
 *     writer.lock                    process that writes
 *     <shard>/<first offset>.log     records, oldest first
 *     <shard>/end                    up to where records are durable: readers go no further
 */
import { mkdir, open, readFile, readdir, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from './crc32.js';

const format = 1;

/** The folder of a shard. */
export const shardFolder = (folder: string, shard: number): string => join(folder, String(shard));
/** The file of the segment that begins at offset `base`. */
export const segmentPath = (shardDir: string, base: number): string =>
  join(shardDir, `${String(base).padStart(16, '0')}.log`);

/** Whether a file or folder is not there. */
export const isMissing = (error: unknown): boolean => (error as { code?: string }).code === 'ENOENT';

/** Makes names in a folder durable. Windows does so by itself and cannot open folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** First offsets of the segments of a shard, ascending. */
export async function segmentBases(shardDir: string): Promise<number[]> {
  const names = await readdir(shardDir).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names
    .filter((name) => /^\d{16}\.log$/.test(name))
    .map((name) => Number(name.slice(0, 16)))
    .sort((a, b) => a - b);
}

/** The number of shards a log was made with; undefined where there is no log yet. */
export async function readShards(folder: string): Promise<number | undefined> {
  const path = join(folder, 'meta.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  let meta: { format?: unknown; shards?: unknown } = {};
  try {
    meta = JSON.parse(text) as typeof meta;
  } catch {
    // Falls through to the message below.
  }
  if (meta.format !== format || typeof meta.shards !== 'number') {
    throw new Error(
      `${path} is not the description of a segment log of format ${format}: it was damaged or made by another ` +
        'release. Restore it, or move the folder away to start empty.',
    );
  }
  return meta.shards;
}

/**
 * Checks that the log has this many shards, and makes it where there is none.
 *
 * @throws Error where it was made with another number
 */
export async function createShards(folder: string, shards: number): Promise<void> {
  const stored = await readShards(folder);
  if (stored === undefined) {
    for (let shard = 0; shard < shards; shard++) await mkdir(shardFolder(folder, shard), { recursive: true });
    const path = join(folder, 'meta.json');
    const handle = await open(`${path}.new`, 'w');
    try {
      await handle.writeFile(`${JSON.stringify({ format, shards })}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
    await syncFolder(folder);
  } else if (stored !== shards) {
    throw new Error(
      `segment log ${folder} has ${stored} shards and the configuration says ${shards}. State belongs to shards: ` +
        `set channels.shards to ${stored}, and change it with \`tocsin reshard\`.`,
    );
  }
}

const markBytes = 10;

/** Publishes that all records below `next` are durable. Never synced: `recover` finds the end by itself. */
export async function writeEnd(handle: FileHandle, next: number): Promise<void> {
  const mark = Buffer.alloc(markBytes);
  mark.writeUIntLE(next, 0, 6);
  mark.writeUInt32LE(crc32(mark.subarray(0, 6)), 6);
  await handle.write(mark, 0, markBytes, 0);
}

/** The offset below which all records are durable; 0 where nothing was published. */
export async function readEnd(handle: FileHandle): Promise<number> {
  const mark = Buffer.alloc(markBytes);
  // A mark that is being written may be read half: its sum tells, and the next look finds it whole.
  for (let attempt = 0; attempt < 100; attempt++) {
    const { bytesRead } = await handle.read(mark, 0, markBytes, 0);
    if (bytesRead === 0) return 0;
    if (bytesRead === markBytes && crc32(mark.subarray(0, 6)) === mark.readUInt32LE(6)) return mark.readUIntLE(0, 6);
  }
  throw new Error(
    'the file `end` of a segment log is damaged. Stop tocsin, delete the file, and start: the end is searched for again.',
  );
}

/** Bytes inside a segment are not what was written there. */
export class SegmentCorruptError extends Error {
  override readonly name = 'SegmentCorruptError';

  constructor(
    readonly path: string,
    readonly byte: number,
    detail: string,
  ) {
    super(
      `segment ${path} is damaged at byte ${byte}: ${detail}. The records before it are intact. ` +
        'Restore the file from a copy; to go on without what follows, stop tocsin, cut the file to that size, ' +
        'and delete the later segments and the file `end` beside it.',
    );
  }
}

/** Reads one shard in order, through a buffer, up to what is durable. */
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChannelRecord } from '../../records/store.js';
import { SerialQueue } from '../../runtime/serial-queue.js';
import { frameOffset, frameSize, frameValue } from './frame.js';
import { SegmentCorruptError, isMissing, readEnd, segmentBases, segmentPath } from './folder.js';

/** A buffer begins small, for readers that wait at the end, and doubles while there is more to read. */
const smallChunk = 64 * 1024;
const largeChunk = 1024 * 1024;
/** One call of `read` stops after this many bytes, so that large records do not pile up. */
const readBytes = 4 * 1024 * 1024;

/** A place in a shard. */
export class ShardCursor {
  private endFile: FileHandle | undefined;
  private durable = 0;
  private segment: { readonly file: FileHandle; readonly path: string } | undefined;
  /** Offset of the record at `chunk[at]`. */
  private next = 0;
  private chunk = Buffer.alloc(0);
  private at = 0;
  /** Byte of the segment at which the chunk begins. */
  private chunkStart = 0;
  private chunkBytes = smallChunk;
  /** Operations run one after another. */
  private readonly queue = new SerialQueue();

  /** @param written - durable end by the writer in this process; undefined where only the folder knows it */
  constructor(
    private readonly shardDir: string,
    private readonly written: () => number | undefined = () => undefined,
  ) {}

  /** The offset after the last durable record. */
  end(): Promise<number> {
    return this.queue.run(() => this.readEnd());
  }

  range(): Promise<{ first: number; next: number }> {
    return this.queue.run(async () => {
      const next = await this.readEnd();
      return { first: (await segmentBases(this.shardDir))[0] ?? 0, next };
    });
  }

  read(offset: number, max: number): Promise<readonly ChannelRecord[]> {
    return this.queue.run(async () => {
      if (offset >= this.durable) await this.readEnd();
      if (offset > this.durable) {
        throw new RangeError(
          `${this.shardDir} ends at offset ${this.durable} and ${offset} was asked for: the position belongs to ` +
            'another log. State and logs are moved or deleted together.',
        );
      }
      if (offset === this.durable) return [];
      if (!this.segment || offset !== this.next) await this.seek(offset);
      const records: ChannelRecord[] = [];
      let bytes = 0;
      while (records.length < max && this.next < this.durable && bytes < readBytes) {
        const size = frameSize(this.chunk, this.at);
        if (typeof size === 'object') {
          await this.fill(size.needs);
          continue;
        }
        if (size === 'damaged') throw this.corrupt('no record begins there, or its checksum is wrong');
        const found = frameOffset(this.chunk, this.at);
        if (found !== this.next) throw this.corrupt(`record ${found} is stored where ${this.next} belongs`);
        records.push({ offset: found, value: frameValue(this.chunk, this.at, size) });
        this.at += size;
        this.next++;
        bytes += size;
      }
      // What the buffer has beyond the durable end may have been read before it was written: read it again.
      if (this.next >= this.durable) {
        this.dropChunk();
        this.chunkBytes = smallChunk;
      }
      return records;
    });
  }

  async close(): Promise<void> {
    await this.queue.run(async () => {
      await this.segment?.file.close();
      await this.endFile?.close();
      this.segment = undefined;
      this.endFile = undefined;
    });
  }

  private async readEnd(): Promise<number> {
    const written = this.written();
    if (written !== undefined) return (this.durable = written);
    try {
      this.endFile ??= await open(join(this.shardDir, 'end'), 'r');
    } catch (error) {
      if (isMissing(error)) return (this.durable = 0);
      throw error;
    }
    return (this.durable = await readEnd(this.endFile));
  }

  /** Opens the segment that holds `offset` and goes to it; to the first one left where 0 is asked for. */
  private async seek(offset: number): Promise<void> {
    const bases = await segmentBases(this.shardDir);
    const first = bases[0] ?? 0;
    if (offset < first && offset > 0) {
      throw new RangeError(
        `${this.shardDir}: records ${offset} to ${first - 1} were deleted by retention before they were read. ` +
          'Lengthen channels.retention; to go on from what is left, move the state of the reading task away.',
      );
    }
    const base = bases.findLast((candidate) => candidate <= offset) ?? first;
    await this.openSegment(base);
    while (this.next < offset) {
      const size = frameSize(this.chunk, this.at);
      if (size === 'damaged') throw this.corrupt('no record begins there, or its checksum is wrong');
      if (typeof size === 'number') {
        this.at += size;
        this.next++;
      } else await this.fill(size.needs);
    }
  }

  private async openSegment(base: number): Promise<void> {
    await this.segment?.file.close();
    this.segment = undefined;
    const path = segmentPath(this.shardDir, base);
    this.segment = { file: await open(path, 'r'), path };
    this.next = base;
    this.chunk = Buffer.alloc(0);
    this.at = 0;
    this.chunkStart = 0;
  }

  /** Reads on, so that the buffer begins at the current record and holds at least `needs` bytes of it. */
  private async fill(needs: number): Promise<void> {
    this.dropChunk();
    // Records handed out point into the old buffer: each chunk is a new one.
    const chunk = Buffer.allocUnsafe(Math.max(this.chunkBytes, needs));
    this.chunkBytes = Math.min(this.chunkBytes * 2, largeChunk);
    let length = 0;
    while (length < needs) {
      const { bytesRead } = await this.segment!.file.read(
        chunk,
        length,
        chunk.length - length,
        this.chunkStart + length,
      );
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    this.chunk = chunk.subarray(0, length);
    if (length >= needs) return;
    if (length > 0) throw this.corrupt('the record is cut');
    // The segment is read to its end: the next one begins with the next record.
    const { next } = this;
    const bases = await segmentBases(this.shardDir);
    if (
      next !== bases.findLast((candidate) => candidate <= next) ||
      this.segment!.path === segmentPath(this.shardDir, next)
    ) {
      throw this.corrupt(`the file ends, and record ${next} is in no other segment`);
    }
    await this.openSegment(next);
  }

  private dropChunk(): void {
    this.chunkStart += this.at;
    this.chunk = Buffer.alloc(0);
    this.at = 0;
  }

  private corrupt(detail: string): SegmentCorruptError {
    return new SegmentCorruptError(this.segment!.path, this.chunkStart + this.at, detail);
  }
}

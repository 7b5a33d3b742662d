/** The writing end of one shard. */
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { FrameBuffer } from './frame.js';
import { readEnd, segmentPath, syncFolder, writeEnd } from './folder.js';
import { recoverShard } from './recover.js';

/** Appends to one shard. */
export class ShardWriter {
  private waiting = new FrameBuffer();
  private spare = new FrameBuffer();
  /** Offset of the next record that is appended. */
  private next: number;
  /** All records below are durable. */
  durable: number;

  private constructor(
    private readonly shardDir: string,
    private readonly segmentBytes: number,
    private readonly end: FileHandle,
    private segment: FileHandle,
    private bytes: number,
    next: number,
  ) {
    this.next = next;
    this.durable = next;
  }

  /** Recovers a shard and opens it at its end; `torn` gets what had to be cut off. */
  static async open(shardDir: string, segmentBytes: number, torn: (what: string) => void): Promise<ShardWriter> {
    const end = await open(join(shardDir, 'end'), 'a+').then(async (made) => {
      // Opened once to make it, and again to write at its beginning: append mode would write at its end.
      await made.close();
      return open(join(shardDir, 'end'), 'r+');
    });
    try {
      const found = await recoverShard(shardDir, await readEnd(end));
      if (found.torn !== undefined) torn(found.torn);
      const segment = await open(segmentPath(shardDir, found.base), 'a');
      // What is intact beyond the last flush becomes visible now: it has to be durable first.
      await segment.sync();
      await syncFolder(shardDir);
      await writeEnd(end, found.next);
      return new ShardWriter(shardDir, segmentBytes, end, segment, found.bytes, found.next);
    } catch (error) {
      await end.close();
      throw error;
    }
  }

  append(key: string, value: Uint8Array): void {
    this.waiting.add(this.next, key, value);
    this.next++;
  }

  /** Writes and syncs what was appended; gives whether there was anything. Never called again after it rejected. */
  async flush(): Promise<boolean> {
    const { waiting } = this;
    if (waiting.records === 0) return false;
    this.waiting = this.spare;
    if (this.bytes >= this.segmentBytes) await this.roll();
    try {
      await writeAll(this.segment, waiting.bytes);
      await this.segment.datasync();
    } catch (error) {
      // What was written of it must not stay: best effort, recovery cuts it off otherwise.
      await this.segment.truncate(this.bytes).catch(() => undefined);
      throw error;
    }
    this.bytes += waiting.length;
    this.durable += waiting.records;
    await writeEnd(this.end, this.durable);
    waiting.clear();
    this.spare = waiting;
    return true;
  }

  async close(): Promise<void> {
    await this.segment.close();
    await this.end.close();
  }

  private async roll(): Promise<void> {
    const segment = await open(segmentPath(this.shardDir, this.durable), 'a');
    await this.segment.close();
    this.segment = segment;
    this.bytes = 0;
    await syncFolder(this.shardDir);
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

/** Where snapshots are: in the state folder, and in a fleet that shares its state in Redis there, too. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Blobs } from '../../models/registry/share.js';
import { readIfThere, writeWhole } from '../../models/registry/registry.js';
import { SerialQueue } from '../../runtime/serial-queue.js';
import { decodeKept, encodeKept, type KeptShard } from './kept-shard.js';

export class SnapshotStore {
  /** A shard that is behind may still write what is deleted already: each waits for the other. */
  private readonly queue = new SerialQueue();

  /** @param blobs - where other members find them; none where each member has its own */
  constructor(
    private readonly dir: string,
    private readonly blobs?: Blobs,
  ) {}

  /** Of a state folder. */
  static in(stateDir: string, blobs?: Blobs): SnapshotStore {
    return new SnapshotStore(join(stateDir, 'snapshots'), blobs);
  }

  async put(kept: KeptShard): Promise<void> {
    const packed = gzipSync(encodeKept(kept), { level: 1 });
    await this.queue.run(() => writeWhole(this.fileOf(kept.snapshot, kept.shard), packed));
    await this.blobs?.putBlob(blobOf(kept.snapshot, kept.shard), packed);
  }

  /** Undefined where there is none. */
  async get(snapshot: string, shard: number): Promise<KeptShard | undefined> {
    const packed =
      (await readIfThere(this.fileOf(snapshot, shard))) ?? (await this.blobs?.getBlob(blobOf(snapshot, shard)));
    return packed && decodeKept(gunzipSync(packed));
  }

  /** Shards that are missing. */
  async missing(snapshot: string, shards: number): Promise<number[]> {
    const all = Array.from({ length: shards }, (_, shard) => shard);
    const there = await Promise.all(all.map(async (shard) => (await this.get(snapshot, shard)) !== undefined));
    return all.filter((shard) => !there[shard]);
  }

  /** Bytes on this disk, by snapshot. */
  async sizes(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const id of await this.names()) {
      let sum = 0;
      // Deleted meanwhile, it has none.
      for (const file of await readdir(join(this.dir, id)).catch(() => []))
        sum += (await readIfThere(join(this.dir, id, file)))?.length ?? 0;
      sizes.set(id, sum);
    }
    return sizes;
  }

  /** Deletes all but these. */
  async keep(ids: ReadonlySet<string>, shards: number): Promise<void> {
    for (const id of await this.names()) {
      if (ids.has(id)) continue;
      await this.queue.run(() => rm(join(this.dir, id), { recursive: true, force: true }));
      for (let shard = 0; shard < shards; shard++) await this.blobs?.deleteBlob?.(blobOf(id, shard));
    }
  }

  private async names(): Promise<string[]> {
    return (await readdir(this.dir).catch(() => [])).sort();
  }

  private fileOf(snapshot: string, shard: number): string {
    return join(this.dir, snapshot, `${shard}.gz`);
  }
}

const blobOf = (snapshot: string, shard: number): string => `snapshot/${snapshot}/${shard}`;

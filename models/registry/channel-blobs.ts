/** Artefact sets in a channel of their own, where a fleet has no other place that all members see. */
import { bytes, decode, encode, struct, text, uint } from '../../records/wire/codec.js';
import type { ChannelReader, ChannelWriter } from '../../records/store.js';
import type { Blobs } from './share.js';

/** A piece of a blob: a broker refuses records of more than 1 MiB. */
interface BlobPiece {
  readonly name: string;
  readonly part: number;
  readonly parts: number;
  readonly bytes: Uint8Array;
}

const piece = struct<BlobPiece>({ name: text, part: uint, parts: uint, bytes });
const pieceBytes = 600_000;
const patienceMs = 30_000;

/** The channel of sets. */
export interface BlobChannel {
  readonly writer: ChannelWriter;
  readonly reader: ChannelReader & { range(shard: number): Promise<{ first: number; next: number }> };
}

/** Blobs as records of one shard. A name stands for its bytes, so that pieces of several writers fit together. */
export class ChannelBlobs implements Blobs {
  private opened: Promise<BlobChannel> | undefined;
  /** Offsets of the pieces of each blob. */
  private readonly index = new Map<string, (number | undefined)[]>();
  private at = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** @param open the channel, at the first use */
  constructor(private readonly open: () => Promise<BlobChannel>) {}

  putBlob(name: string, content: Uint8Array): Promise<void> {
    return this.alone(async (channel) => {
      await this.catchUp(channel);
      if (this.whole(name)) return;
      const parts = Math.max(1, Math.ceil(content.length / pieceBytes));
      for (let part = 0; part < parts; part++) {
        const slice = content.subarray(part * pieceBytes, (part + 1) * pieceBytes);
        channel.writer.append(0, name, encode(piece, { name, part, parts, bytes: slice }));
      }
      await channel.writer.flush();
    });
  }

  getBlob(name: string): Promise<Uint8Array | undefined> {
    return this.alone(async (channel) => {
      await this.catchUp(channel);
      const offsets = this.whole(name);
      if (!offsets) return undefined;
      const parts: Uint8Array[] = [];
      for (const offset of offsets) parts.push((await readPiece(channel, offset)).bytes);
      return Buffer.concat(parts);
    });
  }

  /** One at a time: a reader has one position. */
  private alone<T>(work: (channel: BlobChannel) => Promise<T>): Promise<T> {
    const done = this.last.then(async () => work(await (this.opened ??= this.open())));
    this.last = done.catch(() => undefined);
    return done;
  }

  private whole(name: string): readonly number[] | undefined {
    const offsets = this.index.get(name);
    return offsets?.every((offset) => offset !== undefined) === true ? offsets : undefined;
  }

  private async catchUp({ reader }: BlobChannel): Promise<void> {
    const { first, next } = await reader.range(0);
    this.at = Math.max(this.at, first);
    while (this.at < next) {
      const records = await reader.read(0, this.at, 20);
      if (records.length === 0 && !(await reader.wait(0, this.at, patienceMs)))
        throw new Error('the channel of models does not answer');
      for (const { offset, value } of records) {
        this.at = offset + 1;
        const { name, part, parts } = decode(piece, value);
        const known = this.index.get(name) ?? new Array<number | undefined>(parts).fill(undefined);
        known[part] = offset;
        this.index.set(name, known);
      }
    }
  }
}

async function readPiece({ reader }: BlobChannel, offset: number): Promise<BlobPiece> {
  for (;;) {
    const [record] = await reader.read(0, offset, 1);
    if (record) return decode(piece, record.value);
    if (!(await reader.wait(0, offset, patienceMs))) throw new Error('the channel of models does not answer');
  }
}

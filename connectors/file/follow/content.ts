/** The bytes of one content of a followed file, wherever they are now: the file itself, a renamed one, a copy, a packed one. */
import { open, type FileHandle } from 'node:fs/promises';
import { isPacked, unpackedPieces } from '../packed.js';

/** Where a content is, and whether it still grows. */
export interface Content {
  /** Device and inode. */
  readonly file: string;
  /** It is not written any more: a copy or a packed file. */
  readonly isFixed: boolean;
  /** Up to `size` bytes from `at` on, none at the end. */
  read(at: number, size: number): Promise<Buffer>;
  /** Bytes, and when they changed last; undefined where it takes unpacking to know. */
  about(): Promise<{ readonly size: number; readonly changed: bigint } | undefined>;
  close(): Promise<void>;
}

/** @throws Error where it cannot be opened */
export async function openContent(path: string, isFixed: boolean): Promise<Content> {
  const handle = await open(path);
  let file: string;
  try {
    const { dev, ino } = await handle.stat({ bigint: true });
    file = `${dev}:${ino}`;
  } catch (error) {
    await handle.close();
    throw error;
  }
  if (!isPacked(path)) return plainContent(handle, file, isFixed);
  await handle.close();
  return new PackedContent(path, file);
}

const plainContent = (handle: FileHandle, file: string, isFixed: boolean): Content => ({
  file,
  isFixed,
  async read(at, size) {
    // A buffer of its own: records point into it.
    const buffer = Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await handle.read(buffer, 0, size, at);
    return buffer.subarray(0, bytesRead);
  },
  async about() {
    const { size, mtimeNs } = await handle.stat({ bigint: true });
    return { size: Number(size), changed: mtimeNs };
  },
  close: () => handle.close(),
});

/** Unpacked from the start, and again where something before is asked for. */
class PackedContent implements Content {
  readonly isFixed = true;
  private pieces: AsyncGenerator<Buffer> | undefined;
  private piece: Buffer = Buffer.alloc(0);
  /** Offset of the first byte of `piece`. */
  private at = 0;

  constructor(
    private readonly path: string,
    readonly file: string,
  ) {}

  async read(at: number, size: number): Promise<Buffer> {
    if (!this.pieces || at < this.at) {
      await this.close();
      // Whole lines before a fault count; what is behind it cannot be had.
      this.pieces = unpackedPieces(this.path, () => undefined);
    }
    while (at >= this.at + this.piece.length) {
      const next = await this.pieces.next();
      if (next.done) return Buffer.alloc(0);
      this.at += this.piece.length;
      this.piece = next.value;
    }
    const from = at - this.at;
    return this.piece.subarray(from, from + size);
  }

  about(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async close(): Promise<void> {
    await this.pieces?.return(undefined);
    this.pieces = undefined;
    this.piece = Buffer.alloc(0);
    this.at = 0;
  }
}

/** The first bytes, at most `size`. */
export async function firstBytes(content: Content, size: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < size;) {
    const piece = await content.read(at, size - at);
    if (piece.length === 0) break;
    pieces.push(piece);
    at += piece.length;
  }
  return Buffer.concat(pieces);
}

/** Bodies that were packed with Zstandard (RFC 8878): unpacked within bounds that are known before anything is reserved. */
import { Decompress } from 'fzstd';

/** Why a body is not unpacked: it is none of Zstandard, or larger than is taken. */
export class ZstdRefused extends Error {
  override readonly name = 'ZstdRefused';

  constructor(
    readonly isLarge: boolean,
    message: string,
  ) {
    super(message);
  }
}

const magic = 0xfd2fb528;
/** Larger windows need not be read (RFC 8878, 3.1.1.1.2), bytes. */
const largestWindow = 8 * 1024 * 1024;
/** Packed bytes that are unpacked at once. */
const piece = 65_536;

/**
 * @param most - of the content, bytes
 * @throws ZstdRefused
 */
export function unzstd(packed: Buffer, most: number): Buffer {
  checkFrames(packed, Math.max(most, largestWindow));
  const out: Buffer[] = [];
  let size = 0;
  const stream = new Decompress((part) => {
    size += part.length;
    if (size > most) throw new ZstdRefused(true, `the body has more than ${most} bytes unpacked`);
    // What it hands in is used again.
    if (part.length > 0) out.push(Buffer.from(part));
  });
  try {
    for (let from = 0; from < packed.length; from += piece) {
      const to = Math.min(packed.length, from + piece);
      stream.push(packed.subarray(from, to), to === packed.length);
    }
  } catch (error) {
    if (error instanceof ZstdRefused) throw error;
    throw new ZstdRefused(false, 'the body is no zstd, or damaged');
  }
  return Buffer.concat(out);
}

/** Walks the frames and their blocks without unpacking them: a decoder reserves as large a window as a frame asks for. */
function checkFrames(packed: Buffer, most: number): void {
  const refuse = (): never => {
    throw new ZstdRefused(false, 'the body is no zstd, or cut short');
  };
  const byte = (i: number): number => (i < packed.length ? packed[i]! : refuse());
  const number = (i: number, length: number): number =>
    i + length > packed.length
      ? refuse()
      : length === 8
        ? Number(packed.readBigUInt64LE(i))
        : packed.readUIntLE(i, length);
  for (let at = 0; at < packed.length;) {
    const kind = number(at, 4);
    // A frame to be passed over.
    if (kind >= 0x184d2a50 && kind <= 0x184d2a5f) {
      at += 8 + number(at + 4, 4);
      continue;
    }
    if (kind !== magic) refuse();
    const about = byte(at + 4);
    const isSingle = (about & 0x20) > 0;
    let i = at + 5;
    let window = 0;
    if (!isSingle) {
      const described = byte(i++);
      window = 2 ** (10 + (described >> 3)) * (1 + (described & 7) / 8);
    }
    i += [0, 1, 2, 4][about & 3]!;
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][about >> 6]!;
    if (isSingle) window = number(i, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
    if (window > most)
      throw new ZstdRefused(true, `the body asks for a window of ${window} bytes; at most ${most} are given`);
    i += sizeBytes;
    for (let isLast = false; !isLast;) {
      const block = number(i, 3);
      isLast = (block & 1) === 1;
      i += 3 + (((block >> 1) & 3) === 1 ? 1 : block >> 3);
    }
    at = i + ((about & 4) > 0 ? 4 : 0);
  }
}

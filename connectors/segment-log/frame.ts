/**
 * One record on disk, little endian:
 *
 *     0  u32  length of what follows byte 8
 *     4  u32  CRC-32 of what follows byte 8
 *     8  u48  offset
 *    14  u16  length of the key
 *    16       key (UTF-8), then value
 */
import { crc32 } from './crc32.js';

/** Bytes before the key of a frame. */
export const headBytes = 16;
/** A longer record is refused, and a longer length on disk is damage. */
export const longestFrame = 256 * 1024 * 1024;
const longestKey = 0xffff;

/** Frames waiting to be written, one after the other. */
export class FrameBuffer {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  length = 0;
  records = 0;

  /** @throws RangeError for a record or a key that is too long */
  add(offset: number, key: string, value: Uint8Array): void {
    const keyBytes = Buffer.byteLength(key);
    const total = headBytes + keyBytes + value.length;
    if (keyBytes > longestKey) throw new RangeError(`a key of ${keyBytes} bytes: at most ${longestKey} are kept`);
    if (total > longestFrame) throw new RangeError(`a record of ${total} bytes: at most ${longestFrame} are kept`);
    this.room(total);
    const { buffer, length: at } = this;
    buffer.writeUInt32LE(total - 8, at);
    buffer.writeUIntLE(offset, at + 8, 6);
    buffer.writeUInt16LE(keyBytes, at + 14);
    if (keyBytes > 0) buffer.write(key, at + headBytes);
    buffer.set(value, at + headBytes + keyBytes);
    buffer.writeUInt32LE(crc32(buffer.subarray(at + 8, at + total)), at + 4);
    this.length += total;
    this.records++;
  }

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
    this.records = 0;
    if (this.buffer.length > 8 * 1024 * 1024) this.buffer = Buffer.allocUnsafe(64 * 1024);
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(bigger, 0, 0, this.length);
    this.buffer = bigger;
  }
}

/** A frame that needs `needs` bytes in all, more than are there. */
export interface Cut {
  readonly needs: number;
}

/**
 * Size in bytes of the frame at `at`, checked; what it still needs where the buffer ends before it does; or
 * `damaged` where no frame can begin like this.
 */
export function frameSize(buffer: Buffer, at: number): number | Cut | 'damaged' {
  if (buffer.length - at < headBytes) return { needs: headBytes };
  const length = buffer.readUInt32LE(at);
  const total = length + 8;
  if (total < headBytes || total > longestFrame) return 'damaged';
  if (total < headBytes + buffer.readUInt16LE(at + 14)) return 'damaged';
  if (buffer.length - at < total) return { needs: total };
  return crc32(buffer.subarray(at + 8, at + total)) === buffer.readUInt32LE(at + 4) ? total : 'damaged';
}

/** The offset of the frame at `at`. */
export const frameOffset = (buffer: Buffer, at: number): number => buffer.readUIntLE(at + 8, 6);

/** The value of the frame at `at`, without a copy. */
export const frameValue = (buffer: Buffer, at: number, size: number): Buffer =>
  buffer.subarray(at + headBytes + buffer.readUInt16LE(at + 14), at + size);

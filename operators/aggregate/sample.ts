/** Lines that leave as examples: secrets masked, cut. */
import { secretsMasked, validUtf8 } from '../../models/templates/mask.js';

/** Bytes that a sample may have, and how many of the message are looked at for it. */
const limits = { sample: 512, message: 4096 };

/** Example text of a message: valid UTF-8, secrets masked, at most 512 bytes. */
export function sampleText(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const message = validUtf8(bytes, start, Math.min(end, start + limits.message));
  return cut(Buffer.from(secretsMasked(Buffer.from(message).toString('utf8'))), limits.sample);
}

/** At most `size` bytes, not cut inside a character. */
export function cut(text: Buffer, size: number): Buffer {
  if (text.length <= size) return text;
  let end = size;
  while (end > 0 && (text[end]! & 0xc0) === 0x80) end--;
  return Buffer.from(text.subarray(0, end));
}

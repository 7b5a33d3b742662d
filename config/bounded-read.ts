/** Small files that people name: read whole, and never without end. */
import { closeSync, openSync, readSync } from 'node:fs';

/** No configuration, key or certificate is longer, bytes. */
const longest = 4 * 1024 * 1024;

/**
 * The text of a file, a pipe included.
 *
 * @throws RangeError where it has no end within 4 MiB; Error of the system where it cannot be read
 */
export function readBounded(path: string): string {
  const file = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let total = 0; ;) {
      const part = Buffer.alloc(65_536);
      const length = readSync(file, part);
      if (length === 0) return Buffer.concat(parts).toString('utf8');
      parts.push(part.subarray(0, length));
      total += length;
      if (total > longest) throw new RangeError(`is longer than ${longest / 1024 / 1024} MiB: name another file`);
    }
  } finally {
    closeSync(file);
  }
}

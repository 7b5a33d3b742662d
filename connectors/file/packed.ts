/** What packed files hold: gzip and Zstandard. */
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';

/** Packed bytes that are unpacked at once: gzip can grow a thousandfold. */
const packedPiece = 16_384;

/** Whether a file is unpacked as it is read, by its name: its size says little of its content. */
export const isPacked = (path: string): boolean => /\.(?:gz|zst)$/.test(path);

/** Pieces of what a packed file holds, by its name; a fault ends them, after all that could be unpacked. */
export const unpackedPieces = (path: string, fail: (error: Error) => void): AsyncGenerator<Buffer> =>
  path.endsWith('.zst') ? unpackedZstd(path, fail) : unpackedGzip(path, fail);

/** Pieces of what a gzip file holds; a fault ends them, after all that could be unpacked. */
async function* unpackedGzip(path: string, fail: (error: Error) => void): AsyncGenerator<Buffer> {
  const file = await open(path);
  const gunzip = createGunzip({ chunkSize: 262_144 });
  let out: Buffer[] = [];
  let failed: Error | undefined;
  // Flowing, and written piece by piece: nothing that was unpacked waits inside the stream when it fails.
  gunzip.on('data', (piece: Buffer) => out.push(piece));
  const ended = new Promise<void>((resolve) => {
    gunzip.on('end', resolve);
    gunzip.on('error', (error) => {
      failed = error;
      resolve();
    });
  });
  try {
    const buffer = Buffer.allocUnsafeSlow(packedPiece);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, packedPiece);
      if (bytesRead === 0) break;
      const piece = Buffer.from(buffer.subarray(0, bytesRead));
      await Promise.race([new Promise<void>((resolve) => gunzip.write(piece, () => resolve())), ended]);
      const ready = out;
      out = [];
      yield* ready;
      if (failed) break;
    }
    if (!failed) {
      gunzip.end();
      await ended;
    }
    yield* out;
    if (failed) fail(failed);
  } finally {
    gunzip.destroy();
    await file.close();
  }
}

/** Pieces of what a file of Zstandard holds; a fault ends them, after all that could be unpacked. */
async function* unpackedZstd(path: string, fail: (error: Error) => void): AsyncGenerator<Buffer> {
  const file = await open(path);
  let out: Buffer[] = [];
  const stream = new Decompress((piece) => {
    // What it hands in is used again.
    if (piece.length > 0) out.push(Buffer.from(piece));
  });
  try {
    const buffer = Buffer.allocUnsafeSlow(packedPiece);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, packedPiece);
      let failed: Error | undefined;
      try {
        stream.push(Buffer.from(buffer.subarray(0, bytesRead)), bytesRead === 0);
      } catch (error) {
        failed = error as Error;
      }
      const ready = out;
      out = [];
      yield* ready;
      if (failed) fail(failed);
      if (failed || bytesRead === 0) return;
    }
  } finally {
    await file.close();
  }
}

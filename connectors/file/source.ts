/** A log file, plain, gzip or Zstandard, or standard input, read once from start to end. */
import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LineCutter } from './lines.js';
import { isPacked, unpackedPieces } from './packed.js';
import type { Batch } from '../../records/batch.js';
import type { RawRecord } from '../../records/raw.js';

/** Which file is read. */
export interface FileSourceOptions {
  /** Path; one that ends in `.gz` or `.zst` is unpacked, `-` is standard input. */
  readonly path: string;
  /** Name of the source; `file:` and the file's name without one. */
  readonly source?: string;
  /** What the relabel rules see as `topic`, and the service where nothing else gives one: the file's stem by default. */
  readonly topic?: string;
  /** Where to go on: an offset that an earlier batch gave as its position. */
  readonly offset?: number;
  /** Bytes of a slice, about; only tests want another. */
  readonly slice?: number;
  /** Whether standard input begins where it began before, so that what was read is passed over; yes without it. */
  readonly continues?: boolean;
  /** Standard input, for `-`. */
  readonly stdin?: AsyncIterable<Buffer>;
  /** Ends the reading of standard input, also while nothing comes. */
  readonly stop?: AbortSignal;
}

/** What is read of a slice stays in the second cache of a core while it goes through the operators. */
const defaultSlice = 131_072;
/** Bytes that are asked of the system at once. */
const readAtOnce = 1_048_576;
const newline = 0x0a;

/** @throws Error where what is there is no file that has an end */
export function refuseNoFile(about: Stats): void {
  if (about.isDirectory()) throw new Error('it is a folder, name the files in it');
  if (about.isCharacterDevice()) throw new Error('it is a device; - is standard input');
}

/** The name of the source that a path gives. */
export const fileSourceName = (path: string): string => `file:${path === '-' ? 'stdin' : basename(path)}`;

/** What the relabel rules see as `topic` of a file. */
export const stemOf = (path: string): string =>
  path === '-'
    ? 'stdin'
    : basename(path)
        .replace(/\.(?:gz|zst)$/, '')
        .replace(/(.)\.[^.]*$/, '$1');

/**
 * Identity of a file for the tags of what comes from it: when it was created, in ms since 1970. A file that is made
 * anew under the same name has a higher one. 0 for standard input.
 */
export async function fileIncarnation(path: string): Promise<number> {
  if (path === '-') return 0;
  const { birthtimeMs, ctimeMs } = await stat(path);
  return Math.max(0, Math.floor(birthtimeMs > 0 ? birthtimeMs : ctimeMs));
}

/**
 * Batches of lines, about 128 KiB each and cut at line ends. The offset of a record is that of its first byte in the
 * unpacked stream; `\r\n` ends a line like `\n`; the last line needs no line break. A line of more than 1 MiB is
 * rejected as `too-long`. A packed file that is cut short or broken gives every whole line before the break, then a
 * reject `broken-gzip` or `broken-zstd`.
 *
 * @throws Error where the file cannot be opened, or is shorter than `offset`.
 */
export async function* fileSource(options: FileSourceOptions): AsyncGenerator<Batch<RawRecord>> {
  const { path, offset = 0, slice = defaultSlice, stop } = options;
  const source = options.source ?? fileSourceName(path);
  const cutter = new LineCutter({ source, topic: options.topic ?? stemOf(path), offset });
  let broken: Error | undefined;
  if (isPacked(path) || path === '-') {
    const stdin = untilStopped(options.stdin ?? (process.stdin as AsyncIterable<Buffer>), stop);
    const pieces = path === '-' ? stdin : unpackedPieces(path, (error) => (broken = error));
    // What comes from a live pipe does not wait for more.
    const read = options.continues === false ? pieces : skipped(pieces, options, offset);
    for await (const piece of path === '-' ? read : gathered(read, slice)) yield cutter.push(piece);
  } else {
    for await (const piece of plainPieces(path, offset, slice)) yield cutter.push(piece);
  }
  if (stop?.aborted) return;
  if (!broken) {
    yield cutter.finish();
    return;
  }
  const at = cutter.offset;
  const bytes = cutter.abandon();
  const detail = `${path} is cut short or damaged (${broken.message}); everything before byte ${at} of its unpacked content was read. Get a whole copy and read it again.`;
  yield {
    items: [],
    rejected: [{ reason: path.endsWith('.zst') ? 'broken-zstd' : 'broken-gzip', detail, source, offset: at, bytes }],
    position: { source, offset: at },
  };
}

/** Pieces of a plain file from `offset` on. Each has its own buffer: records point into it. */
async function* plainPieces(path: string, offset: number, slice: number): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (offset > size) throw shorter(path, offset, size);
    for (let at = offset; ;) {
      const buffer = Buffer.allocUnsafeSlow(Math.max(slice, readAtOnce));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield* slices(bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead), slice);
    }
  } finally {
    await file.close();
  }
}

/** Slices of about `size` bytes, cut behind line ends where there are any: what is not cut inside a line is not copied. */
function* slices(bytes: Buffer, size: number): Generator<Buffer> {
  let from = 0;
  while (bytes.length - from > size) {
    const end = bytes.lastIndexOf(newline, from + size - 1);
    const to = end < from ? from + size : end + 1;
    yield bytes.subarray(from, to);
    from = to;
  }
  yield bytes.subarray(from);
}

/** Pieces of a live pipe: it may stay quiet for ever, and whoever stops does not wait for it. */
async function* untilStopped(pieces: AsyncIterable<Buffer>, stop: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    while (!stop?.aborted) {
      const next = await nextUnless(stop, iterator.next());
      if (!next || next.done) return;
      yield next.value;
    }
  } finally {
    iterator.return?.().catch(() => undefined);
  }
}

/** What comes next, or undefined at a stop. The signal lives as long as the pipe: nothing of a piece stays with it. */
function nextUnless<T>(stop: AbortSignal | undefined, next: Promise<T>): Promise<T | undefined> {
  if (!stop) return next;
  return new Promise((resolve, reject) => {
    const left = (): void => resolve(undefined);
    stop.addEventListener('abort', left, { once: true });
    next.then(resolve, reject).finally(() => stop.removeEventListener('abort', left));
  });
}

/** Without the first `offset` bytes. */
async function* skipped(
  pieces: AsyncIterable<Buffer>,
  { path, stop }: Pick<FileSourceOptions, 'path' | 'stop'>,
  offset: number,
): AsyncGenerator<Buffer> {
  let left = offset;
  for await (const piece of pieces) {
    if (piece.length > left) yield left > 0 ? piece.subarray(left) : piece;
    left = Math.max(0, left - piece.length);
  }
  if (left > 0 && !stop?.aborted) throw shorter(path, offset, offset - left);
}

/** Joins pieces up to about `size` bytes. */
async function* gathered(pieces: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    held.push(piece);
    length += piece.length;
    if (length < size) continue;
    yield held.length === 1 ? piece : Buffer.concat(held);
    held = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(held);
}

const shorter = (path: string, offset: number, size: number): Error =>
  new Error(
    `${path} has ${size} bytes, but the checkpoint stands at ${offset}: the file was cut or replaced. Read it under another source name, or remove the state.`,
  );

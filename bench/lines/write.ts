/** Writes the input of a bench to a file. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { events, lineKinds, type LineKind } from './kinds.js';
import { otlpValues } from './otlp.js';

/** Kinds of input: lines of text, or values of a topic, each behind its length in four bytes. */
export const inputKinds = [...(Object.keys(lineKinds) as LineKind[]), 'otlp'] as const;
export type InputKind = (typeof inputKinds)[number];

function* pieces(kind: InputKind, lines: number): Generator<Buffer> {
  if (kind === 'otlp') {
    for (const value of otlpValues(lines)) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(value.length);
      yield Buffer.concat([length, value]);
    }
    return;
  }
  const writer = lineKinds[kind];
  let chunk: string[] = [];
  for (const event of events(lines)) {
    chunk.push(writer(event));
    if (chunk.length < 10_000) continue;
    yield Buffer.from(`${chunk.join('\n')}\n`);
    chunk = [];
  }
  if (chunk.length > 0) yield Buffer.from(`${chunk.join('\n')}\n`);
}

/** Writes `lines` lines or records at 2,000 a second of event time; returns the bytes written. */
export async function writeInput(kind: InputKind, path: string, lines: number): Promise<number> {
  const out = createWriteStream(path, { highWaterMark: 4_194_304 });
  let bytes = 0;
  for (const piece of pieces(kind, lines)) {
    bytes += piece.length;
    if (!out.write(piece)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return bytes;
}

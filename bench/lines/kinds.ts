/** Lines of the kinds that the benches read: the same events each time, from a seeded generator. */
import { cri } from './cri.js';
import type { LineEvent, LineWriter } from './event.js';
import { hdfs } from './hdfs.js';
import { json } from './json.js';
import { logfmt } from './logfmt.js';
import { plain } from './plain.js';

export const lineKinds = { plain, hdfs, json, logfmt, cri } as const satisfies Readonly<Record<string, LineWriter>>;
export type LineKind = keyof typeof lineKinds;

/** The first `lines` events. */
export function* events(lines: number): Generator<LineEvent> {
  let seed = 1;
  for (let i = 0; i < lines; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const level = seed % 997 === 0 ? 'ERROR' : seed % 101 === 0 ? 'WARN' : 'INFO';
    yield { time: 1_767_225_600_000 + i / 2, seed, level };
  }
}

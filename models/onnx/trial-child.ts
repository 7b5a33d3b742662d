/** The program of the trial run (trial.ts): reads a model from standard input, runs it, prints a TrialAnswer. */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { RowSession } from './session.js';
import { OUT_OF_MEMORY, type TrialAnswer, type TrialOrder } from './trial.js';

const ROWS = 256;

/**
 * Ends the process when its memory exceeds the limit. A thread of its own, since the main one is inside ONNX Runtime;
 * it waits on an address that is never woken.
 */
const watcher = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const nobody = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  Atomics.wait(nobody, 0, 0, 10);
  if (process.memoryUsage.rss() < workerData.bytes) continue;
  writeSync(2, workerData.message);
  process.kill(process.pid, 'SIGKILL');
}`;

/** Rows like normalised features: most of them small, some far out, all on the 2^-12 grid. */
function rowsOf(columns: number): Float64Array {
  let state = 1;
  return Float64Array.from({ length: ROWS * columns }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) - 0x800000) / (i % 7 === 0 ? 16384 : 2097152);
  }).map((value) => Math.round(value * 4096) / 4096);
}

async function differing(session: RowSession, columns: number): Promise<number> {
  const rows = rowsOf(columns);
  const different = new Set<number>();
  const expected = await session.run(rows, ROWS);
  const compare = (start: number, scores: Float64Array): void => {
    scores.forEach((score, i) => {
      if (!Object.is(score, expected[start + i])) different.add(start + i);
    });
  };
  for (const size of [1, 7, 16, 100]) {
    for (let start = 0; start < ROWS; start += size) {
      const count = Math.min(size, ROWS - start);
      compare(start, await session.run(rows.subarray(start * columns, (start + count) * columns), count, start % 8));
    }
  }
  const reversed = Float64Array.from(
    { length: rows.length },
    (_, i) => rows[(ROWS - 1 - Math.floor(i / columns)) * columns + (i % columns)]!,
  );
  compare(0, (await session.run(reversed, ROWS)).reverse());
  return different.size;
}

async function answer({ ports }: TrialOrder): Promise<TrialAnswer> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  try {
    const session = await RowSession.open(Buffer.concat(parts), ports);
    await session.run(rowsOf(ports.columns).subarray(0, ports.columns), 1);
    const count = await differing(session, ports.columns);
    return { exact: count === 0, differing: count };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

const order = JSON.parse(process.argv[2]!) as TrialOrder;
new Worker(watcher, { eval: true, workerData: { bytes: order.memory * 1024 * 1024, message: OUT_OF_MEMORY } }).unref();
writeSync(1, JSON.stringify(await answer(order)));
process.exit(0);

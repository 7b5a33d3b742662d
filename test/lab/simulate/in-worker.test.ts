import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { simulateFleet } from '../../../lab/simulate/fleet.js';
import { simulateInWorker } from '../../../lab/simulate/in-worker.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-worker-'));
const script = join(folder, 'worker.mjs');
beforeAll(() => {
  buildSync({
    entryPoints: ['lab/simulate/worker.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

// Threads start slowly on a busy machine.
jest.setTimeout(30_000);
const options = { seed: 11, days: 2, lines: 20_000 };

describe('simulateInWorker', () => {
  it('gives the chunks of the simulator, however few may be in flight', async () => {
    const expected = [...simulateFleet(options).chunks()].map(({ source, bytes, lines, until }) => [
      source,
      lines,
      until,
      sha(bytes),
    ]);
    for (const inFlight of [1, 16]) {
      const got: unknown[] = [];
      const fleet = simulateInWorker(options, pathToFileURL(script), inFlight);
      for await (const { source, bytes, lines, until } of fleet.chunks()) got.push([source, lines, until, sha(bytes)]);
      expect(got).toEqual(expected);
    }
  });

  it('stops the thread when the loop is left early', async () => {
    const fleet = simulateInWorker({ ...options, lines: 5_000_000 }, pathToFileURL(script), 2);
    for await (const { lines } of fleet.chunks()) {
      expect(lines).toBeGreaterThan(0);
      break;
    }
  });

  it('passes on what the thread throws', async () => {
    const fleet = simulateInWorker(options, pathToFileURL(join(folder, 'gone.mjs')));
    await expect(fleet.chunks().next()).rejects.toThrow('gone.mjs');
  });
});

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

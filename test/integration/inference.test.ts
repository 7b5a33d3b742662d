/** Inference as a foreign client asks for it: tritonclient from PyPI, unchanged. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { inferenceRoutes } from '../../console/inference/routes.js';
import { memoryCache } from '../../console/inference/score-cache.js';
import { ServedModels } from '../../console/inference/served-models.js';
import { trainEnsemble } from '../../models/detectors/train.js';
import { logs1 } from '../../models/features/schemas.js';
import { openDetectors, openSet, writeSet } from '../../models/registry/registry.js';
import { residuals } from '../conformance/detector.js';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tocsin-services');
const python = join(cache, 'triton-2.73.0', 'bin', 'python');
const isThere = existsSync(join(cache, 'triton-2.73.0', 'installed'));
if (!isThere) console.log('SKIP tritonclient: no Python environment with it here (python3 and PyPI are needed)');

/** What the client printed. */
function ask(address: string, model: string, rows: readonly (readonly number[])[]): Promise<Record<string, unknown>> {
  const child = spawn(python, ['test/integration/services/triton.py', address, model], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  child.stdin.end(JSON.stringify(rows));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as Record<string, unknown>);
      else reject(new Error(`the client ended with ${code}: ${err.slice(-2000)}`));
    });
  });
}

(isThere ? test : test.skip)('tritonclient gets the bits of the stream, by bytes and by JSON', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tocsin-triton-'));
  const server = fastify();
  try {
    const columns = logs1.columns.map(({ name }) => name);
    const sample = residuals(200, columns.length, 3);
    const models = trainEnsemble({ schema: 'logs-1', columns, matrix: sample, seed: 1, from: 0, to: 1000 });
    const members = Object.fromEntries(models.map(({ name, bytes }) => [`detector/logs-1/${name}`, bytes]));
    const id = await writeSet(dir, { from: 1000, members });
    inferenceRoutes(server, new ServedModels({ dir, inForce: () => id, cache: memoryCache() }), [], '1.0.0');
    const address = (await server.listen({ host: '127.0.0.1', port: 0 })).replace('http://', '');
    for (const detector of await openDetectors(await openSet(dir, id), { schema: 'logs-1', columns })) {
      const n = 20;
      const data = sample.data.slice(0, n * columns.length);
      const rows = Array.from({ length: n }, (_, i) => [
        ...data.subarray(i * columns.length, (i + 1) * columns.length),
      ]);
      const wanted = [...(await detector.score({ rows: n, columns: columns.length, data }))];
      expect(await ask(address, `logs-1.${detector.card.name}`, rows)).toEqual({
        ...{ live: true, ready: true, modelReady: true, versions: [id] },
        // Values of the grid pass 32 bits unharmed.
        ...{ binary: wanted, json: wanted, named: wanted, float32: wanted, version: wanted },
        unknown: expect.stringMatching(/404.*no model no-such-model/),
      });
    }
  } finally {
    await server.close();
    await rm(dir, { recursive: true });
  }
});

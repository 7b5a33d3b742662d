/** Inference as foreign clients ask for it: tritonclient and kserve from PyPI, unchanged. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { Answering } from '../../console/inference/answering.js';
import { openGrpc, type GrpcDoor } from '../../console/inference/grpc/server.js';
import { inferenceRoutes } from '../../console/inference/routes.js';
import { memoryCache } from '../../console/inference/score-cache.js';
import { ServedModels } from '../../console/inference/served-models.js';
import { tokenHash } from '../../connectors/http/tokens.js';
import { trainEnsemble } from '../../models/detectors/train.js';
import { logs1 } from '../../models/features/schemas.js';
import { openDetectors, openSet, writeSet } from '../../models/registry/registry.js';
import { residuals } from '../conformance/detector.js';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tocsin-services');
const triton = join(cache, 'triton-2.73.0-grpc');
const kserve = join(cache, 'kserve-0.21.0');
const has = (folder: string): boolean => existsSync(join(folder, 'installed'));
if (!has(triton)) console.log('SKIP tritonclient: no Python environment with it here (python3 and PyPI are needed)');
if (!has(kserve))
  console.log('SKIP kserve: `node scripts/services/main.mjs install kserve` installs its client (450 MB)');

/** What the client printed. */
function ask(
  python: string,
  script: string,
  address: string,
  model: string,
  rows: readonly (readonly number[])[],
  ...more: readonly string[]
): Promise<Record<string, unknown>> {
  const child = spawn(join(python, 'bin', 'python'), [`test/integration/services/${script}`, address, model, ...more], {
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

(has(triton) ? test : test.skip)(
  'tritonclient and kserve get the bits of the stream, by bytes, by JSON and by gRPC',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tocsin-triton-'));
    const server = fastify();
    let door: GrpcDoor | undefined;
    try {
      const columns = logs1.columns.map(({ name }) => name);
      const sample = residuals(200, columns.length, 3);
      const models = trainEnsemble({ schema: 'logs-1', columns, matrix: sample, seed: 1, from: 0, to: 1000 });
      const members = Object.fromEntries(models.map(({ name, bytes }) => [`detector/logs-1/${name}`, bytes]));
      const id = await writeSet(dir, { from: 1000, members });
      const served = new ServedModels({ dir, inForce: () => id, cache: memoryCache() });
      const answering = new Answering(served, '1.0.0');
      inferenceRoutes(server, answering, []);
      const reader = { name: 'client', sha256: tokenHash('a token'), scopes: ['read' as const] };
      door = await openGrpc({ host: '127.0.0.1', grpc_port: 0 }, answering, [reader]);
      const grpc = [`127.0.0.1:${door.port}`, 'a token'];
      const address = (await server.listen({ host: '127.0.0.1', port: 0 })).replace('http://', '');
      for (const detector of await openDetectors(await openSet(dir, id), { schema: 'logs-1', columns })) {
        const n = 20;
        const data = sample.data.slice(0, n * columns.length);
        const rows = Array.from({ length: n }, (_, i) => [
          ...data.subarray(i * columns.length, (i + 1) * columns.length),
        ]);
        const wanted = [...(await detector.score({ rows: n, columns: columns.length, data }))];
        expect(await ask(triton, 'triton.py', address, `logs-1.${detector.card.name}`, rows, ...grpc)).toEqual({
          ...{ live: true, ready: true, modelReady: true, versions: [id] },
          // Values of the grid pass 32 bits unharmed.
          ...{ binary: wanted, json: wanted, named: wanted, float32: wanted, version: wanted },
          unknown: expect.stringMatching(/404.*no model no-such-model/),
          grpc: {
            ...{ live: true, ready: true, modelReady: true, server: 'tocsin', versions: [id] },
            inputs: [['features', 'FP64', [-1, columns.length]]],
            ...{ raw: wanted, float32: wanted, named: wanted, version: wanted, contents: wanted },
            unknown: expect.stringMatching(/NOT_FOUND.*no model no-such-model/),
            output: expect.stringMatching(/INVALID_ARGUMENT.*no output label/),
            stranger: expect.stringMatching(/UNAUTHENTICATED.*http\.tokens/),
          },
        });
        // KServe's client has no models of its own: one is enough.
        if (detector.card.name === 'robust-z' && has(kserve))
          expect(await ask(kserve, 'ask_kserve.py', `http://${address}`, 'logs-1.robust-z', rows)).toEqual({
            ...{ live: true, ready: true, modelReady: true, binary: wanted, json: wanted },
          });
      }
    } finally {
      door?.close();
      await server.close();
      await rm(dir, { recursive: true });
    }
  },
);

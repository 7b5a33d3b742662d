/**
 * How long one row takes by the inference protocol, at 1, 16 and 64 clients, beside calling the model in ONNX Runtime
 * directly: `npm run bench -- inference`. Clients, server and model share this process, so that both sides pay alike.
 */
import { Agent, request } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { Answering } from '../console/inference/answering.js';
import { inferenceRoutes } from '../console/inference/routes.js';
import { memoryCache, type ScoreCache } from '../console/inference/score-cache.js';
import { ServedModels } from '../console/inference/served-models.js';
import { logs1 } from '../models/features/schemas.js';
import type { Detector } from '../models/detectors/detector.js';
import { openDetectors, openSet } from '../models/registry/registry.js';
import { mix32 } from '../records/wire/hash.js';
import { installPrior } from '../training/prior.js';
import type { Bench } from './report.js';

const columns = logs1.columns.map(({ name }) => name);
const clients = [1, 16, 64];

/** A row of its own for each call, on the grid of features. */
function rowOf(call: number): Float64Array {
  return Float64Array.from(columns, (_, i) => (mix32(call * columns.length + i) % 16_384) / 4096);
}

/** Times of calls, ms, ascending, with `together` calls under way at once. */
async function times(together: number, calls: number, call: (n: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < calls) {
      const n = next++;
      const began = performance.now();
      await call(n);
      took.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: together }, client));
  return took.sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;

const noCache: ScoreCache = { get: async (keys) => keys.map(() => undefined), put: () => undefined };

/** Asks for one row in binary tensors, as Triton's clients do. */
function asker(port: number, model: string): { ask: (n: number) => Promise<void>; close: () => void } {
  const agent = new Agent({ keepAlive: true });
  const head = Buffer.from(
    JSON.stringify({
      inputs: [
        {
          ...{ name: 'features', datatype: 'FP64', shape: [1, columns.length] },
          parameters: { binary_data_size: columns.length * 8 },
        },
      ],
      parameters: { binary_data_output: true },
    }),
  );
  const headers = { 'inference-header-content-length': head.length, 'content-type': 'application/octet-stream' };
  const ask = (n: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const asked = request(
        { agent, port, host: '127.0.0.1', method: 'POST', path: `/v2/models/${model}/infer`, headers },
        (answer) => {
          answer.resume();
          answer.on('end', () => {
            if (answer.statusCode === 200) resolve();
            else reject(new Error(`infer answered ${answer.statusCode}`));
          });
        },
      );
      asked.on('error', reject);
      asked.end(Buffer.concat([head, Buffer.from(rowOf(n).buffer)]));
    });
  return { ask, close: () => agent.destroy() };
}

export const bench: Bench = async ({ quick }, report) => {
  const dir = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
  const calls = quick ? 1000 : 5000;
  try {
    const id = await installPrior(dir);
    if (id === undefined) throw new Error('no models ship with this build: run `npm run build`');
    const detectors = await openDetectors(await openSet(dir, id), { schema: 'logs-1', columns });
    // The one that costs a row most, by the operations of its graph.
    const [detector] = [...detectors].sort((a, b) => b.cost - a.cost);
    if (!detector) throw new Error('the shipped set has no models');
    const model = `logs-1.${detector.card.name}`;
    report.heading(`inference: ${model}, one row a request, ${calls.toLocaleString('en-US')} requests`);
    const served = async (cache: ScoreCache, measure: (ask: (n: number) => Promise<void>) => Promise<void>) => {
      const server = fastify();
      inferenceRoutes(server, new Answering(new ServedModels({ dir, inForce: () => id, cache }), 'bench'), []);
      await server.listen({ host: '127.0.0.1', port: 0 });
      const { port } = server.server.address() as { port: number };
      const { ask, close } = asker(port, model);
      await times(1, 50, ask);
      await measure(ask);
      close();
      await server.close();
    };
    for (const together of clients) {
      const direct = await times(together, calls, (n) => scoreOne(detector, n));
      let fresh: number[] = [];
      let cached: number[] = [];
      await served(noCache, async (ask) => void (fresh = await times(together, calls, ask)));
      await served(memoryCache(), async (ask) => {
        await times(together, calls, ask);
        cached = await times(together, calls, ask);
      });
      for (const [what, took] of [
        ['ONNX Runtime directly', direct],
        ['by the protocol', fresh],
        ['by the protocol, known rows', cached],
      ] as const)
        for (const [name, share] of [
          ['p50', 0.5],
          ['p99', 0.99],
        ] as const)
          report.figure('inference', `${together} clients, ${what}, ${name}`, at(took, share), 'ms');
      report.ratio(`inference p50 at ${together} clients, direct to protocol`, at(direct, 0.5) / at(fresh, 0.5));
    }
  } finally {
    await rm(dir, { recursive: true });
  }
};

const scoreOne = (detector: Detector, n: number): Promise<Float64Array> =>
  detector.score({ rows: 1, columns: columns.length, data: rowOf(n) });

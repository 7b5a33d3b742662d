/** Inference by the Open Inference Protocol V2: the bits of the stream, versions that are never mixed, refusals in words. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import fastify from 'fastify';
import { Answering } from '../../console/inference/answering.js';
import { inferenceRoutes } from '../../console/inference/routes.js';
import { Gathered } from '../../console/inference/gathered.js';
import { memoryCache, scoreKey } from '../../console/inference/score-cache.js';
import { ServedModels } from '../../console/inference/served-models.js';
import { trainEnsemble } from '../../models/detectors/train.js';
import { logs1 } from '../../models/features/schemas.js';
import { openDetectors, openSet, writeSet } from '../../models/registry/registry.js';
import { residuals } from '../conformance/detector.js';

const columns = logs1.columns.map(({ name }) => name);
const sample = residuals(300, columns.length, 9);
let dir: string;
let ids: string[];
let inForce: string | undefined;
const server = fastify();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tocsin-inference-'));
  ids = [];
  for (const seed of [1, 2]) {
    const matrix = residuals(300, columns.length, 4 + seed);
    const models = trainEnsemble({ schema: 'logs-1', columns, matrix, seed, from: 0, to: 1000 + seed });
    const members = Object.fromEntries(models.map(({ name, bytes }) => [`detector/logs-1/${name}`, bytes]));
    ids.push(await writeSet(dir, { from: 1000 + seed, members }));
  }
  const models = new ServedModels({
    ...{ dir, inForce: () => inForce, aliases: () => ({ champion: ids[1]! }) },
    cache: memoryCache(),
  });
  inferenceRoutes(server, new Answering(models, '1.0.0'), []);
});
beforeEach(() => void ([inForce] = ids));
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

const rows = (n: number): Float64Array => sample.data.subarray(0, n * columns.length);
const infer = (payload: object | Buffer, headers: Record<string, string> = {}, model = 'logs-1.robust-z') =>
  server.inject({ method: 'POST', url: `/v2/models/${model}/infer`, payload, headers });
const asked = (n: number): object => ({
  inputs: [{ name: 'features', datatype: 'FP64', shape: [n, columns.length], data: [...rows(n)] }],
});
const expected = async (id: string, n: number): Promise<number[]> => {
  const detectors = await openDetectors(await openSet(dir, id), { schema: 'logs-1', columns });
  const forest = detectors.find(({ card }) => card.name === 'robust-z')!;
  return [...(await forest.score({ rows: n, columns: columns.length, data: rows(n) }))];
};
interface Answer {
  readonly model_version: string;
  readonly outputs: { readonly data: number[]; readonly parameters: { readonly binary_data_size: number } }[];
}

test('a row has the bits that the stream gives it, as JSON and as bytes, however many are asked at once', async () => {
  const wanted = await expected(ids[0]!, 300);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.boolean(), async (n, isBinary) => {
      if (!isBinary) {
        expect((await infer(asked(n))).json<Answer>().outputs[0]!.data).toEqual(wanted.slice(0, n));
        return;
      }
      const bytes = Buffer.alloc(n * columns.length * 8);
      rows(n).forEach((value, i) => bytes.writeDoubleLE(value, i * 8));
      const head = Buffer.from(
        JSON.stringify({
          inputs: [
            {
              ...{ name: 'features', datatype: 'FP64', shape: [n, columns.length] },
              parameters: { binary_data_size: bytes.length },
            },
          ],
          parameters: { binary_data_output: true },
        }),
      );
      const { rawPayload, headers } = await infer(Buffer.concat([head, bytes]), {
        'inference-header-content-length': String(head.length),
        'content-type': 'application/octet-stream',
      });
      const length = Number(headers['inference-header-content-length']);
      const { outputs } = JSON.parse(rawPayload.subarray(0, length).toString('utf8')) as Answer;
      expect(outputs[0]!.parameters.binary_data_size).toBe(8 * n);
      const scores = Array.from({ length: n }, (_, i) => rawPayload.readDoubleLE(length + 8 * i));
      expect(scores).toEqual(wanted.slice(0, n));
    }),
    { numRuns: 40 },
  );
});

test('after a promotion no answer is of the old set, and a version is always its own', async () => {
  const [before, after] = [await expected(ids[0]!, 5), await expected(ids[1]!, 5)];
  expect(after).not.toEqual(before);
  for (const [i, wanted] of [before, after].entries()) {
    inForce = ids[i];
    const answer = (await infer(asked(5))).json<Answer>();
    expect([answer.model_version, answer.outputs[0]!.data]).toEqual([ids[i], wanted]);
    const named = (await infer(asked(5), {}, `logs-1.robust-z/versions/${ids[0]}`)).json<Answer>();
    expect(named.outputs[0]!.data).toEqual(before);
  }
});

test('metadata names inputs, outputs and versions', async () => {
  const found = (await server.inject('/v2/models/logs-1.robust-z')).json<{ versions: string[] }>();
  expect(found).toMatchObject({
    inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, columns.length] }],
    outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }],
  });
  expect([...found.versions].sort()).toEqual([...ids].sort());
});

test('it is ready when it can answer, and not before', async () => {
  expect((await server.inject('/v2/health/ready')).statusCode).toBe(200);
  inForce = undefined;
  expect((await server.inject('/v2/health/ready')).statusCode).toBe(503);
  expect((await infer(asked(1))).statusCode).toBe(503);
});

test.each<[string, object | Buffer, Record<string, string>]>([
  ['no JSON', Buffer.from('{'), {}],
  ['no inputs', {}, {}],
  ['another input', { inputs: [{ name: 'x', datatype: 'FP64', shape: [1, 1], data: [1] }] }, {}],
  [
    'a shape that the model does not take',
    { inputs: [{ name: 'features', datatype: 'FP64', shape: [1, 2], data: [1, 2] }] },
    {},
  ],
  [
    'a shape of a billion',
    { inputs: [{ name: 'features', datatype: 'FP64', shape: [1e9, columns.length], data: [] }] },
    {},
  ],
  ['too few numbers', { inputs: [{ name: 'features', datatype: 'FP64', shape: [2, columns.length], data: [1] }] }, {}],
  ['texts', { inputs: [{ name: 'features', datatype: 'FP64', shape: [1, columns.length], data: columns }] }, {}],
  [
    'a type that is none',
    { inputs: [{ name: 'features', datatype: 'BYTES', shape: [1, columns.length], data: [] }] },
    {},
  ],
  ['a header longer than the body', {}, { 'inference-header-content-length': '99999' }],
  ['another output', { ...asked(1), outputs: [{ name: 'label' }] }, {}],
])('%s is refused with what is wrong', async (_what, payload, headers) => {
  const { statusCode, body } = await infer(payload, headers);
  expect(statusCode).toBe(400);
  expect((JSON.parse(body) as { error: string }).error.length).toBeGreaterThan(10);
});

test('an unknown model and an unknown version are not found', async () => {
  expect((await server.inject('/v2/models/logs-1.nothing')).statusCode).toBe(404);
  expect((await server.inject(`/v2/models/logs-1.robust-z/versions/${'0'.repeat(32)}`)).statusCode).toBe(404);
  expect((await server.inject('/v2/nothing')).json()).toHaveProperty('error');
});

test('an ensemble has all detectors of its schema, each with the bits that it gives alone', async () => {
  const { outputs } = (await infer(asked(3), {}, 'logs-1.ensemble')).json<{
    outputs: { name: string; data: number[] }[];
  }>();
  expect(outputs.length).toBeGreaterThan(3);
  for (const { name, data } of outputs)
    expect((await infer(asked(3), {}, `logs-1.${name}`)).json<Answer>().outputs[0]!.data).toEqual(data);
});

test('an alias is a version', async () => {
  const answer = (await infer(asked(1), {}, 'logs-1.robust-z/versions/champion')).json<Answer>();
  expect(answer.model_version).toBe(ids[1]);
});

test('requests at once are answered each by its own rows, in fewer calls than there are requests', async () => {
  const detector = (await openDetectors(await openSet(dir, ids[0]!), { schema: 'logs-1', columns }))[0]!;
  const gathered = new Gathered(detector);
  const matrix = (i: number): Float64Array => sample.data.slice(i * columns.length, (i + 1 + (i % 3)) * columns.length);
  const alone = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      detector.score({ rows: 1 + (i % 3), columns: columns.length, data: matrix(i) }),
    ),
  );
  const together = await Promise.all(Array.from({ length: 60 }, (_, i) => gathered.score(matrix(i))));
  expect(together).toEqual(alone);
  expect([gathered.rows, gathered.calls < 60]).toEqual([120, true]);
  const wrong = gathered.score(new Float64Array(columns.length).fill(NaN));
  await expect(wrong).rejects.toThrow(/row|number|NaN/i);
  expect(await gathered.score(matrix(0))).toEqual(alone[0]);
});

test('the cache forgets the oldest, and gives to a model only what it gave itself', async () => {
  const cache = memoryCache(2);
  const row = rows(1);
  const keys = ['model a', 'model b'].map((model) => scoreKey(model, row));
  expect(keys[0]).not.toBe(keys[1]);
  cache.put([
    [keys[0]!, 1],
    ['another', 2],
    ['a third', 3],
  ]);
  expect(await cache.get([keys[0]!, keys[1]!, 'a third'])).toEqual([undefined, undefined, 3]);
});

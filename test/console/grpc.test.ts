/** Inference over gRPC: the bits and the refusals of the HTTP door, for those whom that lets in. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, credentials, Metadata, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import fc from 'fast-check';
import fastify from 'fastify';
import { tokenHash, type ApiToken } from '../../connectors/http/tokens.js';
import { Answering } from '../../console/inference/answering.js';
import { message } from '../../console/inference/grpc/protocol.js';
import { openGrpc, type GrpcDoor } from '../../console/inference/grpc/server.js';
import { inferenceRoutes } from '../../console/inference/routes.js';
import { memoryCache } from '../../console/inference/score-cache.js';
import { ServedModels } from '../../console/inference/served-models.js';
import { trainEnsemble } from '../../models/detectors/train.js';
import { logs1 } from '../../models/features/schemas.js';
import { writeSet } from '../../models/registry/registry.js';
import { residuals } from '../conformance/detector.js';

const columns = logs1.columns.map(({ name }) => name);
const sample = residuals(60, columns.length, 9);
const model = 'logs-1.robust-z';
const reader = { name: 'client', sha256: tokenHash('reads'), scopes: ['read' as const] };
const writer = { name: 'shipper', sha256: tokenHash('writes'), scopes: ['write' as const] };
const http = fastify();
const doors: GrpcDoor[] = [];
const clients: Client[] = [];
let dir: string;
let id: string;
let inForce: string | undefined;
let answering: Answering;
let open: Client;

async function opened(tokens: readonly ApiToken[]): Promise<Client> {
  const door = await openGrpc({ host: '127.0.0.1', grpc_port: 0 }, answering, tokens);
  doors.push(door);
  return clientOf(door, credentials.createInsecure());
}

function clientOf({ port }: GrpcDoor, by: ChannelCredentials): Client {
  const client = new Client(`127.0.0.1:${port}`, by);
  clients.push(client);
  return client;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tocsin-grpc-'));
  const matrix = residuals(300, columns.length, 5);
  const models = trainEnsemble({ schema: 'logs-1', columns, matrix, seed: 1, from: 0, to: 1000 });
  const members = Object.fromEntries(models.map(({ name, bytes }) => [`detector/logs-1/${name}`, bytes]));
  id = await writeSet(dir, { from: 1000, members });
  answering = new Answering(new ServedModels({ dir, inForce: () => inForce, cache: memoryCache() }), '1.0.0');
  inferenceRoutes(http, answering, []);
  open = await opened([]);
});
beforeEach(() => void (inForce = id));
afterAll(async () => {
  for (const client of clients) client.close();
  for (const door of doors) door.close();
  await http.close();
  await rm(dir, { recursive: true });
});

/** What a method answers; rejects with the error of the library. */
function ask<Answer extends object>(
  method: string,
  request: object = {},
  { client = open, headers = {} }: { client?: Client; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const [given, answered] = [message<object>(`${method}Request`), message<Answer>(`${method}Response`)];
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      `/inference.GRPCInferenceService/${method}`,
      (value: object) => given.write(value),
      (bytes: Buffer) => answered.read(bytes),
      request,
      metadata,
      (error: ServiceError | null, value?: Answer) => (value && !error ? resolve(value) : reject(error ?? new Error())),
    ),
  );
}

const refusal = (asked: Promise<object>): Promise<[number, string]> =>
  asked.then(
    () => [0, ''],
    (error: unknown) => [(error as ServiceError).code, (error as ServiceError).details],
  );

interface Inferred {
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly { readonly name: string; readonly datatype: string; readonly shape: number[] }[];
  readonly raw_output_contents: readonly Uint8Array[];
}

const rows = (n: number): number[] => [...sample.data.subarray(0, n * columns.length)];
const tensor = (n: number): object => ({ name: 'features', datatype: 'FP64', shape: [n, columns.length] });
const raw = (n: number): Buffer => Buffer.from(new Float64Array(rows(n)).buffer);
const numbersOf = ({ raw_output_contents: [bytes] }: Inferred): number[] =>
  Array.from({ length: bytes!.length / 8 }, (_, i) => Buffer.from(bytes!).readDoubleLE(i * 8));

test('scores have the bits of the HTTP door, from raw bytes and from typed contents, of any number of rows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.boolean(), async (n, isRaw) => {
      const payload = { inputs: [{ ...tensor(n), data: rows(n) }] };
      const byHttp = await http.inject({ method: 'POST', url: `/v2/models/${model}/infer`, payload });
      const request = isRaw
        ? { model_name: model, id: 'a', inputs: [tensor(n)], raw_input_contents: [raw(n)] }
        : { model_name: model, id: 'a', inputs: [{ ...tensor(n), contents: { fp64_contents: rows(n) } }] };
      const answer = await ask<Inferred>('ModelInfer', request);
      expect([answer.model_version, answer.id]).toEqual([id, 'a']);
      expect(answer.outputs).toMatchObject([{ name: 'score', datatype: 'FP64', shape: [n] }]);
      expect(numbersOf(answer)).toEqual(byHttp.json<{ outputs: { data: number[] }[] }>().outputs[0]!.data);
    }),
    { numRuns: 30 },
  );
});

test('the server and its models say what they are, and are ready when they can answer', async () => {
  expect(await ask('ServerLive')).toEqual({ live: true });
  expect(await ask('ServerMetadata')).toMatchObject({ name: 'tocsin', version: '1.0.0' });
  expect(await ask('ModelMetadata', { name: model })).toEqual((await http.inject(`/v2/models/${model}`)).json());
  expect([await ask('ServerReady'), await ask('ModelReady', { name: model })]).toEqual([
    { ready: true },
    { ready: true },
  ]);
  inForce = undefined;
  expect([await ask('ServerReady'), await ask('ModelReady', { name: model })]).toEqual([
    { ready: false },
    { ready: false },
  ]);
  expect(
    await refusal(ask('ModelInfer', { model_name: model, inputs: [tensor(1)], raw_input_contents: [raw(1)] })),
  ).toEqual([14, expect.stringContaining('no set of models is in force')]);
});

test.each<[string, object, number, RegExp]>([
  ['an unknown model', { model_name: 'x' }, 5, /no model x/],
  ['an unknown version', { model_name: model, model_version: '0'.repeat(32) }, 5, /no set 0/],
  ['raw bytes of another number of inputs', { raw_input_contents: [raw(1), raw(1)] }, 3, /an entry for each input/],
  ['raw bytes of another shape', { raw_input_contents: [raw(2)] }, 3, /bytes for/],
  [
    'contents of another type',
    { raw_input_contents: [], inputs: [{ ...tensor(1), contents: { fp32_contents: [1] } }] },
    3,
    /0 elements/,
  ],
  ['no contents at all', { raw_input_contents: [] }, 3, /0 elements/],
  ['another output', { outputs: [{ name: 'label' }] }, 3, /no output label/],
  ['a type that is none', { inputs: [{ ...tensor(1), datatype: 'toString' }] }, 3, /datatype/],
])('%s is refused with what is wrong', async (_what, part, code, words) => {
  const request = { model_name: model, inputs: [tensor(1)], raw_input_contents: [raw(1)], ...part };
  expect(await refusal(ask('ModelInfer', request))).toEqual([code, expect.stringMatching(words)]);
});

test('tokens, scopes and this machine let in whom they let in over HTTP', async () => {
  const client = await opened([reader, writer]);
  const by = (authorization?: string) =>
    refusal(ask('ServerLive', {}, { client, ...(authorization ? { headers: { authorization } } : {}) }));
  expect(await by('Bearer reads')).toEqual([0, '']);
  expect(await by()).toEqual([16, expect.stringContaining('http.tokens')]);
  expect(await by('Bearer guess')).toEqual([16, expect.stringContaining('http.tokens')]);
  expect(await by('Bearer writes')).toEqual([7, 'token shipper has no scope read']);
  // What a proxy on this machine passes on comes from elsewhere.
  expect(await refusal(ask('ServerLive', {}, { headers: { 'x-forwarded-for': '203.0.113.7' } }))).toEqual([
    16,
    expect.stringContaining('http.tokens'),
  ]);
});

test('with http.tls only who trusts its certificate is answered, with the same tokens and bits', async () => {
  const tls = { cert: resolve('test/fixtures/tls/cert.pem'), key: resolve('test/fixtures/tls/key.pem') };
  const door = await openGrpc({ host: '127.0.0.1', grpc_port: 0, tls }, answering, [reader]);
  doors.push(door);
  const client = clientOf(door, credentials.createSsl(readFileSync(tls.cert)));
  const headers = { authorization: 'Bearer reads' };
  const request = { model_name: model, id: 'a', inputs: [tensor(3)], raw_input_contents: [raw(3)] };
  const [plain, encrypted] = [
    await ask<Inferred>('ModelInfer', request),
    await ask<Inferred>('ModelInfer', request, { client, headers }),
  ];
  expect(numbersOf(encrypted)).toEqual(numbersOf(plain));
  expect((await refusal(ask('ServerLive', {}, { client })))[0]).toBe(16);
  const strangers = [credentials.createSsl(), credentials.createInsecure()].map((by) => clientOf(door, by));
  for (const stranger of strangers)
    expect((await refusal(ask('ServerLive', {}, { client: stranger, headers })))[0]).toBe(14);
});

test('a message that is too large, or none, is refused, and the next one is answered', async () => {
  const huge = { model_name: model, inputs: [tensor(1)], raw_input_contents: [Buffer.alloc(9 * 1024 * 1024)] };
  expect((await refusal(ask('ModelInfer', huge)))[0]).toBe(8);
  const garbage = new Promise<number>((resolve) =>
    open.makeUnaryRequest(
      '/inference.GRPCInferenceService/ModelInfer',
      () => Buffer.from([255, 255, 255]),
      (bytes: Buffer) => bytes,
      {},
      (error: ServiceError | null) => resolve(error?.code ?? 0),
    ),
  );
  expect(await garbage).toBe(13);
  expect(await ask('ServerLive')).toEqual({ live: true });
});

test('a port that another has is refused in words', async () => {
  await expect(openGrpc({ host: '127.0.0.1', grpc_port: doors[0]!.port }, answering, [])).rejects.toThrow(
    /gRPC cannot listen on 127\.0\.0\.1:\d+ .*set http\.grpc_port/,
  );
});

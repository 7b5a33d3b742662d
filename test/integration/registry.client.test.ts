/** The client and the resolving source on a real schema registry: absent, hanging, restarted, unknown ids. */
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RegistryClient, RegistryUnavailable, type RegistryClientOptions } from '../../connectors/registry/client.js';
import { resolving, type WaitingSource } from '../../connectors/registry/source.js';
import type { Batch } from '../../records/batch.js';
import type { SourceItem } from '../../records/raw.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import type { Source } from '../../runtime/source.js';
import { frame } from '../builders/frames.js';
import { encode, line, register } from './services/registered.js';
import { startRegistry } from './services/registry.js';
import type { Service } from './services/service.js';

let server: Service;
let id: number;
beforeAll(async () => {
  server = await startRegistry();
  id = await register(server.url, 'lines', line);
});
afterAll(() => server?.stop());

const client = (options: Partial<RegistryClientOptions> = {}): RegistryClient =>
  new RegistryClient({ url: server.url, timeoutMs: 1000, unknownMs: 60_000, confirmMs: 50, ...options });

/** Connections that this process holds. */
const sockets = (): number => process.getActiveResourcesInfo().filter((what) => what === 'TCPSocketWrap').length;

describe('the client', () => {
  test('gives a schema with all that it refers to, what is referred to first', async () => {
    const registry = new SchemaRegistry({ host: server.url });
    const proto = (subject: string, schema: string, references: { name: string; subject: string; version: number }[]) =>
      registry.register({ type: SchemaType.PROTOBUF, schema, references }, { subject });
    const [level, head] = [
      'syntax = "proto3"; package x; message Level { int32 n = 1; }',
      'syntax = "proto3"; package x; import "level.proto"; message Head { Level level = 1; }',
    ];
    await proto('level', level, []);
    await proto('head', head, [{ name: 'level.proto', subject: 'level', version: 1 }]);
    const main = 'syntax = "proto3"; package x; import "head.proto"; message Line { Head head = 1; }';
    const { id: lineId } = await proto('line', main, [{ name: 'head.proto', subject: 'head', version: 1 }]);
    const found = (await client().resolve([lineId])).get(lineId);
    expect(found).toMatchObject({ type: 'PROTOBUF', references: [{ name: 'level.proto' }, { name: 'head.proto' }] });
  });

  test('asks for an unknown id twice, then not again before the answer has expired', async () => {
    const asked: string[] = [];
    const patient = client({ count: (outcome) => asked.push(outcome) });
    for (let i = 0; i < 5; i++) expect(await patient.resolve([9999])).toEqual(new Map([[9999, 'unknown']]));
    expect(asked).toEqual(['unknown', 'unknown']);
    const hasty = client({ unknownMs: 0, count: (outcome) => asked.push(outcome) });
    await hasty.resolve([9999]);
    await hasty.resolve([9999]);
    expect(asked).toHaveLength(6);
  });

  test('asks once for what several ask for at once', async () => {
    const asked: string[] = [];
    const one = client({ count: (outcome) => asked.push(outcome) });
    await Promise.all(Array.from({ length: 20 }, () => one.resolve([id])));
    expect(asked).toEqual(['found']);
  });

  test('does not take the 404 of something else for an answer', async () => {
    const wrong = client({ url: `${server.url}/elsewhere` });
    await expect(wrong.resolve([id])).rejects.toThrow(RegistryUnavailable);
    // A gateway that is told of no route, in JSON.
    const gateway = createServer((_, response) => {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"no Route matched"}');
    });
    await new Promise<void>((listening) => gateway.listen(0, '127.0.0.1', listening));
    const { port } = gateway.address() as AddressInfo;
    await expect(client({ url: `http://127.0.0.1:${port}` }).resolve([id])).rejects.toThrow(RegistryUnavailable);
    gateway.close();
  });

  test('gives up on a registry that hangs, and keeps no connection for it', async () => {
    const hasty = client({ timeoutMs: 100 });
    await hasty.resolve([id]);
    const before = sockets();
    server.pause();
    try {
      for (let i = 0; i < 30; i++) await expect(hasty.resolve([id + 1000 + i])).rejects.toThrow('within 100 ms');
      expect(sockets()).toBeLessThanOrEqual(before + 2);
    } finally {
      server.resume();
    }
    expect((await client({ timeoutMs: 20_000 }).resolve([id])).get(id)).toMatchObject({ type: 'AVRO' });
  });
});

describe('the source', () => {
  /** Slices of two records each, from a position on. */
  const slices = (values: readonly Buffer[]): Source<SourceItem> => ({
    async *open(position): AsyncGenerator<Batch<SourceItem>> {
      for (let at = position?.offset ?? 0; at < values.length; at += 2) {
        const items = values.slice(at, at + 2).map((bytes, i): SourceItem => ({
          bytes,
          start: 0,
          end: bytes.length,
          offset: at + i,
          timestamp: 1,
          topic: 'a',
        }));
        yield { items, rejected: [], position: { source: 'a/0', offset: at + items.length } };
      }
    },
  });
  const never = new AbortController().signal;

  /** Offsets that passed and that were refused. */
  async function read(
    source: Source<SourceItem>,
    from = 0,
    stop = never,
  ): Promise<{ passed: number[]; refused: number[] }> {
    const passed: number[] = [];
    const refused: number[] = [];
    for await (const batch of source.open({ source: 'a/0', offset: from }, { stop, drain: never })) {
      for (const item of batch.items) if (item.type === undefined) passed.push(item.offset);
      refused.push(...batch.rejected.map(({ offset }) => offset));
      expect(batch.rejected.every(({ reason }) => reason === 'unknown-schema')).toBe(true);
    }
    return { passed, refused };
  }

  const good = (n: number): Promise<Buffer> =>
    encode(server.url, id, { time: 1_767_616_496_000 + n, level: 'INFO', message: `line ${n}`, service: 'app' });

  test('refuses records of an unknown id; read again they are refused, although it is known by then', async () => {
    // The next id that the registry gives is not known yet.
    const probe = await register(server.url, 'probe', { ...line, name: 'Probe' });
    const next = probe + 1;
    const values = [await good(0), frame(next, Buffer.from([1])), await good(2), frame(next, Buffer.from([1]))];
    const backend = new MemoryBackend();
    const open = (all: readonly Buffer[]): Source<SourceItem> =>
      resolving({ source: slices(all), name: 'a/0', client: client({ unknownMs: 0 }), backend }).source;
    expect(await read(open(values))).toEqual({ passed: [0, 2], refused: [1, 3] });
    expect(await register(server.url, 'late', { ...line, name: 'Late' })).toBe(next);
    // After a crash: the same offsets again, and further ones.
    const more = [...values, frame(next, Buffer.from([1])), await good(5)];
    expect(await read(open(more), 0)).toEqual({ passed: [0, 2, 4, 5], refused: [1, 3] });
    expect(await read(open(more), 2)).toEqual({ passed: [2, 4, 5], refused: [3] });
  });

  test('is held while the registry is away, refuses nothing, and goes on when it is back', async () => {
    const values = [await good(0), await good(1), await good(2)];
    const held: (WaitingSource | undefined)[] = [];
    const { source, schemas } = resolving({
      source: slices(values),
      name: 'a/0',
      client: client({ timeoutMs: 200 }),
      backend: new MemoryBackend(),
      backoff: { firstMs: 10, maxMs: 50 },
      onHeld: (now) => held.push(now),
    });
    server.pause();
    const reading = read(source);
    while (held.length < 3) await new Promise((done) => setTimeout(done, 20));
    expect(held.at(-1)).toMatchObject({
      source: 'a/0',
      why: expect.stringContaining('no answer within 200 ms') as string,
    });
    expect(schemas(id)).toBeUndefined();
    server.resume();
    expect(await reading).toEqual({ passed: [0, 1, 2], refused: [] });
    expect(held.at(-1)).toBeUndefined();
    expect(schemas(id)).toMatchObject({ type: 'AVRO' });
  });

  test('ends at once when it is stopped while it is held', async () => {
    const stop = new AbortController();
    const { source } = resolving({
      source: slices([await good(0)]),
      name: 'a/0',
      client: client({ url: 'http://127.0.0.1:9' }),
      backend: new MemoryBackend(),
      backoff: { firstMs: 3_600_000, maxMs: 3_600_000 },
      onHeld: () => stop.abort(),
    });
    expect(await read(source, 0, stop.signal)).toEqual({ passed: [], refused: [] });
  });

  test('needs no registry for what it has seen before, and forgets what is not used', async () => {
    const ids = [id];
    for (let i = 0; i < 4; i++) ids.push(await register(server.url, `kept-${i}`, { ...line, name: `Kept${i}` }));
    const backend = new MemoryBackend();
    const limits = { schemas: 3, characters: 1e6, refused: 2 };
    const over = (all: readonly number[], url: string): ReturnType<typeof resolving> =>
      resolving({
        source: slices(all.map((one) => frame(one, Buffer.from([1])))),
        name: 'a/0',
        client: client({ url }),
        backend,
        limits,
      });
    const first = over(ids, server.url);
    await read(first.source);
    expect(ids.map((one) => first.schemas(one) !== undefined)).toEqual([false, false, true, true, true]);
    const away = over(ids.slice(2), 'http://127.0.0.1:9');
    expect(await read(away.source)).toEqual({ passed: [0, 1, 2], refused: [] });
  });
});

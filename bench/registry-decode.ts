/**
 * How fast Avro records of a schema registry become log records, with a reader schema, on one core: `decode` against
 * avsc alone with type and resolver made once, and against the client's own `decode`, in turns in one run.
 */
import avsc from 'avsc';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { decode } from '../operators/decode.js';
import type { Batch } from '../records/batch.js';
import type { RawRecord, SourceItem } from '../records/raw.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import { Pass } from '../runtime/pass.js';
import { TaskState } from '../runtime/state.js';
import { median, type Bench } from './report.js';

const field = (name: string, type: unknown, more: object = {}): object => ({ name, type, ...more });
const nullable = ['null', 'string'];
const line = (fields: readonly object[]): object => ({ type: 'record', name: 'Line', namespace: 'logs', fields });

/** What producers write: more than is wanted, and one field under its former name. */
const writer = line([
  field('time', { type: 'long', logicalType: 'timestamp-millis' }),
  field('host', 'string'),
  field('level', { type: 'enum', name: 'Level', symbols: ['DEBUG', 'INFO', 'WARN', 'ERROR'] }),
  field('service', 'string'),
  field('text', 'string'),
  field('trace', nullable, { default: null }),
  field('thread', 'int'),
]);
const reader = line([
  field('time', { type: 'long', logicalType: 'timestamp-millis' }),
  field('level', { type: 'enum', name: 'Level', symbols: ['DEBUG', 'INFO', 'WARN', 'ERROR'] }),
  field('service', 'string'),
  field('message', 'string', { aliases: ['text'] }),
  field('environment', 'string', { default: 'production' }),
]);

const distinct = 4096;
const slice = 2048;
const perRound = 400_000;
/** The client makes the reader's type anew for each record: a hundredth is enough to see. */
const perRoundOfClient = 4000;

/** Values in frames of schema 1; their time goes on. */
function frames(): Buffer[] {
  const type = avsc.Type.forSchema(writer as avsc.Schema);
  const levels = ['DEBUG', 'INFO', 'WARN', 'ERROR'];
  return Array.from({ length: distinct }, (_, i) => {
    const payload = type.toBuffer({
      time: 1_767_225_600_000 + i,
      host: `node-${i % 40}.eu-west.example.com`,
      level: levels[i % 4],
      service: `service-${i % 12}`,
      text: `Order ${i * 7919} for user=u${i % 997} placed in ${i % 4000}ms from 10.0.${i % 256}.${i % 199}:${i * 3}`,
      trace: i % 3 === 0 ? null : `${(i * 2654435761).toString(16)}ab42`,
      thread: i % 64,
    });
    return Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), payload]);
  });
}

/** Records a second of processor time: what else runs on the machine does not count. */
async function speed(count: number, work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (count * 1e6) / (user + system);
}

export const bench: Bench = async ({ rounds }, report) => {
  const values = frames();
  const state = await TaskState.restore(new MemoryBackend(), 'ingest/bench', 1);
  const document = { type: 'AVRO', text: JSON.stringify(writer), references: [] };
  const registry = { kind: 'log' as const, schemas: () => document, readerSchema: JSON.stringify(reader) };
  const pass = new Pass(decode({ source: 'logs/0', stores: state, format: 'registry', registry }));
  const ours = async (): Promise<void> => {
    for (let at = 0; at < perRound; at += slice) {
      const items: SourceItem[] = [];
      for (let i = at; i < Math.min(at + slice, perRound); i++) {
        const bytes = values[i % distinct]!;
        items.push({ bytes, start: 0, end: bytes.length, offset: i, timestamp: -1, topic: 'logs' } satisfies RawRecord);
      }
      const batch: Batch<SourceItem> = { items, rejected: [], position: { source: 'logs/0', offset: at + slice } };
      for await (const { rejected } of pass.run(batch))
        if (rejected.length > 0) throw new Error(`the bench makes records that are rejected: ${rejected[0]!.detail}`);
    }
  };
  const [writerType, readerType] = [writer, reader].map((schema) => avsc.Type.forSchema(schema as avsc.Schema));
  const resolver = readerType!.createResolver(writerType!);
  const bare = (): void => {
    // A slice of values is kept, as whoever works on slices keeps them.
    let kept: unknown[] = [];
    for (let i = 0; i < perRound; i++) {
      if (i % slice === 0) kept = [];
      kept.push(readerType!.decode(values[i % distinct]!, 5, resolver).value);
    }
  };
  const client = new SchemaRegistry({ host: 'http://127.0.0.1:9' });
  client.cache.setSchema(1, SchemaType.AVRO, writerType!);
  const byClient = async (): Promise<void> => {
    const options = { [SchemaType.AVRO]: { readerSchema: reader as never } };
    for (let i = 0; i < perRoundOfClient; i++) await client.decode(values[i % distinct]!, options);
  };
  await ours();
  bare();
  const found: Record<'tocsin' | 'avsc' | 'client', number[]> = { tocsin: [], avsc: [], client: [] };
  for (let round = 0; round < rounds; round++) {
    found.tocsin.push(await speed(perRound, ours));
    found.avsc.push(await speed(perRound, bare));
    found.client.push(await speed(perRoundOfClient, byClient));
  }
  pass.close();
  const result = { tocsin: median(found.tocsin), avsc: median(found.avsc), client: median(found.client) };
  const size = values.reduce((sum, { length }) => sum + length, 0) / distinct;
  report.heading(`registry-decode: Avro records of ${Math.round(size)} bytes with a reader schema`);
  report.figure('registry-decode', 'decode operator', result.tocsin, '1/s');
  report.figure('registry-decode', 'avsc alone', result.avsc, '1/s');
  report.figure('registry-decode', 'decode of the client', result.client, '1/s');
  report.ratio('Avro records, to avsc alone', result.tocsin / result.avsc);
};

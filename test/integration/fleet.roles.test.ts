/**
 * Ingest, detect and respond as members of their own decide what one process decides over the file; a reject is put
 * back through Kafka; how far each partition is stands beside its committed offset.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProgress } from '../../service/fleet/peers.js';
import { startKafka } from './services/kafka.js';
import { begin, ended as tocsin, type Running } from './services/tocsin.js';

test('members with one role each decide what one process decides', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-roles-'));
  const kafka = await startKafka();
  const running: Running[] = [];
  try {
    const began = Date.UTC(2026, 0, 5);
    const lines = Array.from({ length: 2000 }, (_, i) =>
      JSON.stringify({
        time: new Date(began + i * 10_000).toISOString(),
        level: i % 300 === 7 ? 'error' : 'info',
        service: i % 2 === 0 ? 'cart' : 'shop',
        message: i % 300 === 7 ? `out of memory in worker ${i}` : `order ${i} done`,
      }),
    );
    lines.push('no JSON at all');
    writeFileSync(join(folder, 'app.log'), `${lines.join('\n')}\n`);
    const common = {
      rules: [{ name: 'memory', action: 'page', pattern: 'out of memory' }],
      // When a fleet trains is a matter of the clock; what is compared here is without models.
      detection: { warmup: '365d' },
      http: { port: 0 },
      log: { format: 'json' },
    };
    const write = (name: string, settings: object): string => {
      writeFileSync(join(folder, name), JSON.stringify({ ...common, ...settings }));
      return join(folder, name);
    };
    const file = write('file.yaml', {
      sources: [{ type: 'file', path: join(folder, 'app.log'), format: 'json' }],
      channels: { shards: 2 },
      state: { dir: join(folder, 'file') },
    });
    const member = (role: string): string =>
      write(`${role}.yaml`, {
        kafka: { brokers: [kafka.bootstrap] },
        sources: [{ type: 'kafka', topics: ['app'], start: 'earliest', format: 'json' }],
        channels: { backend: 'kafka', shards: 2 },
        state: { dir: join(folder, role) },
      });
    const client = kafka.client();
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'app', numPartitions: 3 }], waitForLeaders: true });
    const producer = client.producer();
    await producer.connect();
    await producer.send({ topic: 'app', messages: lines.map((value, i) => ({ value, partition: i % 3 })) });
    await producer.disconnect();
    expect(await tocsin('topics', '--config', member('ingest'), '--create')).toMatchObject({ code: 0 });

    expect((await tocsin('run', '--config', member('ingest'), '--roles', 'ingest,detekt')).said).toContain('detekt');
    const respond = begin(['run', '--config', member('respond'), '--roles', 'respond']);
    running.push(respond);
    const [embedded, ingest, detect] = await Promise.all([
      tocsin('run', '--config', file),
      tocsin('run', '--config', member('ingest'), '--roles', 'ingest', '--bounded'),
      tocsin('run', '--config', member('detect'), '--roles', 'detect', '--bounded'),
    ]);
    expect([embedded, ingest, detect].map(({ code, said }) => (code === 0 ? '' : said.slice(-2000)))).toEqual([
      '',
      '',
      '',
    ]);

    const sets = await Promise.all(
      [file, member('detect')].map(async (config, i) => {
        const out = join(folder, `decisions-${i}`);
        await tocsin('replay', '--config', config, '--source', 'decisions', '--out', out);
        return readFileSync(out);
      }),
    );
    expect(sets[0]!.length).toBeGreaterThan(10_000);
    expect(sets[1]!.equals(sets[0]!)).toBe(true);

    const { partitions } = (await admin.fetchOffsets({ groupId: 'tocsin', topics: ['app'] })).at(0)!;
    expect(partitions.map(({ metadata }) => decodeProgress(metadata)?.kind)).toEqual(['end', 'end', 'end']);
    await admin.disconnect();

    const put = await tocsin('dlq', 'redrive', '--config', member('ingest'), '--reason', 'not-json', '--json');
    expect(JSON.parse(put.said)).toMatchObject({ put: [expect.any(Number)], before: [], impossible: [] });
    respond.signal('SIGTERM');
    const responded = await respond.ended;
    expect(responded.said).toContain('rule memory');
  } finally {
    for (const run of running) run.signal('SIGKILL');
    await kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);

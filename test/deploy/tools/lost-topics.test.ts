/** Disaster: the topics between the parts are lost while state is kept. It is noticed, and another prefix begins from the sources. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../../integration/services/kafka.js';
import { startRedis } from '../../integration/services/redis.js';
import { ended, tocsin } from '../../integration/services/tocsin.js';

test('topics that were deleted are noticed at the start, and another group and prefix decide it all again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-lost-'));
  const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  const admin = kafka.client().admin();
  const producer = kafka.client().producer();
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: [{ topic: 'logs', numPartitions: 2 }], waitForLeaders: true });
    const lines = Array.from({ length: 2000 }, (_, i) =>
      JSON.stringify({
        time: new Date(Date.UTC(2026, 0, 5) + i * 10_000).toISOString(),
        level: i % 300 === 7 ? 'error' : 'info',
        service: i % 2 === 0 ? 'cart' : 'shop',
        message: i % 300 === 7 ? `out of memory in worker ${i}` : `order ${i} done`,
      }),
    );
    await producer.send({ topic: 'logs', messages: lines.map((value, i) => ({ value, partition: i % 2 })) });
    const configure = (prefix: string): string => {
      const file = join(folder, `${prefix}.json`);
      writeFileSync(
        file,
        JSON.stringify({
          kafka: { brokers: [kafka.bootstrap], group: prefix },
          sources: [{ type: 'kafka', topics: ['logs'], start: 'earliest', format: 'json' }],
          rules: [{ name: 'memory', action: 'page', pattern: 'out of memory' }],
          detection: { warmup: '365d' },
          channels: { backend: 'kafka', shards: 2, prefix },
          state: { backend: 'redis', dir: join(folder, prefix), redis: { url: redis.url, prefix } },
          http: { port: 0 },
        }),
      );
      return file;
    };
    const decided = async (config: string): Promise<Buffer> => {
      await tocsin('replay', '--config', config, '--source', 'decisions', '--out', `${config}.bin`);
      return readFileSync(`${config}.bin`);
    };
    const first = configure('first');
    await tocsin('run', '--config', first, '--create-topics', '--bounded');
    const before = await decided(first);
    expect(before.length).toBeGreaterThan(10_000);

    const topics = (await admin.listTopics()).filter((name) => name.startsWith('first.'));
    await admin.deleteTopics({ topics });
    const refused = await ended('run', '--config', first, '--create-topics', '--bounded');
    expect([refused.code, refused.said]).toEqual([
      1,
      expect.stringMatching(
        /ends at offset \d+ and the stored position is \d+: the topic was re-created or lost its end/,
      ),
    ]);

    const second = configure('second');
    await tocsin('run', '--config', second, '--create-topics', '--bounded');
    expect((await decided(second)).equals(before)).toBe(true);
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    await Promise.all([kafka.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);

/**
 * State on Redis, through the command line: the same logs decide the same as with any other state, kill -9 or not; a
 * member of a fleet goes on where the dead one stopped; and what Redis has lost is not made up.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Artefacts } from '../../training/artefacts.js';
import { openState } from '../../service/state.js';
import { openChannel } from '../../offline/replay/channel-records.js';
import { loadConfig } from '../../config/load.js';
import { storedCodec } from '../../connectors/redis/backend.js';
import { decode } from '../../records/wire/codec.js';
import { decodeWindowsRecord } from '../../records/windows.js';
import { startKafka, type KafkaService } from './services/kafka.js';
import { startRedis } from './services/redis.js';
import type { Service } from './services/service.js';
import { begin, ended, killWhen, tocsin } from './services/tocsin.js';

let folder: string;
let redis: Service;
let client: Redis;
let logs: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-redis-state-'));
  redis = await startRedis();
  client = new Redis(redis.url);
  await tocsin('simulate', '--lines', '30000', '--days', '4', '--out', join(folder, 'logs'));
  logs = readdirSync(join(folder, 'logs')).filter((name) => name.endsWith('.log'));
}, 120_000);
afterAll(async () => {
  client?.disconnect();
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const common = {
  sessions: [{ class: 'jobs', pattern: 'job-[0-9a-f]{8}' }],
  http: { port: 0 },
  log: { level: 'warn', format: 'json' },
};

function write(name: string, settings: object): string {
  const path = join(folder, `${name}.yaml`);
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ ...common, ...settings }));
  return path;
}

const onRedis = (name: string, prefix = name) => ({
  backend: 'redis',
  dir: join(folder, name),
  redis: { url: redis.url, prefix },
});

/** Canonical bytes of all that was decided. */
async function decided(config: string): Promise<Buffer> {
  const out = join(folder, 'decisions.bin');
  await tocsin('replay', '--config', config, '--source', 'decisions', '--out', out);
  return readFileSync(out);
}

describe('an embedded run', () => {
  const embedded = (name: string, state: object): string =>
    write(name, {
      sources: logs.map((log) => ({ type: 'file', path: join(folder, 'logs', log), labels: { service: log } })),
      detection: { warmup: '2d' },
      state,
    });

  test('decides the same on LevelDB, in memory and on Redis, also when it is killed', async () => {
    const level = embedded('level', { dir: join(folder, 'level') });
    await tocsin('run', '--config', level);
    const expected = await decided(level);
    expect(expected.length).toBeGreaterThan(100_000);

    const memory = embedded('memory', { backend: 'memory', dir: join(folder, 'memory') });
    await tocsin('run', '--config', memory);
    expect((await decided(memory)).equals(expected)).toBe(true);

    const whole = embedded('whole', onRedis('whole'));
    await tocsin('run', '--config', whole);
    expect((await decided(whole)).equals(expected)).toBe(true);

    const killed = embedded('killed', onRedis('killed'));
    for (let kills = 0; kills < 2; kills++) {
      // Not before it has written a checkpoint, so that there is something to go on from.
      const run = begin(['run', '--config', killed]);
      const epoch = await client.hget('killed:{detect/0}:head', 'epoch');
      await killWhen(run, async () => {
        const [now, seq] = await client.hmget('killed:{detect/0}:head', 'epoch', 'seq');
        return now !== epoch && Number(seq) > 0;
      });
    }
    await tocsin('run', '--config', killed);
    expect((await decided(killed)).equals(expected)).toBe(true);
  }, 600_000);

  test('does not go on where Redis has lost its state, and says what to do', async () => {
    const config = embedded('lost', onRedis('lost'));
    const isStored = async (): Promise<boolean> => (await client.exists('lost:{detect/0}:data')) > 0;
    await killWhen(begin(['run', '--config', config]), isStored);
    await client.del(...(await client.keys('lost:*')));
    const { code, said } = await ended('run', '--config', config);
    expect(code).toBe(4);
    expect(said).toMatch(
      /has no state under the prefix lost, and an earlier run .* Nothing was overwritten\. .*Lost state/,
    );
    expect(await client.keys('lost:*')).toEqual([]);
  }, 60_000);
});

describe('a fleet', () => {
  let kafka: KafkaService;
  beforeAll(async () => {
    kafka = await startKafka();
    const api = kafka.client();
    const admin = api.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'logs', numPartitions: 4, replicationFactor: 1 }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    const producer = api.producer();
    await producer.connect();
    for (const [at, log] of logs.entries()) {
      const lines = readFileSync(join(folder, 'logs', log), 'utf8')
        .trimEnd()
        .split('\n');
      for (let from = 0; from < lines.length; from += 5000) {
        const messages = lines.slice(from, from + 5000).map((value) => ({ value, partition: at % 4 }));
        await producer.send({ topic: 'logs', messages });
      }
    }
    await producer.disconnect();
  }, 120_000);
  afterAll(() => kafka?.stop());

  const member = (name: string, prefix: string, state: object): string =>
    write(name, {
      kafka: { brokers: [kafka.bootstrap], group: prefix },
      // Services share partitions here, each with its own order.
      windows: { lateness: '5d', idle_after: '1h' },
      sources: [{ type: 'kafka', topics: ['logs'], start: 'earliest' }],
      detection: { warmup: '365d' },
      channels: { backend: 'kafka', shards: 3, prefix },
      state,
    });

  /** The first offset of each epoch of each source in `windows`. */
  const begunIn = async (config: string): Promise<Map<string, number>> => {
    const windows = await openChannel(loadConfig(config), 'windows');
    const begun = new Map<string, number>();
    for (let shard = 0; shard < windows.shards; shard++) {
      for await (const { value } of windows.records(shard)) {
        const record = decodeWindowsRecord(value);
        if (!('tag' in record)) continue;
        const { source, epoch, offset } = record.tag;
        const key = `${source} ${epoch}`;
        begun.set(key, Math.min(offset, begun.get(key) ?? Infinity));
      }
    }
    await windows.close();
    return begun;
  };

  test('whose member is killed decides what one undisturbed process decides', async () => {
    const one = member('one', 'one', { dir: join(folder, 'one') });
    await tocsin('topics', '--config', one, '--create');
    await tocsin('run', '--config', one, '--bounded');
    const expected = await decided(one);
    expect(expected.length).toBeGreaterThan(100_000);

    const [a, b] = ['a', 'b'].map((name) => member(name, 'two', onRedis(name, 'two'))) as [string, string];
    await tocsin('topics', '--config', a, '--create');
    const runs = [begin(['run', '--config', a, '--bounded']), begin(['run', '--config', b, '--bounded'])];
    const readOn = async (): Promise<number> => {
      const heads = await client.keys('two:{ingest/logs/*}:head');
      const checkpoints = await Promise.all(heads.map((head) => client.hgetBuffer(head, 'checkpoint')));
      return checkpoints.filter((bytes) => bytes?.length && (decode(storedCodec, bytes).position?.offset ?? 0) > 0)
        .length;
    };
    await killWhen(runs[1]!, async () => (await readOn()) === 4);
    const killed = Date.now();
    expect(await runs[0]!.ended).toMatchObject({ code: 0 });
    expect((await decided(a)).equals(expected)).toBe(true);

    // What moved after the kill went on from its checkpoint and did not start again (an epoch is at least the time of its
    // claim, ms). On a quick machine every source may have been at its end by then: none begins again.
    const begun = [...(await begunIn(a))].filter(([epoch]) => Number(epoch.split(' ')[1]) > killed);
    const anew = begun.filter(([, offset]) => offset === 0);
    expect(anew).toEqual([]);
  }, 600_000);

  test('finds the models that one of its members trained', async () => {
    const { id } = JSON.parse(await tocsin('train', '--config', join(folder, 'a.yaml'), '--json')) as { id: string };
    const config = loadConfig(member('newcomer', 'two', onRedis('newcomer', 'two')));
    const { backend, blobs } = await openState(config, () => undefined);
    const artefacts = Artefacts.in(config.state.dir, blobs);
    await artefacts.load(id);
    expect(artefacts.loaded(id)?.detectors.length).toBeGreaterThan(3);
    await backend.close();
  }, 120_000);

  test('does not go on with a task whose state is gone', async () => {
    await client.del('two:{ingest/logs/2}:head', 'two:{ingest/logs/2}:data');
    const { code, said } = await ended('run', '--config', join(folder, 'a.yaml'), '--bounded');
    expect(code).not.toBe(0);
    expect(said).toMatch(/ingest\/logs\/2 has no state, and its group two has committed offset \d+ of logs\/2/);
  }, 120_000);
});

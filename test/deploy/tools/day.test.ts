/**
 * A day's load on a real Kafka, an hour at a time, with members of `ingest` that come and go as KEDA would have it by the
 * lag: what is decided is what one process decides over the same lines in a file.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Admin, Producer } from 'kafkajs';
import { Random } from '../../../lab/simulate/random.js';
import { startKafka } from '../../integration/services/kafka.js';
import { startRedis } from '../../integration/services/redis.js';
import { begin, tocsin, type Running } from '../../integration/services/tocsin.js';
import { until } from '../../integration/services/until.js';

/** Lines in each hour of the day: a quiet night, a peak in the morning and one in the evening. */
const load = [3, 2, 2, 2, 3, 4, 8, 14, 19, 20, 18, 16, 15, 14, 13, 14, 16, 19, 18, 12, 9, 6, 4, 3].map((n) => n * 100);
const partitions = 6;
const [lagThreshold, maxReplicas] = [500, 4];
const start = Date.UTC(2026, 0, 5);
const hour = 3_600_000;

/** Lines of an hour, in order; an error of a kind that a rule knows in some of them. */
function linesOf(at: number): string[] {
  return Array.from({ length: load[at]! }, (_, i) => {
    const isBad = i % 190 === 7;
    return JSON.stringify({
      time: new Date(start + at * hour + Math.floor((i * hour) / load[at]!)).toISOString(),
      level: isBad ? 'error' : 'info',
      service: ['cart', 'shop', 'auth'][i % 3],
      message: isBad ? `out of memory in worker ${i}` : `order ${i} done in ${i % 17} ms`,
    });
  });
}

/** As KEDA does with `offsetResetPolicy: earliest`: the ends of the topic less what the group has committed. */
async function lagOf(admin: Admin): Promise<number> {
  const ends = await admin.fetchTopicOffsets('logs');
  const { partitions: committed } = (await admin.fetchOffsets({ groupId: 'tocsin', topics: ['logs'] })).at(0)!;
  const done = new Map(committed.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
  return ends.reduce((sum, { partition, high }) => sum + Number(high) - (done.get(partition) ?? 0), 0);
}

/** The pods that it asks for: one for each `lagThreshold`, at most one a partition. */
const podsFor = (lag: number): number => Math.max(1, Math.min(Math.ceil(lag / lagThreshold), partitions, maxReplicas));

test('a day with a member more or less in most hours decides what one process decides', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-day-'));
  const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  const members: Running[] = [];
  const left: Running[] = [];
  const admin = kafka.client().admin();
  const producer: Producer = kafka.client().producer();
  try {
    const common = {
      rules: [{ name: 'memory', action: 'page', pattern: 'out of memory' }],
      // When a fleet trains is a matter of the clock; what is compared here is without models.
      detection: { warmup: '365d' },
      respond: { max_age: '36500d' },
      http: { port: 0 },
      log: { format: 'json' },
    };
    const write = (name: string, settings: object): string => {
      writeFileSync(join(folder, `${name}.yaml`), JSON.stringify({ ...common, ...settings }));
      return join(folder, `${name}.yaml`);
    };
    const member = (name: string): string =>
      write(name, {
        kafka: { brokers: [kafka.bootstrap], session: '10s' },
        sources: [{ type: 'kafka', topics: ['logs'], start: 'earliest', format: 'json' }],
        channels: { backend: 'kafka', shards: 2 },
        state: { backend: 'redis', dir: join(folder, name), redis: { url: redis.url } },
      });
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: [{ topic: 'logs', numPartitions: partitions }], waitForLeaders: true });
    await tocsin('topics', '--config', member('rest'), '--create');
    const rest = begin(['run', '--config', member('rest'), '--roles', 'detect,respond']);
    left.push(rest);

    const random = new Random(7, 'spread');
    const pods: number[] = [];
    const latencies: number[] = [];
    let joined = 0;
    for (const at of load.keys()) {
      // They stand still while the hour comes in, so that the lag is the same on any machine.
      for (const each of members) each.signal('SIGSTOP');
      const messages = linesOf(at).map((value) => ({ value, partition: Math.floor(random.fraction() * partitions) }));
      await producer.send({ topic: 'logs', messages });
      const lag = await until('the lag', () => lagOf(admin).catch(() => undefined), 60_000);
      expect(lag).toBe(load[at]);
      for (const each of members) each.signal('SIGCONT');
      const began = performance.now();
      pods.push(podsFor(lag));
      for (const each of members.splice(pods[at]!)) {
        each.signal('SIGTERM');
        left.push(each);
      }
      while (members.length < pods[at]!)
        members.push(begin(['run', '--config', member(`ingest-${joined++}`), '--roles', 'ingest']));
      await until(`all of hour ${at} read`, async () => (await lagOf(admin).catch(() => 1)) === 0 || undefined, 60_000);
      latencies.push(performance.now() - began);
    }
    for (const each of [...members, rest]) each.signal('SIGTERM');
    const ends = await Promise.all([...members, ...left].map(({ ended }) => ended));
    expect(ends.map(({ code, said }) => (code === 0 ? '' : said.slice(-2000)))).toEqual(ends.map(() => ''));
    expect(pods).toEqual(load.map(podsFor));
    const changes = pods.filter((count, i) => i > 0 && count !== pods[i - 1]).length;
    // The windows that are open at the end of the day are closed by a run that knows that it is the end.
    await tocsin('run', '--config', member('rest'), '--bounded');

    writeFileSync(join(folder, 'day.log'), load.flatMap((_, at) => linesOf(at)).join('\n') + '\n');
    const file = write('file', {
      sources: [{ type: 'file', path: join(folder, 'day.log'), format: 'json' }],
      channels: { shards: 2 },
      state: { dir: join(folder, 'file') },
    });
    await tocsin('run', '--config', file);
    const decided = await Promise.all(
      [file, member('rest')].map(async (config, i) => {
        await tocsin('replay', '--config', config, '--source', 'decisions', '--out', join(folder, `decided-${i}`));
        return readFileSync(join(folder, `decided-${i}`));
      }),
    );
    expect(decided[0]!.length).toBeGreaterThan(50_000);
    expect(decided[1]!.equals(decided[0]!)).toBe(true);
    const sorted = latencies.toSorted((a, b) => a - b);
    process.stderr.write(
      `a day of ${load.reduce((sum, lines) => sum + lines, 0)} lines, pods ${pods.join(' ')}, ${changes} changes; an hour ` +
        `was read ${Math.round(sorted[12]!)} ms after it came (median), at most ${Math.round(sorted[23]!)} ms\n`,
    );
  } finally {
    for (const each of [...members, ...left]) each.signal('SIGKILL');
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    await Promise.all([kafka.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);

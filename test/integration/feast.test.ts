/** The feature store as Feast's SDK reads it, from Redis and from Parquet. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import pino from 'pino';
import { configSchema, type Config } from '../../config/schema.js';
import { decodeTime, encodeValue, entityKey, featureField, timeField } from '../../connectors/feast/layout.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import { onFeatureGrid } from '../../models/detectors/feature-grid.js';
import { logs1 } from '../../models/features/schemas.js';
import { writeFeast } from '../../offline/features/feast.js';
import { exportFeatures } from '../../offline/features/export.js';
import { openChannel } from '../../offline/replay/channel-records.js';
import { decodeDecision, type Decision } from '../../records/score.js';
import { readConfig } from '../../service/configuration.js';
import { channelFolder } from '../../service/channels.js';
import { onlineFollower } from '../../service/features/online.js';
import { asOf } from '../../training/features/as-of.js';
import { aQuietDecision } from '../builders/decision.js';
import { chance } from '../builders/windows.js';
import { minutes, monday, writeDecisions } from '../offline/features/store.js';
import { runPython, testWith } from './services/python.js';
import { startRedis } from './services/redis.js';
import type { Service } from './services/service.js';
import { tocsin } from './services/tocsin.js';

let client: Redis;
let redis: Service;
let config: Config;
let folder: string;
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
  folder = mkdtempSync(join(tmpdir(), 'tocsin-feast-'));
  config = configSchema.parse({
    sources: [{ type: 'file', path: 'a.log', labels: { service: 'auth' } }],
    state: { dir: join(folder, 'state') },
    channels: { shards: 2 },
    features: { online: { url: redis.url, project: 'shop' } },
  });
});
afterAll(async () => {
  client?.disconnect();
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const entities = Array.from({ length: 1000 }, (_, i) => `service{service="s-${i}"}`);
/** Three windows of each entity, a day apart, with features anywhere on their grid. */
function someDecisions(): Decision[] {
  const random = chance(11);
  return [0, 1, 2].flatMap((day) =>
    entities.map((entity, i) => {
      const end = monday + day * 1440 * minutes + (i % 200) * 5 * minutes;
      return aQuietDecision({
        ...{ entity, end, start: end - 5 * minutes },
        features: logs1.columns.map(() => onFeatureGrid((random() - 0.5) * 2 ** Math.floor(random() * 11))),
        scores: [{ detector: 'robust-z', score: random() * 100, u: random() }],
        u: random(),
        fired: random() < 0.5,
      });
    }),
  );
}

/** Writes what the log has to the online store, as a run does behind its checkpoints. */
async function follow(own = config): Promise<void> {
  const reader = await SegmentLogReader.open({ folder: channelFolder(own, 'decisions'), shards: 2 });
  const online = onlineFollower(own, {
    decisions: async () => ({ reader, close: () => reader.close() }),
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
  });
  online?.look(0);
  online?.look(1);
  await online?.stop(60_000);
}

/** Bits of a double, as the script shows them; those of a float32 are among them. */
const bits = (value: number): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
};

interface Answer {
  readonly online: Readonly<Record<string, readonly unknown[]>>;
  readonly history: Readonly<Record<string, readonly unknown[]>>;
}

testWith('feast')(
  'feast apply takes the definitions; 1,000 entities have the bits of their last window, 1,000 points those of as-of',
  async () => {
    const decisions = someDecisions();
    await writeDecisions(config, decisions);
    const { dir } = await exportFeatures(config);
    await follow();
    const repository = join(folder, 'feast');
    await writeFeast(config, { store: dir, out: repository });
    const names = logs1.columns.map(({ name }) => name);
    const scores = ['u', 'fired', 'score_robust_z', 'policy'];
    const last = monday + 4 * 1440 * minutes;
    const points = fc.sample(
      fc.record({
        entity: fc.constantFrom(...entities, 'service{service="unknown"}'),
        at: fc.integer({ min: monday - 1440 * minutes, max: last }),
      }),
      { numRuns: 1000, seed: 5 },
    );
    const answer = (await runPython('feast', 'test/integration/services/ask_feast.py', [repository], {
      entities: [...entities, 'service{service="unknown"}'],
      features: [...names.map((name) => `windows:${name}`), ...scores.map((name) => `decisions:${name}`)],
      points,
      history: names.map((name) => `windows:${name}`),
    })) as Answer;

    const newest = decisions.slice(-entities.length);
    names.forEach((name, at) =>
      expect(answer.online[name]).toEqual([...newest.map(({ features }) => bits(Math.fround(features[at]!))), null]),
    );
    expect(answer.online.u).toEqual([...newest.map(({ u }) => bits(u)), null]);
    expect(answer.online.fired).toEqual([...newest.map(({ fired }) => fired), null]);
    expect(answer.online.score_robust_z).toEqual([...newest.map(({ scores: [one] }) => bits(one!.score)), null]);
    expect(answer.online.policy).toEqual([...newest.map(({ policy }) => policy), null]);

    const known = await asOf(dir, points, { view: 'windows' });
    for (const name of names)
      expect(answer.history[name]).toEqual(known.map((row) => (row ? bits(row[name] as number) : null)));
  },
  300_000,
);

/** What is stored of an entity in the view of decisions: its time, and `u` as it was encoded. */
async function storedOf(entity: string, project: string): Promise<readonly [at: number | undefined, u: string]> {
  const key = entityKey('entity', entity, project);
  const time = await client.hgetBuffer(key, timeField('decisions'));
  const u = await client.hgetBuffer(key, featureField('decisions', 'u'));
  return [time ? decodeTime(time) : undefined, u?.toString('hex') ?? ''];
}
const wanted = ({ end, u }: Decision): readonly [number, string] => [end, encodeValue('double', u).toString('hex')];

test('a Redis that lost its data is filled again from the log; rows that a restart repeats replace no newer one', async () => {
  const own = { ...config, state: { ...config.state, dir: join(folder, 'other') } };
  own.features = { online: { ...config.features.online!, project: 'other' } };
  const entity = entities[0]!;
  const all = someDecisions().filter((one) => one.entity === entity);
  await writeDecisions(own, all);
  await follow(own);
  expect(await storedOf(entity, 'other')).toEqual(wanted(all[2]!));
  // What an older checkpoint repeats; it is the last thing in the log.
  await writeDecisions(own, all.slice(0, 2));
  await follow(own);
  expect(await storedOf(entity, 'other')).toEqual(wanted(all[2]!));
  await client.flushall();
  await follow(own);
  expect(await storedOf(entity, 'other')).toEqual(wanted(all[2]!));
});

test('a run writes the last decision of each entity', async () => {
  const log = join(folder, 'a.log');
  const start = Date.UTC(2026, 0, 5);
  const lines = Array.from({ length: 3600 }, (_, i) =>
    JSON.stringify({
      time: new Date(start + i * 2000).toISOString(),
      ...{ level: 'info', service: ['cart', 'mail'][i % 2], message: `request ${i % 7} served` },
    }),
  );
  writeFileSync(log, `${lines.join('\n')}\n`);
  const file = join(folder, 'run.json');
  writeFileSync(
    file,
    JSON.stringify({
      sources: [{ type: 'file', path: log, format: 'json' }],
      state: { dir: join(folder, 'run') },
      channels: { shards: 2 },
      features: { online: { url: redis.url, project: 'run' } },
      respond: { stdout: 'none' },
    }),
  );
  await tocsin('run', '--config', file, '--bounded');
  const last = new Map<string, Decision>();
  const decided = await openChannel(readConfig(file), 'decisions');
  for (let shard = 0; shard < decided.shards; shard++)
    for await (const { value } of decided.records(shard)) {
      const decision = decodeDecision(value);
      if (decision.key === '') last.set(decision.entity, decision);
    }
  await decided.close();
  expect(last.size).toBe(2);
  for (const decision of last.values()) expect(await storedOf(decision.entity, 'run')).toEqual(wanted(decision));
});

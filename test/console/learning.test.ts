/** What the models in force are worth, as the console shows it: as the command says it, by the answers that are known. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../config/schema.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import { learningRoutes } from '../../console/api/learning.js';
import type { ConsoleParts } from '../../console/api/served.js';
import { WindowRing } from '../../console/view/window-ring.js';
import { trainEnsemble } from '../../models/detectors/train.js';
import { logs1 } from '../../models/features/schemas.js';
import { openSet, writeSet } from '../../models/registry/registry.js';
import { importanceIn } from '../../offline/importance/importance.js';
import { entity } from '../../records/entity.js';
import { subjectOf, type Decision } from '../../records/score.js';
import { Artefacts } from '../../training/artefacts.js';
import { aQuietDecision } from '../builders/decision.js';
import { residuals } from '../conformance/detector.js';

const columns = logs1.columns.map(({ name }) => name);
const folder = mkdtempSync(join(tmpdir(), 'tocsin-learning-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = configSchema.parse({
  sources: [{ type: 'file', path: 'x.log' }],
  state: { dir: folder },
});
const { dir } = Artefacts.in(folder);
const minute = 60_000;
const sample = residuals(100, columns.length, 3);

/** One of a minute; every third is an anomaly in its first feature. */
const log: Decision[] = Array.from({ length: 60 }, (_, i) => {
  const features = [...sample.data.subarray(i * columns.length, (i + 1) * columns.length)];
  if (i % 3 === 0) features[0] = 20;
  return aQuietDecision({
    entity: entity('service', { service: 'cart' }).key,
    ...{ start: i * minute, end: (i + 1) * minute, schema: 'logs-1', features },
  });
});

function routesOf(answers: ReadonlyMap<string, boolean>, artefact: string) {
  const ring = new WindowRing(1000);
  log.forEach((decision, offset) => ring.push(decision, 0, offset));
  const metrics = createMetrics();
  const view = {
    ...{ ring, artefacts: new Map([[0, artefact]]) },
    decisions: async (points: readonly { shard: number; offset: number }[]) =>
      new Map(points.map(({ shard, offset }) => [`${shard}-${offset}`, log[offset]])),
  };
  const routes = learningRoutes({
    ...{ config, metrics },
    ...{ view, run: () => ({ answers: () => answers }) },
  } as unknown as ConsoleParts);
  const ask = async (path: string): Promise<unknown> =>
    routes.find((route) => route.path === path)?.handle({} as never);
  return { metrics, ask };
}

test('importance is what the command works out from the same answers', async () => {
  const models = trainEnsemble({ schema: 'logs-1', columns, matrix: sample, seed: 1, from: 0, to: 1000 });
  const members = Object.fromEntries(models.slice(0, 2).map(({ name, bytes }) => [`detector/logs-1/${name}`, bytes]));
  const set = await writeSet(dir, { from: 1000, members });
  const answers = new Map(log.map((decision, i) => [subjectOf(decision), i % 3 === 0] as const));
  const { ask } = routesOf(answers, set);
  const rows = [...log.entries()].reverse().map(([i, { features }]) => ({ features, isTrue: i % 3 === 0 }));
  const items = await importanceIn(await openSet(dir, set), new Map([['logs-1', rows]]), config.detection.seed);
  expect(await ask('/importance')).toEqual({ set, leastAnswers: 5, items });
  expect(items).toMatchObject([{ schema: 'logs-1', anomalies: 20, others: 40 }]);
  expect(items[0]!.detectors[0]!.features[0]!.feature).toBe(columns[0]);

  const few = routesOf(new Map([...answers].slice(0, 6)), set);
  expect(await few.ask('/importance')).toMatchObject({ items: [{ anomalies: 2, others: 4, detectors: [] }] });
});

test('before a set is in force there is no importance, and no failure', async () => {
  expect(await routesOf(new Map(), '').ask('/importance')).toEqual({ set: null, leastAnswers: 5, items: [] });
});

test('drift is what the run found when it last looked, and says where it has not looked', async () => {
  const { metrics, ask } = routesOf(new Map(), '');
  expect(await ask('/drift')).toEqual({ lookedAt: null, entities: 0, young: 0, items: [] });
  metrics.driftEntities.set(3);
  metrics.driftYoung.set(1);
  metrics.driftLooked.set(Date.UTC(2026, 0, 20) / 1000);
  metrics.drift.set({ entity: 'service service=cart' }, 1);
  expect(await ask('/drift')).toEqual({
    ...{ lookedAt: '2026-01-20T00:00:00.000Z', entities: 3, young: 1 },
    items: [{ entity: 'service service=cart' }],
  });
});

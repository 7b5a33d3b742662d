/** The demo of `npm start`, small: it ends by itself and leaves a result that a program can read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logs1 } from '../../models/features/schemas.js';
import { begin, ended } from './services/tocsin.js';

test('a small demo ends with its table', async () => {
  const run = begin(['demo', '--seed', '1', '--lines', '60000', '--days', '9', '--json']);
  const { code, out } = await run.ended;
  expect(code).toBe(0);
  expect((JSON.parse(out) as { lines: number }).lines).toBeGreaterThan(40_000);
}, 300_000);

test('a demo without a day to count is refused at once', async () => {
  const { code, err } = await ended('demo', '--days', '7');
  expect(code).toBe(2);
  expect(err).toContain('--days 7: the table counts what comes after the first 7 days; give more');
});

test('its verdicts say which features the detectors need', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tocsin-demo-'));
  try {
    const demo = ['demo', '--seed', '1', '--lines', '60000', '--days', '40', '--keep', dir, '--json'];
    const { verdicts } = JSON.parse((await begin(demo).ended).out) as { verdicts: number };
    const config = join(dir, 'demo.json');
    writeFileSync(config, JSON.stringify({ sources: [{ type: 'file', path: 'none.log' }], state: { dir } }));
    const { code, out } = await ended('models', 'importance', '-c', config, '--json');
    expect(code).toBe(0);
    const { schemas } = JSON.parse(out) as {
      schemas: {
        schema: string;
        anomalies: number;
        others: number;
        detectors: { name: string; separation: number; features: { feature: string; drop: number }[] }[];
      }[];
    };
    const { schema, anomalies, others, detectors } = schemas[0]!;
    expect(schema).toBe('logs-1');
    // Those on sessions are no windows of this schema.
    expect(anomalies + others).toBeLessThanOrEqual(verdicts);
    expect(Math.min(anomalies, others)).toBeGreaterThanOrEqual(5);
    expect(detectors.map(({ name }) => name)).toContain('prototypes');
    for (const { separation, features } of detectors) {
      expect(separation).toBeGreaterThan(0.4);
      expect(features.map(({ feature }) => feature).sort()).toEqual(logs1.columns.map(({ name }) => name).sort());
    }
    const novel = detectors.find(({ name }) => name === 'rare-templates')!;
    const needed = novel.features.filter(({ drop }) => drop !== 0).map(({ feature }) => feature);
    expect(needed.every((feature) => ['novelty', 'unseen', 'rarity', 'divergence'].includes(feature))).toBe(true);
    expect(needed.length).toBeGreaterThan(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 400_000);

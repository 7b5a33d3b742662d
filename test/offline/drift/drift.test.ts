import { rmSync } from 'node:fs';
import type { Config } from '../../../config/schema.js';
import { onFeatureGrid } from '../../../models/detectors/feature-grid.js';
import { logs1 } from '../../../models/features/schemas.js';
import { driftMetrics } from '../../../offline/drift/exposition.js';
import { driftPage } from '../../../offline/drift/page.js';
import { driftIn } from '../../../offline/drift/run.js';
import type { DriftReport } from '../../../training/drift/find.js';
import type { Decision } from '../../../records/score.js';
import { aQuietDecision } from '../../builders/decision.js';
import { autoregressive } from '../../models/drift/series.js';
import { aConfig, monday, services, writeDecisions, writeWindows } from '../features/store.js';

const day = 86_400_000;
const perDay = 24;
const days = 36;
const volume = logs1.columns.findIndex(({ name }) => name === 'volume');

/** Windows of an hour of three services whose features remember; from `from` on the volume of one is shifted. */
function decisions(shifted: string, from: number, shift: number): Decision[] {
  const found: Decision[] = [];
  services.forEach((entity, e) => {
    const columns = logs1.columns.map((_, c) => autoregressive(days * perDay, 0.6, 100 * e + c));
    for (let i = 0; i < days * perDay; i++) {
      const end = monday + ((i + 1) * day) / perDay;
      const features = columns.map((values) => onFeatureGrid(values[i]!));
      if (entity === shifted && end > from) features[volume] = onFeatureGrid(features[volume]! + shift);
      const scores = [{ detector: 'robust-z', score: Math.abs(features[volume]!), u: 0 }];
      found.push(
        aQuietDecision({ entity, start: end - day / perDay, end, features, scores, u: features[volume]! / 4 }),
      );
    }
  });
  return found.sort((a, b) => a.end - b.end);
}

async function driftOfLog(
  all: readonly Decision[],
  more: Partial<{ budget: number; reference: number }> = {},
): Promise<DriftReport> {
  const config: Config = aConfig();
  await writeDecisions(config, all);
  await writeWindows(config, []);
  const report = await driftIn(config, { reference: 28 * day, budget: 1, ...more });
  rmSync(config.state.dir, { recursive: true });
  return report;
}

test('what did not change is left alone; what shifted is found on its day, with what shifted and how far', async () => {
  const at = monday + 33 * day;
  const report = await driftOfLog(decisions(services[1]!, at, 3));
  expect(report.entities.map(({ entity, isDrifted }) => [entity, isDrifted])).toEqual([
    [services[0], false],
    [services[1], true],
    [services[2], false],
  ]);
  const own = report.alarms.filter((alarm) => alarm.entity === services[1] && alarm.at > at);
  expect(own.map((alarm) => alarm.at)).toEqual([at + day, at + 2 * day, at + 3 * day]);
  expect(own[0]!.series.map(({ name }) => name)).toContain('feature volume');
  const found = own[0]!.series.find(({ name }) => name === 'feature volume')!;
  expect(found.shift).toBeGreaterThan(2);
  expect(found.ks).toBeGreaterThan(0.5);
  // Within the budget, which is one a week.
  expect(report.alarms.length - own.length).toBeLessThanOrEqual(2);
  // Restarts write decisions again; each counts once.
  const all = decisions(services[1]!, at, 3);
  expect(await driftOfLog([...all, ...all.slice(-300)])).toEqual(report);

  const page = driftPage(report);
  expect(page).toContain('<h1>Drift: 1 of 3 entities</h1>');
  expect(page).toContain('<code>service{service=&#34;cart&#34;}</code></td><td>drifted</td>');
  const text = driftMetrics(report, 5000);
  expect(text).toContain(`tocsin_drift{entity="service{service=\\"cart\\"}"} 1\n`);
  expect(text).toContain('tocsin_drift_looked_timestamp_seconds 5\n');
  expect(text.match(/^# TYPE /gm)).toHaveLength(7);
});

test('an entity that is younger than the reference and a day is not judged', async () => {
  const young = decisions('', 0, 0).filter(({ entity, end }) => entity !== services[0] || end < monday + 20 * day);
  const report = await driftOfLog(young);
  expect([report.young, report.entities.length]).toEqual([1, 2]);
  expect(report.expected).toBeCloseTo(12 / 21, 10);
});

test('a constant feature that stays is no drift, and a detector that is new has no past to be unlike', async () => {
  const all = decisions('', 0, 0).map((decision) => ({
    ...decision,
    features: decision.features.map((value, i) => (i === 3 ? 0 : value)),
    scores: [...decision.scores, ...(decision.end > monday + 32 * day ? [{ detector: 'newer', score: 9, u: 0 }] : [])],
  }));
  const report = await driftOfLog(all);
  const named = report.alarms.flatMap(({ series }) => series.map(({ name }) => name));
  expect(named).not.toContain('score newer');
  expect(named).not.toContain(`feature ${logs1.columns[3]!.name}`);
});

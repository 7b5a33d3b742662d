/** Rows by the rule that they broke: a series a rule from the start, and no more series than a Prometheus should keep. */
import { createMetrics } from '../../../connectors/http/metrics.js';

test('a rule has its series before a row breaks it', async () => {
  const { quarantined, registry } = createMetrics();
  quarantined.expect(['between volume', 'not null level']);
  quarantined.broke('between volume');
  quarantined.broke('between volume');
  expect(await quarantined.counts()).toEqual(
    new Map([
      ['between volume', 2],
      ['not null level', 0],
    ]),
  );
  expect(await registry.metrics()).toContain('tocsin_quarantined_rows_total{rule="not null level"} 0');
});

test('rules beyond the hundredth share one series, and no row is lost', async () => {
  const { quarantined } = createMetrics();
  for (let i = 0; i < 150; i++) quarantined.broke(`rule ${i}`);
  const counts = await quarantined.counts();
  expect(counts.size).toBe(101);
  expect(counts.get('(other)')).toBe(50);
  expect([...counts.values()].reduce((sum, n) => sum + n, 0)).toBe(150);
});

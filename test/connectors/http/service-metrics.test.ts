import { Registry } from 'prom-client';
import { ServiceMetrics } from '../../../connectors/http/service-metrics.js';

test('services without end share a label beyond the thousandth, and none is longer than it may be', async () => {
  const registry = new Registry();
  const services = new ServiceMetrics(registry);
  for (let i = 0; i < 1500; i++) services.alerted(`service ${i}`, 3);
  services.alerted('service 7', 3);
  services.calledFalse('service 1400');
  services.calledFalse('x'.repeat(1_000_000));
  const metrics = await registry.getMetricsAsJSON();
  const valuesOf = (name: string) => {
    const { values } = metrics.find((metric) => metric.name === name)!;
    return new Map(values.map(({ labels, value }) => [labels.service, value]));
  };
  const episodes = valuesOf('tocsin_alert_episodes_total');
  expect(episodes.size).toBe(1001);
  expect([episodes.get('service 7'), episodes.get('(other)')]).toEqual([2, 500]);
  expect(valuesOf('tocsin_false_alerts_total')).toEqual(new Map([['(other)', 2]]));
  expect(valuesOf('tocsin_budget_false_alerts_a_week').size).toBe(1000);
});

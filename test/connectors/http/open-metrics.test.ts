import { Counter, Gauge, Registry } from 'prom-client';
import { ExemplarHistogram, openMetricsOf } from '../../../connectors/http/open-metrics.js';

test('counters have the name of their family and _total, buckets their exemplars, and the end is said', async () => {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'lines_total', help: 'Lines: a "count".', labelNames: ['fate'], registers }).inc(
    { fate: 'read' },
    3,
  );
  new Gauge({ name: 'lag', help: 'Lag.', registers }).set(2);
  const delay = new ExemplarHistogram({ name: 'delay_seconds', help: 'Delay.', buckets: [1, 5], registers });
  delay.observe(0.5, ['decision', '0-7'], 1000);
  delay.observe(0.7, ['decision', '0-8'], 2000);
  delay.observe(9, ['decision', '0-9'], 3000);
  expect(openMetricsOf(await registry.metrics(), delay.exemplars).split('\n')).toEqual([
    '# HELP lines Lines: a "count".',
    '# TYPE lines counter',
    'lines_total{fate="read"} 3',
    '# HELP lag Lag.',
    '# TYPE lag gauge',
    'lag 2',
    '# HELP delay_seconds Delay.',
    '# TYPE delay_seconds histogram',
    'delay_seconds_bucket{le="1"} 2 # {decision="0-8"} 0.7 2',
    'delay_seconds_bucket{le="5"} 2',
    'delay_seconds_bucket{le="+Inf"} 3 # {decision="0-9"} 9 3',
    'delay_seconds_sum 10.2',
    'delay_seconds_count 3',
    '# EOF',
    '',
  ]);
});

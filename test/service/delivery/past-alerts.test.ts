/** Alerts of a backfill are summarised in one line, once no more come. */
import { createMetrics } from '../../../connectors/http/metrics.js';
import { PastAlerts } from '../../../service/delivery/past-alerts.js';
import { anAlert } from '../../builders/alert.js';
import { keptLog } from '../../builders/kept-log.js';

const start = Date.UTC(2026, 0, 5, 3);
const minute = 60_000;

function past() {
  const { lines, log } = keptLog();
  const metrics = createMetrics();
  return { lines, metrics, alerts: new PastAlerts(metrics, log) };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('one line says how many there were, from when to when', async () => {
  const { lines, metrics, alerts } = past();
  for (const at of [10, 0, 90]) alerts.add(anAlert({ startsAt: start + at * minute }));
  expect(lines).toEqual([]);
  jest.advanceTimersByTime(30_000);
  expect(lines).toEqual([
    expect.stringMatching(/^3 alerts of the past, from 2026-01-05 03:00 to 2026-01-05 04:30 UTC, were not notified/),
  ]);
  expect((await metrics.past.get()).values[0]!.value).toBe(3);
});

test('the line waits while more come, and the next backfill has its own', () => {
  const { lines, alerts } = past();
  alerts.add(anAlert({ startsAt: start }));
  jest.advanceTimersByTime(29_000);
  alerts.add(anAlert({ startsAt: start + minute }));
  jest.advanceTimersByTime(29_000);
  expect(lines).toEqual([]);
  jest.advanceTimersByTime(1000);
  alerts.add(anAlert({ startsAt: start + 60 * minute }));
  alerts.summarise();
  alerts.summarise();
  expect(lines.map((line) => line.slice(0, 11))).toEqual(['2 alerts of', '1 alerts of']);
  expect(lines[1]).toContain('from 2026-01-05 04:00 to 2026-01-05 04:00');
});

import { createMetrics } from '../../connectors/http/metrics.js';
import { parseConfig } from '../../config/load.js';
import { renderStatus } from '../../cli/commands/status.js';
import { statusOf, type Status } from '../../service/status.js';
import type { TrainingStatus } from '../../service/training/status.js';
import { learningWords } from '../../service/training/words.js';

const hour = 3_600_000;
const about = (status: Partial<TrainingStatus>): string =>
  learningWords({ phase: 'prior', training: false, leads: true, automatic: true, refusals: 0, ...status });

test('learning is said in words', () => {
  expect(about({ phase: 'waiting' })).toBe('nothing was read so far: waiting for the first lines');
  expect(about({ data: 130 * 60_000, next: { at: 0, in: 50 * 60_000, kind: 'schedule' } })).toBe(
    '2 h 10 min of data; scored with the models that ship with tocsin; first own models in 50 min',
  );
  expect(about({ phase: 'none', data: hour, training: true })).toBe(
    '1 h of data; nothing scores yet: only plain rules can fire; training now',
  );
  expect(
    about({
      phase: 'own',
      data: 80 * hour,
      trainedUpTo: Date.parse('2026-01-08T00:00:00Z'),
      behind: 8 * hour,
      next: { at: 0, in: 16 * hour, kind: 'look' },
    }),
  ).toBe(
    '3 days 8 h of data; scored with own models of 2026-01-08 00:00 UTC, 8 h old; next look whether to train in 16 h',
  );
  expect(about({ phase: 'own', automatic: false })).toBe('scored with own models; trained by `tocsin train` only');
  expect(about({ refused: { what: 'too-little', why: '40 rows', at: 0 } })).toContain(
    'the last training led to nothing: 40 rows',
  );
});

async function example(): Promise<Status> {
  const metrics = createMetrics();
  metrics.lines.inc({ source: 'logs/0', fate: 'read' }, 93);
  metrics.lines.inc({ source: 'logs/0', fate: 'refused' }, 7);
  metrics.rejected.inc({ topology: 'ingest', reason: 'no-time' }, 7);
  metrics.rejected.inc({ topology: 'ingest', reason: 'late' }, 2);
  metrics.rejected.inc({ topology: 'ingest', reason: 'repeat' }, 50);
  metrics.lag.set({ source: 'logs/0' }, 12);
  metrics.watermark.set({ source: 'logs/0' }, 1_767_614_400);
  metrics.boundary.set({ shard: '0' }, 1_767_614_400);
  metrics.boundary.set({ shard: '1' }, 1_767_614_100);
  metrics.seen.see('service{service="cart"}');
  metrics.seen.see('service{service="cart"}');
  metrics.services.alerted('cart', 2);
  metrics.services.calledFalse('cart');
  return statusOf({
    config: parseConfig('sources: [{ path: a.log }]', 'c.yaml', {}),
    metrics,
    health: { live: [], ready: [] },
    training: undefined,
    startedAt: 0,
    now: 1_767_614_400_000,
  });
}

test('lines, sources, windows and budgets are those of the metrics', async () => {
  expect(await example()).toMatchObject({
    ready: true,
    lines: { in: 100, refused: 9, reasons: { 'no-time': 7, late: 2 } },
    watched: { services: 1, series: 0, sessions: 0 },
    sources: [{ name: 'logs/0', lag: 12, readTo: '2026-01-05T12:00:00.000Z' }],
    windows: { closedTo: '2026-01-05T11:55:00.000Z', closedSecondsAgo: 300 },
    budget: { perWeek: 1, services: [{ service: 'cart', alerts: 1, false: 1, perWeek: 2 }] },
  });
});

test('the status fits a terminal and names the remedy for what is refused most', async () => {
  const lines = renderStatus(await example(), 80);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines.join('\n')).toMatch(/no-time: where JSON has the time under another name, set fields.time/);
  expect(lines.join('\n')).toMatch(/closed up to 2026-01-05 11:55:00 UTC, 5 min ago/);
});

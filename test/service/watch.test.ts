/** The lines in the log when what a process does changes. */
import { createMetrics } from '../../connectors/http/metrics.js';
import type { Served } from '../../service/http.js';
import type { TrainingStatus } from '../../service/training/status.js';
import { watchChanges } from '../../service/watch.js';
import { keptLog } from '../builders/kept-log.js';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

/** A run whose state a test changes, and the lines that were logged. */
function watched() {
  const { lines, log } = keptLog();
  const metrics = createMetrics();
  const state = {
    ready: [] as string[],
    training: { phase: 'prior', training: false, leads: true, automatic: true, refusals: 0 } as TrainingStatus,
  };
  const running = {
    health: () => ({ live: [], ready: state.ready }),
    trainer: { status: () => state.training },
  } as unknown as Served;
  const watch = watchChanges(running, metrics, log);
  const later = async (): Promise<void> => {
    jest.advanceTimersByTime(5000);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { lines, metrics, state, watch, later };
}

test('a phase of learning is logged once, when it begins', async () => {
  const { lines, state, watch, later } = watched();
  await later();
  await later();
  expect(lines.filter((line) => line.startsWith('learning:'))).toHaveLength(1);
  state.training = { ...state.training, phase: 'own' };
  await later();
  expect(lines.at(-1)).toContain('scored with own models');
  watch.stop();
});

test('what is not ready for two looks is logged, and so is that it is ready again', async () => {
  const { lines, state, watch, later } = watched();
  await later();
  lines.length = 0;
  state.ready = ['windows/0 is restoring'];
  await later();
  expect(lines).toEqual([]);
  await later();
  state.ready = [];
  await later();
  await later();
  expect(lines).toEqual(['not ready: windows/0 is restoring', 'ready']);
  watch.stop();
});

test('where much is refused the most frequent reason is named, once', async () => {
  const { lines, metrics, watch, later } = watched();
  await later();
  lines.length = 0;
  metrics.lines.inc({ source: 'a', fate: 'read' }, 60);
  metrics.lines.inc({ source: 'a', fate: 'refused' }, 40);
  metrics.rejected.inc({ topology: 'ingest', reason: 'no time' }, 40);
  await later();
  await later();
  expect(lines).toEqual([expect.stringMatching(/^40 % of 100 lines are refused, most as no time/)]);
  watch.stop();
  await later();
  expect(lines).toHaveLength(1);
});

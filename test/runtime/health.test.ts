import { health, ready, type Phase, type TaskProgress } from '../../runtime/health.js';

const task = (phase: Phase, since: number, error?: string): TaskProgress => ({
  task: 'detect/0',
  phase,
  since,
  lastProgressAt: since,
  position: { source: 'windows/0', offset: 42 },
  checkpoint: undefined,
  batches: 1,
  items: 1,
  outputs: 0,
  rejected: 0,
  checkpoints: 0,
  ...(error ? { error } : {}),
});

test('who waits for input is healthy however long it takes', () => {
  for (const phase of ['waiting', 'paused', 'ended', 'stopped'] as const) {
    expect(health([task(phase, 0)], 1e9, 1000)).toEqual({ healthy: true, problems: [] });
  }
});

test('who is busy with one thing for too long is not, and it says where', () => {
  for (const phase of ['restoring', 'processing', 'checkpointing'] as const) {
    expect(health([task(phase, 0)], 1000, 1000).healthy).toBe(true);
    expect(health([task(phase, 0)], 61_000, 1000)).toEqual({
      healthy: false,
      problems: [`detect/0 has been ${phase} for 61 s, after windows/0 at offset 42`],
    });
  }
});

test('a failed task is not healthy, and says why', () => {
  expect(health([task('waiting', 0), task('failed', 0, 'disk full')], 1, 1000).problems).toEqual([
    'detect/0 has failed: disk full',
  ]);
});

test('ready means that every task has its state', () => {
  expect(ready([task('waiting', 0), task('processing', 0)])).toBe(true);
  expect(ready([task('waiting', 0), task('restoring', 0)])).toBe(false);
});

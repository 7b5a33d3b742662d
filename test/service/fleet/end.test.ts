/** When a member that ends by itself may leave: not before what is its own is decided, nor while others may die. */
import { steadyNow } from '../../../runtime/clock.js';
import type { Phase, TaskProgress } from '../../../runtime/health.js';
import { isAllDecided, isAtRest, isDone } from '../../../service/fleet/end.js';
import type { Role } from '../../../service/fleet/roles.js';
import type { Flow } from '../../../service/flow/flow.js';
import { adminOf } from '../../builders/committed-offsets.js';

const task = (name: string, phase: Phase, ageMs = 10_000): TaskProgress =>
  ({ task: name, phase, since: steadyNow() - ageMs, records: 0 }) as unknown as TaskProgress;
const flow = (everyoneEnded: boolean, finished: readonly number[] = []): Flow =>
  ({ everyoneEnded, finished: new Set(finished) }) as unknown as Flow;
const all: ReadonlySet<Role> = new Set(['ingest', 'detect', 'respond']);

test('a task that restores or works is not at rest, nor a respond task that was idle for less than a second', () => {
  expect(isAtRest([task('detect/0', 'waiting'), task('respond/0', 'waiting')])).toBe(true);
  expect(isAtRest([task('detect/0', 'processing')])).toBe(false);
  expect(isAtRest([task('ingest/a/0', 'restoring')])).toBe(false);
  expect(isAtRest([task('respond/0', 'waiting', 10)])).toBe(false);
});

test.each<[string, readonly TaskProgress[], ReadonlySet<Role>, Flow, boolean]>([
  [
    'sources ended, shard finished',
    [task('ingest/a/0', 'ended'), task('detect/0', 'waiting')],
    all,
    flow(false, [0]),
    true,
  ],
  [
    'one source still reads',
    [task('ingest/a/0', 'waiting'), task('detect/0', 'waiting')],
    all,
    flow(false, [0]),
    false,
  ],
  [
    'one shard is not finished',
    [task('detect/0', 'waiting'), task('detect/1', 'waiting')],
    all,
    flow(false, [0]),
    false,
  ],
  ['all sources of the fleet ended', [task('detect/0', 'waiting')], all, flow(true), true],
  ['no shard yet', [task('ingest/a/0', 'ended')], all, flow(true), false],
  ['reads only, its sources ended', [task('ingest/a/0', 'ended')], new Set<Role>(['ingest']), flow(true), true],
  ['reads only, no source yet', [], new Set<Role>(['ingest']), flow(true), false],
])('%s', (_, tasks, roles, of, expected) => expect(isDone(tasks, roles, of)).toBe(expected));

test('a member stays until every shard is decided, and with --drain until the alerts are handled', async () => {
  const config = { kafka: { group: 'g' }, channels: { prefix: 'p' } } as never;
  const over = (windows: number, alerts: number, drain: boolean, roles = all): Promise<boolean> =>
    isAllDecided(
      adminOf({
        committed: { 'g-detect': { 'p.windows/0': [windows] }, 'g-respond': { 'p.alerts/0': [alerts] } },
        ends: { 'p.windows': [9], 'p.alerts': [3] },
      }).admin,
      { config, roles, drain },
    );
  expect(await over(8, 3, false)).toBe(false);
  expect(await over(9, 0, false)).toBe(true);
  expect(await over(9, 0, true)).toBe(false);
  expect(await over(9, 3, true)).toBe(true);
  expect(await over(0, 0, false, new Set(['ingest']))).toBe(true);
});

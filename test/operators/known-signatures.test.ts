/** A flood of messages that come once takes no place for ever from those that come later. */
import { KnownSignatures } from '../../operators/aggregate/known-signatures.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';

const minute = 60_000;
const hour = 60 * minute;

test('what came in one pane alone makes room an hour later, what came back stays for a day', async () => {
  const backend = new MemoryBackend();
  let stores = await TaskState.restore(backend, 'ingest/known', 1);
  let known = new KnownSignatures(stores, 100);
  let boundary = 0;
  const close = (to: number): void => {
    known.closed(boundary, to);
    boundary = to;
  };
  for (const pane of [0, minute]) for (let id = 0; id < 10; id++) expect(known.take(id, pane)).toBe(pane === 0);
  let described = 0;
  for (let id = 1000; id < 2000; id++) if (known.take(id, 2 * minute)) described++;
  expect(described).toBe(90);
  // Full: a new one is not described, and one that is known is known.
  expect([known.take(5000, 3 * minute), known.take(3, 3 * minute), known.has(3)]).toEqual([false, false, true]);
  close(30 * minute);
  expect(known.has(1000)).toBe(true);

  // What is remembered is in the store.
  await stores.checkpoint({ source: 's', offset: 1 });
  stores.close();
  stores = await TaskState.restore(backend, 'ingest/known', 2);
  known = new KnownSignatures(stores, 100);
  close(2 * hour);
  expect([known.has(1000), known.has(3), known.take(5000, 2 * hour)]).toEqual([false, true, true]);

  // Silent for a day, they go, too, where room is short; with room they stay.
  close(30 * hour);
  expect(known.has(3)).toBe(true);
  for (let id = 1000; id < 1060; id++) known.take(id, 30 * hour);
  close(31 * hour);
  expect([known.has(3), known.has(1000)]).toEqual([false, true]);
  expect(known.take(3, 31 * hour)).toBe(true);
  stores.close();
});

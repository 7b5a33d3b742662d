/** The demo of `npm start`, small: it ends by itself and leaves a result that a program can read. */
import { begin } from './services/tocsin.js';

test('a small demo ends with its table', async () => {
  const run = begin(['demo', '--seed', '1', '--lines', '60000', '--days', '9', '--json']);
  const { code, out } = await run.ended;
  expect(code).toBe(0);
  expect((JSON.parse(out) as { lines: number }).lines).toBeGreaterThan(40_000);
}, 120_000);

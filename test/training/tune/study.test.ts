/** Studies: what is in the journal is what an undisturbed study has, wherever the process was killed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Journal } from '../../../training/tune/journal.js';
import type { SearchPoint, Space } from '../../../training/tune/space.js';
import { BATCH, runStudy, type Trial } from '../../../training/tune/study.js';

const space: Space = {
  x: { kind: 'real', low: 0, high: 1 },
  size: { kind: 'whole', low: 1, high: 8 },
  member: { kind: 'choice', choices: [true, false] },
};
const first: SearchPoint = { x: 0.5, size: 4, member: 0 };
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tocsin-study-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let clock = 0;
let evaluations = 0;

async function run(path: string, trials = 20, about: Record<string, number> = { seed: 5 }): Promise<Trial[]> {
  const journal = await Journal.open(path, () => (clock += 1000));
  try {
    return await runStudy({
      name: 'tocsin',
      space,
      first,
      seed: 5,
      trials,
      about,
      journal,
      evaluate: async ({ x, size, member }, rung) => {
        evaluations++;
        // Who ends first is no matter.
        await new Promise((resolve) => setImmediate(resolve));
        if (size === 8) return { value: Number.NaN, about: {} };
        return { value: -((x! - 0.3) ** 2) - member! - 1 / (size! + rung), about: { x: x!, rung } };
      },
      mayGoOn: () => true,
    });
  } finally {
    await journal.close();
  }
}

const undated = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.replace(/,"datetime_\w+":"[^"]*"/, ''));

test('the first trial runs to the end, a third of a batch goes on, the best is found on the whole', async () => {
  const trials = await run(join(folder, 'whole'));
  expect(trials).toHaveLength(20);
  expect(trials[0]).toMatchObject({ number: 0, point: first, state: 'complete', step: 2 });
  for (let batch = 0; batch < 2; batch++) {
    const own = trials.slice(batch * BATCH, (batch + 1) * BATCH);
    expect(own.filter(({ step }) => step > 0).length).toBeLessThanOrEqual(4);
    expect(own.filter(({ state }) => state === 'complete').length).toBeGreaterThanOrEqual(1);
  }
  for (const { state, point } of trials) expect(state === 'failed').toBe(point['size'] === 8);
});

test('a study that was cut at any byte goes on to the same journal, and computes nothing that is there', async () => {
  const whole = join(folder, 'undisturbed');
  const trials = await run(whole);
  const text = readFileSync(whole, 'utf8');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: text.length }), async (cut) => {
      const path = join(folder, `cut-${cut}`);
      writeFileSync(path, text.slice(0, cut));
      expect(await run(path)).toEqual(trials);
      expect(undated(path)).toEqual(undated(whole));
    }),
    { numRuns: 60 },
  );
  evaluations = 0;
  expect(await run(whole)).toEqual(trials);
  expect(evaluations).toBe(0);
});

test('more trials go on with the study; other data or a foreign file is refused with its place', async () => {
  const path = join(folder, 'more');
  const some = await run(path, 18);
  const more = await run(path, 27);
  expect(more.slice(0, 18)).toEqual(some);
  await expect(run(path, 27, { seed: 6 })).rejects.toThrow(/more:2 is of another study/);
  writeFileSync(path, 'not a journal\n');
  await expect(run(path)).rejects.toThrow(/more:1: no operation/);
});

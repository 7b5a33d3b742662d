/** The bounded part of `npm run test:fuzz`: the same seeds each time. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

test('no mutated input makes a process end, stand still or grow', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    'scripts/fuzz.mjs',
    ...['--count', '4000', '--seed', '1', '--json'],
  ]).catch((error: unknown) => {
    throw new Error((error as { stderr: string }).stderr);
  });
  const found = JSON.parse(stdout) as { inputs: number; failures: number; rows: { target: string }[] };
  expect(found.failures).toBe(0);
  expect(found.inputs).toBeGreaterThanOrEqual(4000);
  expect(found.rows.map(({ target }) => target)).toEqual(
    expect.arrayContaining(['windows', 'registry-reader', 'models']),
  );
}, 240_000);

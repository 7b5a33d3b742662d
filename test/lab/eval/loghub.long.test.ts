import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { csvField, csvRows } from '../../../lab/eval/csv.js';
import { evalLoghub } from '../../../lab/eval/loghub.js';
import { evalLoghubLeftOut } from '../../../lab/eval/loghub-left-out.js';
import { normalised, templateAccuracy } from '../../../lab/eval/template-accuracy.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'eval-loghub-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function system(root: string, name: string, lines: readonly (readonly [string, string])[]): Promise<void> {
  await mkdir(join(root, name), { recursive: true });
  const rows = lines.map(([content, label], i) => [i + 1, content, label].map(csvField).join(','));
  const text = ['LineId,Content,EventTemplate', ...rows, ''].join('\n');
  await writeFile(join(root, name, `${name}_2k.log_structured_corrected.csv`), text);
}

const jobs = (label: string): [string, string][] => [
  ['job 7 took "a, b" s', label],
  ['job 9 took "c" s', label],
  ['disk, full', 'disk, full'],
];

test('accuracy by lines, by groups, and by groups with their text', () => {
  const line = (group: string, text: string) => ({ group, text });
  const predicted = [line('1', 'a <*>'), line('1', 'a <*>'), line('2', 'b x'), line('3', 'c'), line('4', 'c')];
  const truth = ['a <*>', 'a <*>', 'b <*>', 'c', 'c'];
  // Right are group 1 with its text and group 2 without, of 4 predicted and 3 true ones.
  expect(templateAccuracy(predicted, truth)).toEqual({ ga: 3 / 5, fga: 4 / 7, fta: 2 / 7 });
  expect(normalised(' at <*>:<*>,  <*>/<*> ')).toBe('at <*>, <*>');
});

test('what is written as CSV is read again', () => {
  const rows = fc.array(
    fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ') }), { minLength: 2 }),
  );
  fc.assert(
    fc.property(rows, (table) => {
      const text = table.map((row) => `${row.map(csvField).join(',')}\n`).join('');
      expect(csvRows(text)).toEqual(table);
    }),
  );
});

test('the folder of the systems and the one above it are taken; labels change the score, not what is predicted', async () => {
  await system(join(dir, 'loghub-2k'), 'Jobs', jobs('job <*> took "<*>" s'));
  await system(join(dir, 'flipped'), 'Jobs', jobs('other'));
  const { overall, parts } = await evalLoghub(dir, join(dir, 'out'));
  expect(overall).toEqual({ ga: 1, fga: 1, fta: 1 });
  expect(Object.keys(parts)).toEqual(['Jobs']);
  const flipped = await evalLoghub(join(dir, 'flipped'), join(dir, 'out-flipped'));
  expect(flipped.overall).toEqual({ ga: 1, fga: 1, fta: 0.5 });
  const written = await readFile(join(dir, 'out', 'Jobs.csv'), 'utf8');
  expect(await readFile(join(dir, 'out-flipped', 'Jobs.csv'), 'utf8')).toBe(written);
  const [header, first, , third] = csvRows(written);
  expect(header).toEqual(['LineId', 'EventId', 'EventTemplate']);
  expect([first![0], first![2]]).toEqual(['1', 'job <*> took "<*>" s']);
  expect(third![2]).toBe('disk, full');
  await expect(evalLoghub(join(dir, 'out'))).rejects.toThrow('give the folder of loghub-2k');
});

test('a rule that only a left-out system needs is not chosen for it', async () => {
  const root = join(dir, 'left');
  const dated = (n: number): [string, string] => [`up since Mon Jun ${n} 10:00:00 2005`, 'up since <*>'];
  await system(root, 'A', [dated(1), dated(2)]);
  for (const name of ['B', 'C']) await system(root, name, jobs('job <*> took "<*>" s'));
  const { overall, parts } = await evalLoghubLeftOut(root, []);
  expect(parts.A).toEqual({ ga: 1, fga: 1, fta: 0 });
  expect(parts.B!.fta).toBe(1);
  expect(overall.fta).toBeCloseTo(2 / 3);
  expect(parts['without dates']).toMatchObject({ ga: 0, fta: expect.closeTo(-1 / 3) });
});

/** Beside the project, or where the variable says. */
const data = process.env.TOCSIN_DATA ?? join(process.cwd(), '..', 'shared', 'data');
const floors = existsSync(join(data, 'loghub-2k')) || process.env.CI ? test : test.skip;
if (floors === test.skip)
  console.warn(`${data} has no loghub-2k: floors are not tested (TOCSIN_DATA names another folder)`);

floors(
  'floors on the developers part of loghub-2k',
  async () => {
    const { overall, parts } = await evalLoghub(data);
    expect(overall.ga).toBeGreaterThanOrEqual(0.98);
    expect(overall.fga).toBeGreaterThanOrEqual(0.98);
    expect(overall.fta).toBeGreaterThanOrEqual(0.89);
    for (const [name, { ga }] of Object.entries(parts)) expect([name, ga! > 0.92]).toEqual([name, true]);
  },
  60_000,
);

/** `tocsin eval` on small data of the benchmarks' layouts, as a process. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { EvalResult } from '../../lab/eval/result.js';
import { writeSeries } from '../builders/benchmark-series.js';
import { ended as tocsin } from './services/tocsin.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-eval-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function result(...args: string[]): Promise<EvalResult> {
  const { code, out, said } = await tocsin('eval', ...args, '--json');
  if (code !== 0) throw new Error(said);
  return JSON.parse(out) as EvalResult;
}

async function refused(...args: string[]): Promise<string> {
  const { code, err } = await tocsin('eval', ...args);
  expect(code).toBe(2);
  return err;
}

test('kpi: every setting at once gives what each gives by itself, and the operator answers from the labels', async () => {
  const dir = join(folder, 'kpi');
  writeSeries(dir, 'one');
  writeSeries(dir, 'two', { seed: 8 });
  const all = await result('kpi', '--dir', dir, '--all');
  const parts = Object.keys(all.parts);
  expect(parts).toHaveLength(6);
  expect(all.overall).toEqual(all.parts['label-free, N = 3']);
  expect(all.overall.f1).toBeGreaterThan(0.7);
  const out = join(folder, 'out');
  const one = await result('kpi', '--dir', dir, '--budget', '1', '--verdicts', 'all', '--out', out);
  expect(one.overall).toEqual(all.parts['all answered, N = 1']);
  expect(Object.keys(one.parts)).toEqual(expect.arrayContaining(['one', 'two', 'mean of series']));
  expect(one.counts).toMatchObject({ series: 2, segments: 10 });
  expect(readFileSync(join(out, 'one.csv'), 'utf8')).toMatch(/^timestamp,score,p,fired,asked\n\d+,/);
}, 120_000);

test('nab: its score, and the alerts that the product would have told', async () => {
  const dir = join(folder, 'nab');
  const rows = gunzipSync(readFileSync(writeSeries(folder, 'plain')))
    .toString('utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([seconds, value, label]) => ({
      time: new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' '),
      value,
      label,
    }));
  const name = 'made/plain.csv';
  mkdirSync(join(dir, 'data', 'made'), { recursive: true });
  writeFileSync(
    join(dir, 'data', name),
    ['timestamp,value', ...rows.map(({ time, value }) => `${time},${value}`)].join('\n'),
  );
  const starts = rows.flatMap(({ label }, i) => (label === '1' && rows[i - 1]!.label === '0' ? [i] : []));
  const windows = starts.map((at) => [rows[at - 40]!.time, rows[at + 40]!.time].map((time) => `${time}.000000`));
  writeFileSync(join(dir, 'combined_windows.json'), JSON.stringify({ [name]: windows }));
  const CostMatrix = { tpWeight: 1, fpWeight: 0.11, fnWeight: 1, tnWeight: 1 };
  const profiles = ['standard', 'reward_low_FP_rate', 'reward_low_FN_rate'];
  writeFileSync(
    join(dir, 'profiles.json'),
    JSON.stringify(Object.fromEntries(profiles.map((one) => [one, { CostMatrix }]))),
  );
  const { overall, counts } = await result('nab', '--dir', dir, '--budget', '2');
  expect(overall.standard).toBeGreaterThan(50);
  expect(counts).toMatchObject({ files: 1, windows: 5, rows: 2400, budget: 2 });
  expect(counts['windows with an alert']).toBeGreaterThanOrEqual(4);
  expect(counts.alerts).toBeGreaterThanOrEqual(counts['windows with an alert']!);
  expect(counts['false alerts a week and file, mean']).toBeLessThan(3);
}, 120_000);

test('an option that a benchmark does not know is refused', async () => {
  expect(await refused('nab', '--dir', folder, '--verdicts', 'all')).toContain('--verdicts is not for nab');
  expect(await refused('kpi', '--dir', folder, '--all', '--budget', '3')).toContain('--all has settings of its own');
  expect(await refused('kpi', '--dir', folder, '--budget', 'none')).toContain('give a number');
});

/** `tocsin tune` on a simulated fleet: killed at many places it ends in the same study, which Optuna reads, and in a set for the gate. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TuneReport } from '../../offline/tune/run.js';
import { simulatedRun } from './services/simulated-run.js';
import { begin, ended, tocsin } from './services/tocsin.js';
import { until } from './services/until.js';

const services = ['auth', 'checkout'];
const trials = 10;
const kills = 3;
const optuna = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tocsin-services', 'optuna-5.0.0');
let folder: string;
let config: string;

beforeAll(async () => {
  ({ folder, config } = await simulatedRun('tune', 6000, services));
  await tocsin('train', '--config', config, '--to', '2026-01-07T00:00:00Z');
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const search = (journal: string, threads: number): string[] => [
  ...['tune', '--config', config, '--trials', String(trials), '--seed', '7', '--json'],
  ...['--threads', String(threads), '--journal', journal],
];
const linesOf = (path: string): string[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .map((line) => line.replace(/,"datetime_\w+":"[^"]*"/, ''))
    : [];

test('a study that was killed many times is the one that never was, with one thread or two; Optuna reads it', async () => {
  const undisturbed = join(folder, 'undisturbed.journal');
  const report = JSON.parse(await tocsin(...search(undisturbed, 2))) as TuneReport;
  expect(report.trials).toHaveLength(trials);
  const length = linesOf(undisturbed).length;
  const killed = join(folder, 'killed.journal');
  for (let kill = 1; kill <= kills; kill++) {
    const run = begin(search(killed, 1));
    const goal = Math.floor((kill * length) / (kills + 1));
    await until('the journal', () => linesOf(killed).length >= goal || run.isOver() || undefined, 120_000);
    run.signal('SIGKILL');
    await run.ended;
  }
  const again = JSON.parse(await tocsin(...search(killed, 1))) as TuneReport;
  expect(linesOf(killed)).toEqual(linesOf(undisturbed));
  expect(again.trials).toEqual(report.trials);
  expect(again.candidate).toBe(report.candidate);

  if (report.candidate !== undefined) {
    const { code, err } = await ended(
      'models',
      'gate',
      report.candidate,
      '--config',
      config,
      '--span',
      '12h',
      '--json',
    );
    expect([0, 3]).toContain(code);
    expect(err).toBe('');
  } else expect(report.why).toBeDefined();

  if (!existsSync(join(optuna, 'installed'))) {
    console.log('SKIP optuna: no Python environment with it here (python3 and PyPI are needed)');
    return;
  }
  const script = `
import json, sys, optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
study = optuna.load_study(study_name='tocsin', storage=JournalStorage(JournalFileBackend(sys.argv[1])))
best = study.best_trial
print(json.dumps({
    'states': [trial.state.name.lower() for trial in study.trials],
    'values': [trial.value for trial in study.trials],
    'steps': [trial.last_step for trial in study.trials],
    'best': best.number, 'params': sorted(best.params), 'attrs': study.user_attrs}))
`;
  const read = JSON.parse(
    execFileSync(join(optuna, 'bin', 'python'), ['-c', script, killed], { encoding: 'utf8' }),
  ) as {
    states: string[];
    values: (number | null)[];
    steps: number[];
    best: number;
    params: string[];
    attrs: { seed: number };
  };
  const states = { complete: 'complete', pruned: 'pruned', failed: 'fail' };
  expect(read.states).toEqual(report.trials.map(({ state }) => states[state]));
  expect(read.values).toEqual(report.trials.map(({ value }) => value));
  expect(read.steps).toEqual(report.trials.map(({ step }) => step));
  expect(read.best).toBe(report.best.number);
  expect(read.params).toEqual(Object.keys(report.best.point).sort());
  expect(read.attrs.seed).toBe(7);
}, 600_000);

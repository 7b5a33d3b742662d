/** The pipelines of deploy/ci: their systems' linters have read them, and their steps run word for word, with a good model and a bad one. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { writeConstantSet } from './constant-set.js';
import { argoSteps, githubSteps, gitlabSteps, kubeflowSteps, type Step } from './pipeline-steps.js';
import { describeWith, programOf, ran, toolFolder } from './tools.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-pipelines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const main = resolve('dist/cli/main.js');
const steps: Readonly<Record<string, readonly Step[]>> = {
  GitHub: githubSteps(),
  GitLab: gitlabSteps(),
  Argo: argoSteps(),
};
/** Of one system, whose bad model the others are given, too. */
let trained: { id: string };

/** A folder as a runner has it: two configurations, and `tocsin` on the path. */
function prepare(name: string): string {
  const at = join(folder, name);
  mkdirSync(join(at, 'bin'), { recursive: true });
  symlinkSync(join(folder, 'logs'), join(at, 'logs'));
  command(at, `exec ${process.execPath} ${main} "$@"`);
  const logs = readdirSync(join(folder, 'logs')).filter((each) => each.endsWith('.log'));
  const configuration = (state: string): string =>
    JSON.stringify({
      sources: logs.map((each) => ({ type: 'file', path: join(folder, 'logs', each) })),
      state: { dir: join(at, state) },
      http: { port: 0 },
    });
  writeFileSync(join(at, 'tocsin.yaml'), configuration('training'));
  writeFileSync(join(at, 'production.yaml'), configuration('production'));
  return at;
}

function command(at: string, text: string): void {
  writeFileSync(join(at, 'bin', 'tocsin'), `#!/bin/sh\n${text}\n`);
  chmodSync(join(at, 'bin', 'tocsin'), 0o755);
}

/** Runs a program with the environment of a runner. */
function inside(at: string, program: string, args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: at,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: [join(at, 'bin'), process.env.PATH].join(delimiter),
      TOCSIN_CONFIG: 'tocsin.yaml',
      PRODUCTION_CONFIG: 'production.yaml',
      DVC_NO_ANALYTICS: 'true',
    },
  });
  return { status, said: stdout + stderr };
}
/** As a runner does: a shell that stops at the first command that fails. */
const step = (at: string, { run, args = [] }: Step): { status: number | null; said: string } =>
  inside(at, 'bash', ['-e', '-c', run, 'sh', ...args]);

/** Runs all, up to the first one that fails. */
function runAll(at: string, all: readonly Step[]): { name: string; status: number | null; said: string } | undefined {
  for (const each of all) {
    const { status, said } = step(at, each);
    if (status !== 0) return { name: each.name, status, said };
  }
  return undefined;
}

const champion = (at: string): string =>
  inside(at, process.execPath, [main, 'models', 'list', '--config', 'production.yaml']).said;

/** From now on a training in this folder results in a set whose detectors give one number. */
function withBadModel(name: string): string {
  const at = prepare(name);
  const state = join(folder, 'bad-training');
  command(
    at,
    `[ "$1" = train ] || exec ${process.execPath} ${main} "$@"\n` +
      `rm -rf '${at}/training' && cp -r '${state}' '${at}/training' && cat '${folder}/bad.json'`,
  );
  return at;
}

beforeAll(async () => {
  const { status } = ran(process.execPath, [
    ...[main, 'simulate', '--lines', '30000', '--days', '4', '--out', join(folder, 'fleet')],
  ]);
  expect(status).toBe(0);
  mkdirSync(join(folder, 'logs'));
  for (const name of ['auth', 'checkout', 'gateway', 'payments'])
    copyFileSync(join(folder, 'fleet', `${name}.log`), join(folder, 'logs', `${name}.log`));
  const at = prepare('GitHub');
  const stopped = runAll(at, steps.GitHub!);
  expect(stopped).toBeUndefined();
  trained = JSON.parse(readFileSync(join(at, 'trained.json'), 'utf8')) as { id: string };
  cpSync(join(at, 'training'), join(folder, 'bad-training'), { recursive: true });
  const bad = await writeConstantSet(join(folder, 'bad-training', 'models'), trained.id);
  writeFileSync(join(folder, 'bad.json'), JSON.stringify({ id: bad }));
}, 300_000);

test('the steps for GitHub train a set, check it and make it the champion', () => {
  expect(champion(join(folder, 'GitHub'))).toMatch(/champion/);
});

test.each(['GitLab', 'Argo'])(
  'so do those for %s, with the same set',
  (system) => {
    const at = prepare(system);
    expect(runAll(at, steps[system]!)).toBeUndefined();
    expect(champion(at)).toMatch(/champion/);
    expect(JSON.parse(readFileSync(join(at, 'trained.json'), 'utf8'))).toMatchObject({ id: trained.id });
  },
  300_000,
);

test.each(Object.keys(steps))(
  'a bad model stops those for %s at the gate',
  (system) => {
    const at = withBadModel(`${system}-bad`);
    const stopped = runAll(at, steps[system]!);
    expect(stopped).toMatchObject({ name: system === 'GitLab' ? 'candidate' : 'gate', status: 3 });
    expect(stopped?.said).toMatch(/degenerate: .*gives 0 for every window/);
    expect([existsSync(join(at, 'candidate')), existsSync(join(at, 'production'))]).toEqual([false, false]);
  },
  120_000,
);

test.each(Object.keys(steps))('a model that is damaged on its way stops those for %s', (system) => {
  const at = join(folder, `${system}-damaged`);
  cpSync(join(folder, system), at, { recursive: true });
  rmSync(join(at, 'production'), { recursive: true, force: true });
  const model = join(at, 'candidate', 'detector', 'logs-1', 'prototypes.onnx');
  const bytes = readFileSync(model);
  bytes[bytes.length - 9]! ^= 1;
  writeFileSync(model, bytes);
  const production = readFileSync(join(at, 'production.yaml'), 'utf8');
  writeFileSync(join(at, 'production.yaml'), production.replaceAll(join(folder, system), at));
  const promoting = steps[system]!.find(({ name }) => ['register', 'promote'].includes(name));
  expect(step(at, promoting!).status).not.toBe(0);
  const sets = join(at, 'production', 'models', 'sets');
  expect(existsSync(sets) ? readdirSync(sets) : []).toEqual([]);
});

describeWith(['dvc'])('DVC', () => {
  const dvc = (at: string, ...args: string[]): { status: number | null; said: string } =>
    inside(at, programOf('dvc') ?? 'dvc', args);
  function repository(at: string): string {
    rmSync(join(at, 'logs'));
    cpSync(join(folder, 'logs'), join(at, 'logs'), { recursive: true });
    copyFileSync('deploy/ci/dvc.yaml', join(at, 'dvc.yaml'));
    expect(inside(at, 'git', ['init', '-q', '.']).status).toBe(0);
    expect(dvc(at, 'init', '-q')).toMatchObject({ status: 0 });
    return at;
  }

  test('does it all at once, and nothing the second time', () => {
    const at = repository(prepare('DVC'));
    const { status, said } = dvc(at, 'repro');
    expect([status, status === 0 ? '' : said]).toEqual([0, '']);
    expect(champion(at)).toMatch(/champion/);
    const before = readFileSync(join(at, 'promoted.json'), 'utf8');
    command(at, 'echo "the command was run again" && exit 1');
    const again = dvc(at, 'repro');
    expect(again).toMatchObject({ status: 0, said: expect.stringContaining('are up to date') as string });
    expect(readFileSync(join(at, 'promoted.json'), 'utf8')).toBe(before);
  }, 300_000);

  test('stops at the gate with a bad model', () => {
    const at = repository(withBadModel('DVC-bad'));
    const { status, said } = dvc(at, 'repro');
    expect([status === 0, said]).toEqual([false, expect.stringMatching(/degenerate: .*gives 0 for every window/)]);
    expect(existsSync(join(at, 'production'))).toBe(false);
  }, 120_000);
});

const ml = join(toolFolder, 'ml', 'bin', 'python');
describeWith(['kfp'])('Kubeflow', () => {
  let compiled: string;
  beforeAll(() => {
    const file = join(folder, 'kubeflow.yaml');
    const { status, said } = ran(ml, ['deploy/ci/kubeflow_models.py', file]);
    expect([status, status === 0 ? '' : said]).toEqual([0, '']);
    compiled = readFileSync(file, 'utf8');
  }, 60_000);

  /** As its launcher: artifacts and outputs are paths, whose folders may not be there yet. */
  const stepsIn = (at: string): Step[] =>
    kubeflowSteps(compiled, (executor, name) => {
      if (name === 'configuration')
        return readFileSync(join(at, executor === 'train-and-gate' ? 'tocsin.yaml' : 'production.yaml'), 'utf8');
      const path = join(at, 'artifacts', name);
      return name === 'registered' && executor === 'make-champion' ? trained.id : path;
    });

  test('its steps train a set, check it and make it the champion', () => {
    const at = prepare('Kubeflow');
    expect(runAll(at, stepsIn(at))).toBeUndefined();
    expect(readFileSync(join(at, 'artifacts', 'registered'), 'utf8')).toBe(trained.id);
    expect(readFileSync(join(at, 'artifacts', 'report'), 'utf8')).toContain('# Gate: passed');
    expect(champion(at)).toMatch(/champion/);
  }, 300_000);

  test('a bad model stops them at the first one', () => {
    const at = withBadModel('Kubeflow-bad');
    expect(runAll(at, stepsIn(at))).toMatchObject({ name: 'train-and-gate', status: 3 });
    expect([existsSync(join(at, 'artifacts', 'candidate')), existsSync(join(at, 'production'))]).toEqual([
      false,
      false,
    ]);
  }, 120_000);

  test('a run that does not ask for it ends at the challenger', () => {
    expect(compiled).toContain("inputs.parameter_values['pipelinechannel--promote'] == true");
  });
});

describeWith(['actionlint'])('GitHub Actions', () => {
  test('is without a fault by actionlint', () => {
    const { status, said } = ran('actionlint', ['-shellcheck=', '-pyflakes=', 'deploy/ci/github-models.yml']);
    expect([status, said]).toEqual([0, '']);
  });
});

describeWith(['check-jsonschema'])('by schema', () => {
  const check = (...args: string[]): { status: number | null; said: string } => ran('check-jsonschema', args);

  test.each([
    ['vendor.github-workflows', 'github-models.yml'],
    ['vendor.gitlab-ci', 'gitlab-models.yml'],
  ])('%s takes %s', (schema, name) => {
    const options = schema === 'vendor.gitlab-ci' ? ['--data-transform', 'gitlab-ci'] : [];
    const { status, said } = check('--builtin-schema', schema, ...options, join('deploy', 'ci', name));
    expect([status, status === 0 ? '' : said]).toEqual([0, '']);
  });

  const argo = join(toolFolder, 'schemas', 'custom', 'workflowtemplate_v1alpha1.json');
  (existsSync(argo) ? test : test.skip)('Argo Workflows takes its template, and no other key in it', () => {
    const file = join('deploy', 'ci', 'argo-models.yaml');
    const { status, said } = check('--schemafile', argo, file);
    expect([status, status === 0 ? '' : said]).toEqual([0, '']);
    const wrong = join(folder, 'argo.yaml');
    writeFileSync(wrong, readFileSync(file, 'utf8').replace('workingDir:', 'workDir:'));
    expect(check('--schemafile', argo, wrong)).toMatchObject({
      status: 1,
      said: expect.stringContaining('workDir') as string,
    });
  });
});

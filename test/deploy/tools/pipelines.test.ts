/** The pipelines of deploy/ci: held by the linters of their systems, and their steps run word for word. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { describeWith, ran } from './tools.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-pipelines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Step {
  readonly name: string;
  readonly run: string;
}
const github = parse(readFileSync('deploy/ci/github-models.yml', 'utf8')) as {
  jobs: Record<string, { steps: { name?: string; run?: string }[] }>;
};
const gitlab = parse(readFileSync('deploy/ci/gitlab-models.yml', 'utf8')) as Record<string, { script: string[] }>;
/** Steps of both jobs without the installation, which the test of the package runs. */
const steps: Readonly<Record<string, readonly Step[]>> = {
  GitHub: ['candidate', 'promote'].flatMap((job) =>
    github.jobs[job].steps.flatMap(({ name = '', run }) => (run && name !== 'install' ? [{ name, run }] : [])),
  ),
  GitLab: ['candidate', 'promote'].map((job) => ({ name: job, run: gitlab[job].script.join('\n') })),
};

function prepare(name: string): string {
  const at = join(folder, name);
  mkdirSync(join(at, 'bin'), { recursive: true });
  writeFileSync(join(at, 'bin', 'tocsin'), `#!/bin/sh\nexec ${process.execPath} ${resolve('dist/cli/main.js')} "$@"\n`);
  chmodSync(join(at, 'bin', 'tocsin'), 0o755);
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

/** As a runner does: a shell that stops at the first command that fails. */
function step(at: string, { run }: Step): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', run], {
    cwd: at,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: [join(at, 'bin'), process.env.PATH].join(delimiter),
      TOCSIN_CONFIG: 'tocsin.yaml',
      PRODUCTION_CONFIG: 'production.yaml',
    },
  });
  return { status, said: stdout + stderr };
}

beforeAll(() => {
  const made = ran(process.execPath, [
    ...['dist/cli/main.js', 'simulate', '--lines', '60000', '--days', '9', '--out', join(folder, 'logs')],
  ]);
  expect(made.status).toBe(0);
});

test.each(Object.keys(steps))(
  'the steps for %s train a set, check it and make it the champion',
  (system) => {
    const at = prepare(system);
    for (const each of steps[system]) {
      const { status, said } = step(at, each);
      expect([each.name, status, status === 0 ? '' : said]).toEqual([each.name, 0, '']);
    }
    const { out } = ran(process.execPath, [
      'dist/cli/main.js',
      'models',
      'list',
      '--config',
      join(at, 'production.yaml'),
    ]);
    expect(out).toMatch(/champion/);
  },
  300_000,
);

test.each(Object.keys(steps))('a model that is damaged after the training stops the steps for %s', (system) => {
  const at = `${join(folder, system)}-damaged`;
  cpSync(join(folder, system), at, { recursive: true });
  rmSync(join(at, 'production'), { recursive: true, force: true });
  const model = join(at, 'candidate', 'detector', 'logs-1', 'prototypes.onnx');
  expect(existsSync(model)).toBe(true);
  const bytes = readFileSync(model);
  bytes[bytes.length - 9] ^= 1;
  writeFileSync(model, bytes);
  const promoting = steps[system].filter(({ name }) => ['register', 'promote'].includes(name))[0];
  expect(step(at, promoting).status).not.toBe(0);
  expect(existsSync(join(at, 'production'))).toBe(false);
});

test('a training that found too little stops at the gate', () => {
  const at = join(folder, 'GitHub');
  writeFileSync(join(at, 'trained.json'), JSON.stringify({ rows: 12, detectors: ['robust-z'] }));
  const gate = steps.GitHub.find(({ name }) => name === 'gate')!;
  expect(step(at, gate)).toMatchObject({ status: 3, said: expect.stringContaining('too little: 12 rows') as string });
});

describeWith(['actionlint'])('GitHub Actions', () => {
  test('is without a fault by actionlint', () => {
    const { status, said } = ran('actionlint', ['-shellcheck=', '-pyflakes=', 'deploy/ci/github-models.yml']);
    expect([status, said]).toEqual([0, '']);
  });
});

describeWith(['check-jsonschema'])('both', () => {
  test.each([
    ['vendor.github-workflows', 'github-models.yml'],
    ['vendor.gitlab-ci', 'gitlab-models.yml'],
  ])('are of the schema %s', (schema, name) => {
    const options = schema === 'vendor.gitlab-ci' ? ['--data-transform', 'gitlab-ci'] : [];
    const { status, said } = ran('check-jsonschema', [
      ...['--builtin-schema', schema, ...options, join('deploy', 'ci', name)],
    ]);
    expect([status, status === 0 ? '' : said]).toEqual([0, '']);
  });
});

/** An image of the program, written without an engine, runs as user 65532 with a read-only root and no network but loopback. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describeWith, ran, testWhole, type Ran } from './tools.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-image-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Built {
  readonly digest: string;
  readonly compressed: number;
  readonly unpacked: number;
}

function build(name: string): Built {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/deploy/image.mjs', join(folder, name)], {
    encoding: 'utf8',
  });
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Built;
}

describeWith(['umoci', 'bwrap', 'skopeo'])('the image', () => {
  const state = join(folder, 'state');
  let first: Built;
  beforeAll(() => {
    first = build('first');
    const { status, said } = ran('umoci', ['unpack', '--image', `${folder}/first:0.1.0`, join(folder, 'bundle')]);
    expect([status, status === 0 ? '' : said]).toEqual([0, '']);
    for (const path of [folder, join(folder, 'bundle')]) chmodSync(path, 0o755);
    mkdirSync(state);
    chownSync(state, 65_532, 65_532);
  }, 600_000);

  /** Runs a command in the image, by default what the image says, with these arguments. */
  const tocsin = (...args: readonly string[]): Ran => inside(undefined, ...args);
  function inside(command: string | undefined, ...args: readonly string[]): Ran {
    const configured = JSON.parse(ran('skopeo', ['inspect', '--config', `oci:${folder}/first:0.1.0`]).out) as {
      config: { User: string; Env: string[]; Entrypoint: string[]; WorkingDir: string };
    };
    const { User, Env, Entrypoint, WorkingDir } = configured.config;
    const [uid, gid] = User.split(':') as [string, string];
    // The user itself, not root that is called so inside.
    return ran('setpriv', [
      ...['--reuid', uid, '--regid', gid, '--clear-groups', 'bwrap'],
      ...['--ro-bind', join(folder, 'bundle', 'rootfs'), '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
      ...['--bind', state, '/var/lib/tocsin', '--unshare-user', '--unshare-net', '--unshare-pid', '--clearenv'],
      ...['--uid', uid, '--gid', gid, '--chdir', WorkingDir, '--cap-drop', 'ALL', '--die-with-parent'],
      ...Env.flatMap((each) => ['--setenv', ...each.split(/=(.*)/s, 2)]),
      ...(command === undefined ? Entrypoint : [command]),
      ...args,
    ]);
  }

  test('says its version, also by the command on its path', () => {
    const right = { status: 0, out: '0.1.0\n', said: '0.1.0\n' };
    expect(tocsin('--version')).toEqual(right);
    expect(inside('tocsin', '--version')).toEqual(right);
  });

  testWhole(
    'runs the demo',
    () => {
      const { status, said } = tocsin('demo', '--seed', '1', '--lines', '40000', '--days', '9', '--json');
      expect([status, said]).toEqual([0, expect.stringContaining('"lines":')]);
    },
    300_000,
  );

  test('runs a configuration, and writes to its state only', () => {
    const config = join(state, 'tocsin.json');
    const lines = Array.from({ length: 600 }, (_, i) => ({
      time: new Date(Date.parse('2026-01-05T00:00:00Z') + i * 1000).toISOString(),
      level: 'info',
      service: 'cart',
      message: `added ${i}`,
    }));
    writeFileSync(join(state, 'app.log'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    chownSync(join(state, 'app.log'), 65_532, 65_532);
    writeFileSync(
      config,
      JSON.stringify({
        sources: [{ type: 'file', path: '/var/lib/tocsin/app.log' }],
        state: { dir: '/var/lib/tocsin/state' },
      }),
    );
    const { status, said } = tocsin('run', '--config', '/var/lib/tocsin/tocsin.json');
    expect([status, status === 0 ? '' : said]).toEqual([0, '']);
    expect(said).toContain('"read":600');
  }, 120_000);

  test('has a bill of materials with ONNX Runtime, and no package for development', () => {
    const { components } = JSON.parse(readFileSync(join(folder, 'bundle', 'rootfs', 'app', 'sbom.json'), 'utf8')) as {
      components: { name: string }[];
    };
    const names = components.map(({ name }) => name);
    expect(names).toContain('onnxruntime-node');
    expect(names).not.toContain('jest');
  });

  test('is of the size that docs/install.md says', () => {
    const said = /\| an image of this \| (\d+) MB compressed, (\d+) MB unpacked \|/.exec(
      readFileSync('docs/install.md', 'utf8'),
    )!;
    expect(Math.abs(first.compressed / 1e6 - Number(said[1]))).toBeLessThan(10);
    expect(Math.abs(first.unpacked / 1e6 - Number(said[2]))).toBeLessThan(20);
    expect(first.unpacked).toBeLessThan(250e6);
  });

  testWhole(
    'has the same digest when it is built again',
    () => {
      expect(build('second').digest).toBe(first.digest);
    },
    600_000,
  );
});

describeWith(['hadolint'])('the Dockerfile', () => {
  test('is without a fault by hadolint', () => {
    expect(ran('hadolint', ['Dockerfile'])).toMatchObject({ status: 0, said: '' });
  });
});

test('the Dockerfile and the image agree on user, entry point and port', () => {
  const file = readFileSync('Dockerfile', 'utf8');
  const script = readFileSync('scripts/deploy/image.mjs', 'utf8');
  expect(file).toContain('USER 65532:65532');
  expect(script).toContain("User: '65532:65532'");
  const [, entry] = /^ENTRYPOINT (.*)$/m.exec(file)!;
  expect(script).toContain(`Entrypoint: ${entry!.replaceAll('"', "'")}`);
  expect(parse(readFileSync('deploy/helm/tocsin/values.yaml', 'utf8'))).toMatchObject({ service: { port: 9464 } });
});

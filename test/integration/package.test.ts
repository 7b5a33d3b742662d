/** What `npm pack` takes: all that a user needs, and nothing of the laboratory. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let packed: Packed;
let paths: ReadonlySet<string>;
beforeAll(() => {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--silent'], { encoding: 'utf8' });
  packed = (JSON.parse(stdout) as [Packed])[0];
  paths = new Set(packed.files.map(({ path }) => path));
});

test('it has no laboratory, bench, tests or scripts, and no source maps', () => {
  const odd = [...paths].filter((path) => /^(dist\/)?(lab|bench|test|scripts)\/|\.map$|\.ts$/.test(path));
  expect(odd).toEqual([]);
});

test('it has the command line, the page of the console, the prior models, examples, dashboards, rules and documents', () => {
  for (const path of [
    'dist/cli/main.js',
    'dist/console/page/app.js',
    'config/file.yaml',
    'config/kafka.yaml',
    'deploy/grafana/dashboards/tocsin-overview.json',
    'deploy/prometheus/tocsin.rules.yml',
    'deploy/prune-runtime.mjs',
    'docs/configuration.md',
    'docs/operations.md',
    'README.md',
    'LICENSE',
  ])
    expect(paths).toContain(path);
  expect([...paths].some((path) => path.startsWith('dist/training/prior/'))).toBe(true);
});

test('every file that a program of it imports is in it', () => {
  const { leftOut } = JSON.parse(
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { laboratory } from './dist/cli/commands.js'; console.log(JSON.stringify({ leftOut: laboratory }))`,
      ],
      { encoding: 'utf8' },
    ).stdout,
  ) as { leftOut: readonly string[] };
  const missing: string[] = [];
  for (const path of paths) {
    if (!/^dist\/.*\.js$/.test(path) || path.startsWith('dist/console/page/')) continue;
    for (const [, target] of readFileSync(path, 'utf8').matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)) {
      const file = posix.join(posix.dirname(path), target!);
      if (!paths.has(file) && !leftOut.includes(posix.basename(file, '.js'))) missing.push(`${path} -> ${file}`);
    }
  }
  expect(missing).toEqual([]);
});

test('it is small, and cannot be published by mistake', () => {
  expect(packed.size).toBeLessThan(2.5e6);
  expect(packed.unpackedSize).toBeLessThan(8e6);
  const { name, private: isPrivate } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    name: string;
    private: boolean;
  };
  // Without a scope of its own, the name could be anybody's.
  expect(name).toMatch(/^@tocsin\//);
  expect(isPrivate).toBe(true);
});

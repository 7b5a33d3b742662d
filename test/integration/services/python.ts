/** Programs in Python that share no code with tocsin, in the environments that `scripts/services` installs. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tocsin-services');
const folders = { feast: 'feast-0.67.0', spark: 'spark-4.3.0' } as const;
export type Environment = keyof typeof folders;

/** `test` where the environment is installed; else one line says what is missing, and the test is skipped. */
export function testWith(environment: Environment): jest.It {
  if (existsSync(join(cache, folders[environment], 'installed'))) return test;
  console.log(
    `SKIP ${environment}: node scripts/services/main.mjs install ${environment} (python3 and PyPI are needed)`,
  );
  return test.skip;
}

/** A program of an environment. */
export const programIn = (environment: Environment, name: string): string =>
  join(cache, folders[environment], 'bin', name);

/** Runs a script to its end, and gives what it printed last as JSON. @param input for its standard input, as JSON */
export function runPython(
  environment: Environment,
  script: string,
  args: readonly string[],
  input: unknown,
  variables: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const child = spawn(programIn(environment, 'python'), [script, ...args], {
    env: { ...process.env, GX_ANALYTICS_ENABLED: 'false', FEAST_USAGE: 'false', ...variables },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(input));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out.trim().split('\n').at(-1) ?? '') as unknown);
      else reject(new Error(`${script} ended with ${code}: ${err.slice(-3000)}`));
    });
  });
}

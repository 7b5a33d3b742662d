// Where the services of the integration tests are kept, and how their packages are fetched: Debian's by apt,
// Java's from Maven Central. Everything that is downloaded stays below one cache folder.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The one folder that holds jars, archives and packages; safe to delete, safe to keep between CI runs. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tocsin-services');

/** Runs a command to its end and returns what it printed; a failure is an Error with the last lines of its output. */
export function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (error || status !== 0) {
    const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-3).join(' | ');
    throw new Error(`${command} ${args.slice(0, 2).join(' ')} failed: ${error?.message ?? said}`);
  }
  return stdout + stderr;
}

/** Whether a program of this name is on the PATH (or in sbin, where Debian puts some of them). */
export function hasProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  return folders.some((folder) => existsSync(join(folder, name)));
}

let listsAreFresh = false;

/**
 * Installs the Debian packages whose programs are missing.
 * @param programs program name to package name, for example `{ mvn: 'maven' }`
 */
export function installPrograms(programs) {
  const missing = Object.entries(programs).filter(([program]) => !hasProgram(program));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!hasProgram('apt-get'))
    throw new Error(
      `${missing.map(([program]) => program).join(', ')} not found, and this machine has no apt-get: install it by hand`,
    );
  if (process.getuid?.() !== 0)
    throw new Error(`${missing.map(([program]) => program).join(', ')} not found: run as root: ${command}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (!listsAreFresh) run('apt-get', ['update', '-qq'], { env });
  listsAreFresh = true;
  // The archives are kept, so that a new machine with an old cache folder downloads nothing.
  const archives = join(cacheFolder, 'apt');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const keep = ['-o', `Dir::Cache::Archives=${archives}`, '-o', 'APT::Keep-Downloaded-Packages=true'];
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...keep, ...packages], { env });
}

/** Java and Maven, by their Debian packages where they are missing. */
export function installJava() {
  installPrograms({ java: 'openjdk-17-jre-headless', mvn: 'maven' });
}

/** What identifies the Java that is on the PATH: a class data archive is only good for the one that wrote it. */
export function javaVersion() {
  return run('java', ['-version']).trim();
}

/**
 * Installs packages of PyPI in a virtual environment of their own.
 *
 * @param folder - of the environment
 * @param requirements - as pip takes them
 */
export function installPython(folder, ...requirements) {
  const installed = join(folder, 'installed');
  if (existsSync(installed)) return;
  installPrograms({ python3: 'python3' });
  run('python3', ['-m', 'venv', folder]);
  run(join(folder, 'bin', 'pip'), ['install', '-q', ...requirements]);
  run('touch', [installed]);
}

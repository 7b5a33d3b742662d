/** Compiles a peer of Java against the libraries of the Kafka that the service scripts have installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder of the sources: they are not compiled with the benches. */
const sources = join('bench', 'peers');

/** Folder of Kafka's libraries, or undefined. */
function kafkaLibraries(): string | undefined {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tocsin-services');
  const kafka = existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith('kafka-')) : [];
  const [folder] = kafka.map((name) => join(cache, name, 'libs')).filter((libs) => existsSync(libs));
  return folder;
}

/**
 * The command that runs a peer, without its arguments; undefined where there is no JDK or no Kafka.
 *
 * @param name - folder below `bench/peers`, and `main` the class in it
 * @param into - an empty folder for the classes
 * @throws Error where the source does not compile
 */
export function javaPeer(name: string, main: string, into: string): readonly string[] | undefined {
  const libraries = kafkaLibraries();
  if (libraries === undefined || spawnSync('javac', ['-version']).status !== 0) return undefined;
  const path = join(libraries, '*');
  const source = join(sources, name, `${main}.java`);
  const { status, stderr } = spawnSync('javac', ['-d', into, '-cp', path, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${source} does not compile: ${stderr.slice(0, 2000)}`);
  return ['java', '-Xmx400m', '-cp', `${into}:${path}`, main];
}

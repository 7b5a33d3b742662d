/** Checks what is on this machine: files to read, the state folder, disk, models, the port. */
import { access, constants, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/schema.js';
import { openSet, promotedSets } from '../../models/registry/registry.js';
import { glob } from 'tinyglobby';
import { failing, ok, warning, type Finding } from './finding.js';
import { isGlob } from '../intake/globs.js';

const gib = 1_073_741_824;

export async function checkMachine(config: Config): Promise<Finding[]> {
  const parts = await Promise.all([files(config), stateFolder(config), models(config), port(config)]);
  return parts.flat();
}

async function files({ sources }: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const source of sources) {
    if (source.type !== 'file' || source.path === '-') continue;
    const about = `file ${source.path}`;
    try {
      if (source.follow && isGlob(source.path)) {
        const count = (await glob(source.path, { absolute: true, expandDirectories: false, dot: false })).length;
        findings.push(count === 0 ? warning(about, 'matches no file now') : ok(about, `matches ${count} files now`));
        continue;
      }
      const found = await stat(source.path);
      if (found.isDirectory()) findings.push(failing(about, 'is a folder: name the files in it'));
      else if (found.isCharacterDevice()) findings.push(failing(about, 'is a device: - is standard input'));
      else {
        await access(source.path, constants.R_OK);
        findings.push(found.size === 0 ? warning(about, 'is empty') : ok(about, `${found.size} bytes`));
      }
    } catch (error) {
      const why = isGlob(source.path) ? 'matches no file' : `cannot be read: ${(error as Error).message}`;
      const isAwaited = source.follow && (error as NodeJS.ErrnoException).code === 'ENOENT';
      findings.push(isAwaited ? warning(about, `${why}: it is read when it comes`) : failing(about, why));
    }
  }
  return findings;
}

async function stateFolder({ state }: Config): Promise<Finding[]> {
  if (state.backend === 'memory') return [warning('state', 'state.backend is memory: everything is forgotten at exit')];
  const dir = resolve(state.dir);
  try {
    const found = await stat(dir).catch(() => undefined);
    const parent = found ? dir : await existing(dir);
    if (!(await stat(parent)).isDirectory())
      return [failing('state', `${parent} is a file, and ${dir} cannot be made there: set state.dir to a folder`)];
    await access(parent, constants.W_OK);
    const { bavail, bsize } = await statfs(parent);
    const free = bavail * bsize;
    const findings: Finding[] = [
      free < gib
        ? warning('disk', `${Math.round(free / 1_048_576)} MiB are free at ${parent}: make room, or move state.dir`)
        : ok('disk', `${Math.round(free / gib)} GiB are free at ${parent}`),
    ];
    if (!found) return [ok('state', `${dir} is made at the first start`), ...findings];
    const open = found.mode & 0o077;
    return [
      open === 0
        ? ok('state', `${dir} is for its owner alone`)
        : warning('state', `others may read ${dir}, which holds lines of your logs: chmod 700 ${state.dir}`),
      ...findings,
    ];
  } catch (error) {
    return [failing('state', `${dir} cannot be written: ${(error as Error).message}; set state.dir to another folder`)];
  }
}

/** The nearest folder above that is there. */
async function existing(path: string): Promise<string> {
  const above = dirname(path);
  if (above === path) return path;
  return (await stat(above).catch(() => undefined)) ? above : existing(above);
}

async function models({ state }: Config): Promise<Finding[]> {
  const dir = join(state.dir, 'models');
  try {
    const newest = (await promotedSets(dir)).at(-1);
    if (newest === undefined)
      return [ok('models', 'none of its own yet: those that ship with tocsin score until then')];
    await openSet(dir, newest);
    return [ok('models', `the set ${newest} can be read`)];
  } catch (error) {
    return [failing('models', `${(error as Error).message}: \`tocsin train\` makes a new set`)];
  }
}

function port({ http }: Config): Promise<Finding[]> {
  const about = `http ${http.host}:${http.port}`;
  if (http.port === 0) return Promise.resolve([]);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve([
        error.code === 'EADDRINUSE'
          ? warning(about, 'is taken, by a tocsin that runs or by another process: set http.port to a free one')
          : failing(about, `cannot be listened on (${error.code ?? error.message}): set http.host`),
      ]),
    );
    server.listen(http.port, http.host, () => server.close(() => resolve([ok(about, 'is free')])));
  });
}

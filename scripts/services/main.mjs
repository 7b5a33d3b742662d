// Real services for the integration tests, without containers.
//
//   node scripts/services/main.mjs install [NAME ...]     fetch what is missing (all usual ones by default); quick when all is there
//   node scripts/services/main.mjs up NAME [--brokers N] [--config FILE] [--port P ...] [--advertise P ...] [--session-ms MS]
//                                                      [--secured] [--reauth-ms MS]
//
// NAME: kafka, redis, nats, prometheus, alertmanager, registry, chromium, mlflow, triton, optuna, kserve, rsyslog, feast, spark (the last six and chromium are installed only: tests start them; kserve and spark by their names alone).
// `up` prints one line of JSON when the service is ready ({"url", "ports", "pids", "folder"}) and runs until its standard
// input ends or it is told to stop: the service dies with whoever started it. A line "start N" on standard input starts
// member N (from 1) again, after it was killed, on its own data, and prints {"member", "pid"}.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheFolder, installPrograms } from './install.mjs';

const USUAL = [
  'kafka',
  'redis',
  'nats',
  'prometheus',
  'alertmanager',
  'registry',
  'chromium',
  'mlflow',
  'triton',
  'optuna',
  'rsyslog',
  'feast',
];
/** Large ones are installed by their name alone. */
const NAMES = [...USUAL, 'kserve', 'spark'];
/** Tests say that they are skipped where these cannot be installed; all others can do without them. */
const OPTIONAL = ['nats', 'chromium', 'mlflow', 'triton', 'optuna', 'rsyslog', 'feast'];
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function load(name) {
  if (!NAMES.includes(name)) throw new Error(`no service is called "${name}": it is one of ${NAMES.join(', ')}`);
  return import(`./${name}.mjs`);
}

/** Installs the named services, one installation at a time on a machine. */
async function install(names) {
  if (process.platform !== 'linux')
    throw new Error(`the services are started on Linux only, and this is ${process.platform}`);
  installPrograms({ flock: 'util-linux', setpriv: 'util-linux' });
  if (!process.env.TOCSIN_SERVICES_LOCKED) {
    mkdirSync(cacheFolder, { recursive: true });
    const again = [join(cacheFolder, 'lock'), process.execPath, fileURLToPath(import.meta.url), 'install', ...names];
    const { status } = spawnSync('flock', again, {
      stdio: 'inherit',
      env: { ...process.env, TOCSIN_SERVICES_LOCKED: '1' },
    });
    process.exit(status ?? 1);
  }
  for (const name of names.length ? names : USUAL) {
    try {
      await (await load(name)).install();
    } catch (error) {
      if (OPTIONAL.includes(name) && names.length === 0) continue;
      throw new Error(`${name} cannot be installed: ${error.message}`, { cause: error });
    }
  }
}

/** Runs one service until standard input ends. */
async function up(name, options) {
  const service = await load(name);
  const folder = mkdtempSync(join(tmpdir(), `tocsin-${name}-`));
  let running = { members: [] };
  let ending = false;
  const end = async (code) => {
    if (ending) return;
    ending = true;
    await Promise.all(running.members.map((member) => member.kill()));
    rmSync(folder, { recursive: true, force: true });
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(0));
  const commands = createInterface({ input: process.stdin });
  commands.on('close', () => end(0));
  // Whoever started us may be gone before it has read our answer.
  process.stdout.on('error', () => end(0));
  try {
    running = await service.up({ folder, ...options });
    commands.on('line', async (line) => {
      const member = Number(/^start (\d+)$/.exec(line)?.[1]);
      try {
        if (!running.members[member - 1])
          throw new Error(`not a command: "${line}"; "start N" starts member N of ${running.members.length} again`);
        await running.members[member - 1].kill();
        running.members[member - 1] = await running.restart(member);
        print({ member, pid: running.members[member - 1].pid });
      } catch (error) {
        print({ error: error.message });
      }
    });
    print({ url: running.url, ports: running.ports, pids: running.members.map(({ pid }) => pid), folder });
  } catch (error) {
    console.error(error.message);
    await end(1);
  }
}

const numbers = (texts) => texts?.map(Number);
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    brokers: { type: 'string' },
    nodes: { type: 'string' },
    replicas: { type: 'string' },
    sentinels: { type: 'string' },
    maxmemory: { type: 'string' },
    fsync: { type: 'string' },
    config: { type: 'string' },
    port: { type: 'string', multiple: true },
    advertise: { type: 'string', multiple: true },
    'session-ms': { type: 'string' },
    secured: { type: 'boolean' },
    'reauth-ms': { type: 'string' },
  },
});
const [command, ...names] = positionals;
try {
  if (command === 'install') await install(names);
  else if (command === 'up' && names.length === 1) {
    const given = {
      brokers: values.brokers && Number(values.brokers),
      nodes: values.nodes && Number(values.nodes),
      replicas: values.replicas && Number(values.replicas),
      sentinels: values.sentinels && Number(values.sentinels),
      maxmemory: values.maxmemory,
      fsync: values.fsync,
      config: values.config && resolve(values.config),
      ports: numbers(values.port),
      advertised: numbers(values.advertise),
      sessionMs: values['session-ms'] && Number(values['session-ms']),
      secured: values.secured,
      reauthMs: values['reauth-ms'] && Number(values['reauth-ms']),
    };
    await up(names[0], Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
  } else
    throw new Error(
      `usage: node scripts/services/main.mjs install [NAME ...] | up NAME [options]; NAME is one of ${NAMES.join(', ')}`,
    );
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

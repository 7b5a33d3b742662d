// Redis from Debian's package, one server or a cluster, append-only file on, loopback only.
import { ask, freePorts, startServer } from './server.mjs';
import { installPrograms } from './install.mjs';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Sees to it that redis-server is there. */
export function install() {
  installPrograms({ 'redis-server': 'redis-server' });
}

/** Arguments of one server in `folder`. */
const command = (folder, port, { fsync, maxmemory }, more = []) => [
  'redis-server',
  '--bind',
  '127.0.0.1',
  '--port',
  String(port),
  '--dir',
  folder,
  '--appendonly',
  'yes',
  '--appendfsync',
  fsync,
  '--save',
  '',
  '--enable-debug-command',
  'local',
  '--maxmemory',
  maxmemory,
  '--maxmemory-policy',
  'noeviction',
  ...more,
];

const answers = (port) => async () => (await ask(port, 'PING\r\n'))?.startsWith('+PONG') ?? false;

/**
 * Redis in `folder`; started again on the same folder it reads its append-only file back.
 * @param nodes 1, or the number of nodes of a cluster
 * @param replicas of each master of a cluster
 * @param ports 0 or missing: pick free ones
 * @param fsync `everysec` (a crash of the machine may lose a second) or `always`
 * @param maxmemory limit of a server
 */
export async function up({
  folder,
  nodes = 1,
  replicas = 0,
  ports: wanted = [],
  fsync = 'always',
  maxmemory = '256mb',
}) {
  // A node of a cluster talks to the others on a port of its own.
  const ports = await freePorts(nodes === 1 ? 1 : 2 * nodes, wanted);
  const start = (member) => {
    const home = nodes === 1 ? folder : join(folder, String(member));
    mkdirSync(home, { recursive: true });
    const port = ports[member - 1];
    const cluster = [
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      String(ports[nodes + member - 1]),
      '--cluster-node-timeout',
      '1000',
      '--repl-diskless-sync-delay',
      '0',
    ];
    return startServer({
      name: nodes === 1 ? 'redis' : `redis node ${member}`,
      command: command(home, port, { fsync, maxmemory }, nodes === 1 ? [] : cluster),
      log: join(home, 'redis.log'),
      isReady: answers(port),
    });
  };
  const members = await Promise.all(Array.from({ length: nodes }, (_, i) => start(i + 1)));
  const addresses = ports.slice(0, nodes).map((port) => `127.0.0.1:${port}`);
  if (nodes > 1) await form(addresses, replicas);
  return { url: addresses.map((address) => `redis://${address}`).join(','), ports, members, restart: start };
}

/** Makes one cluster of the nodes and waits until each of them says that it is. */
async function form(addresses, replicas) {
  const { status, stdout } = spawnSync(
    'redis-cli',
    ['--cluster', 'create', ...addresses, '--cluster-replicas', String(replicas), '--cluster-yes'],
    { encoding: 'utf8', timeout: 60_000 },
  );
  if (status !== 0) throw new Error(`redis-cli --cluster create: ${stdout}`);
  for (const address of addresses) {
    const port = Number(address.split(':')[1]);
    for (let tries = 0; !/cluster_state:ok/.test((await ask(port, 'CLUSTER INFO\r\n')) ?? ''); tries++) {
      if (tries > 400) throw new Error(`node ${address} did not become part of the cluster`);
      await sleep(25);
    }
  }
}

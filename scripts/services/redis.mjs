// Redis from Debian's package: one server, a cluster, or a primary behind sentinels. Append-only file on, loopback only.
import { ask, freePorts, startServer } from './server.mjs';
import { installPrograms } from './install.mjs';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
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
 * @param sentinels where given: a primary (member 1), its replica, and so many sentinels, whose addresses are the url
 * @param ports 0 or missing: pick free ones
 * @param fsync `everysec` (a crash of the machine may lose a second) or `always`
 * @param maxmemory limit of a server
 */
export async function up({
  folder,
  nodes = 1,
  replicas = 0,
  sentinels = 0,
  ports: wanted = [],
  fsync = 'always',
  maxmemory = '256mb',
}) {
  if (sentinels > 0) return watched({ folder, sentinels, wanted, fsync, maxmemory });
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

/** The name under which sentinels watch the primary. */
const watchedName = 'tocsin';

/** A primary, its replica, and sentinels that promote the replica a second after the primary is gone. */
async function watched({ folder, sentinels, wanted, fsync, maxmemory }) {
  const ports = await freePorts(2 + sentinels, wanted);
  const start = (member) => {
    const home = join(folder, String(member));
    mkdirSync(home, { recursive: true });
    const port = ports[member - 1];
    const log = join(home, 'redis.log');
    if (member <= 2) {
      const role = member === 1 ? [] : ['--replicaof', '127.0.0.1', String(ports[0])];
      const more = ['--repl-diskless-sync-delay', '0', ...role];
      const name = member === 1 ? 'redis primary' : 'redis replica';
      return startServer({
        name,
        command: command(home, port, { fsync, maxmemory }, more),
        log,
        isReady: answers(port),
      });
    }
    const config = join(home, 'sentinel.conf');
    // It keeps there what it knows.
    if (!existsSync(config)) {
      const quorum = Math.floor(sentinels / 2) + 1;
      const lines = [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${home}`,
        `sentinel monitor ${watchedName} 127.0.0.1 ${ports[0]} ${quorum}`,
        `sentinel down-after-milliseconds ${watchedName} 1000`,
        `sentinel failover-timeout ${watchedName} 5000`,
      ];
      writeFileSync(config, `${lines.join('\n')}\n`);
    }
    const isReady = async () =>
      (await ask(port, `SENTINEL CKQUORUM ${watchedName}\r\n`))?.startsWith('+OK') === true &&
      /num-slaves\r\n\$1\r\n1\r\n/.test((await ask(port, `SENTINEL MASTER ${watchedName}\r\n`)) ?? '');
    return startServer({ name: 'sentinel', command: ['redis-server', config, '--sentinel'], log, isReady });
  };
  const members = [await start(1), await start(2)];
  while (!/master_link_status:up/.test((await ask(ports[1], 'INFO replication\r\n')) ?? '')) await sleep(25);
  members.push(...(await Promise.all(ports.slice(2).map((_, i) => start(i + 3)))));
  const url = ports
    .slice(2)
    .map((port) => `redis://127.0.0.1:${port}`)
    .join(',');
  return { url, ports, members, restart: start };
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

// Redis from Debian's package, append-only file on, loopback only.
import { ask, freePorts, startServer } from './server.mjs';
import { installPrograms } from './install.mjs';
import { join } from 'node:path';

/** Sees to it that redis-server is there. */
export function install() {
  installPrograms({ 'redis-server': 'redis-server' });
}

/**
 * One Redis in `folder`; started again on the same folder it reads its append-only file back.
 * @param port 0 or missing: pick a free one
 * @param fsync `everysec` (a crash of the machine may lose a second) or `always`
 */
export async function up({ folder, ports = [], fsync = 'always' }) {
  const [port] = await freePorts(1, ports);
  const start = () =>
    startServer({
      name: 'redis',
      command: [
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
        '256mb',
        '--maxmemory-policy',
        'noeviction',
      ],
      log: join(folder, 'redis.log'),
      isReady: async () => (await ask(port, 'PING\r\n'))?.startsWith('+PONG') ?? false,
    });
  return { url: `redis://127.0.0.1:${port}`, ports: [port], members: [await start()], restart: start };
}

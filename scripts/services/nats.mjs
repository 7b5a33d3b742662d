// NATS from Debian's package: one server with JetStream, its streams on disk, loopback only.
import { ask, freePorts, startServer } from './server.mjs';
import { installPrograms } from './install.mjs';
import { join } from 'node:path';

/** Sees to it that nats-server is there. */
export function install() {
  installPrograms({ 'nats-server': 'nats-server' });
}

/**
 * A server in `folder`; started again on the same folder it has its streams back.
 * @param ports 0 or missing: pick a free one
 * @param config file with more of its settings, such as users and TLS
 */
export async function up({ folder, ports: wanted = [], config }) {
  const ports = await freePorts(1, wanted);
  const start = () =>
    startServer({
      name: 'nats',
      command: [
        'nats-server',
        ...(config ? ['--config', config] : []),
        '--addr',
        '127.0.0.1',
        '--port',
        String(ports[0]),
        '--jetstream',
        '--store_dir',
        join(folder, 'streams'),
      ],
      log: join(folder, 'nats.log'),
      // It says who it is before it is asked.
      isReady: async () => (await ask(ports[0], 'PING\r\n'))?.startsWith('INFO') ?? false,
    });
  return { url: `nats://127.0.0.1:${ports[0]}`, ports, members: [await start()], restart: start };
}

// Alertmanager from Debian's package, loopback only and without gossip.
import { answersHttp, freePorts, startServer } from './server.mjs';
import { installPrograms } from './install.mjs';
import { join } from 'node:path';

/** Sees to it that prometheus-alertmanager (and amtool) are there. */
export function install() {
  installPrograms({ 'prometheus-alertmanager': 'prometheus-alertmanager' });
}

/**
 * One Alertmanager that keeps its notification log and silences in `folder`.
 * @param config path of its configuration file
 */
export async function up({ folder, config, ports = [] }) {
  const [port] = await freePorts(1, ports);
  const start = () =>
    startServer({
      name: 'alertmanager',
      // An empty cluster address switches the gossip port off.
      command: [
        'prometheus-alertmanager',
        `--config.file=${config}`,
        `--storage.path=${join(folder, 'alertmanager')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      log: join(folder, 'alertmanager.log'),
      isReady: answersHttp(port, '/-/ready'),
    });
  return { url: `http://127.0.0.1:${port}`, ports: [port], members: [await start()], restart: start };
}

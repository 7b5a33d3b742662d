// Prometheus from Debian's package, loopback only.
import { answersHttp, freePorts, startServer } from './server.mjs';
import { installPrograms } from './install.mjs';
import { join } from 'node:path';

/** Sees to it that prometheus (and promtool) are there. */
export function install() {
  installPrograms({ prometheus: 'prometheus' });
}

/**
 * One Prometheus that keeps its data in `folder`.
 * @param config path of its configuration file; relative paths in it are resolved from there
 */
export async function up({ folder, config, ports = [] }) {
  const [port] = await freePorts(1, ports);
  const start = () =>
    startServer({
      name: 'prometheus',
      command: [
        'prometheus',
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-lifecycle',
        '--enable-feature=exemplar-storage',
      ],
      log: join(folder, 'prometheus.log'),
      isReady: answersHttp(port, '/-/ready'),
    });
  return { url: `http://127.0.0.1:${port}`, ports: [port], members: [await start()], restart: start };
}

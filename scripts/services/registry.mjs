// A schema registry (Apicurio, Confluent's API at /apis/ccompat/v7) from Maven Central; its state is in memory.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersHttp, freePorts, startServer } from './server.mjs';
import { cacheFolder, installJava, javaVersion, run } from './install.mjs';

const VERSION = '3.0.9'; // the last line that runs on Java 17
const home = join(cacheFolder, `registry-${VERSION}`);
const jar = join(home, `apicurio-registry-app-${VERSION}-runner.jar`);
const archive = join(home, 'classes.jsa');
const API = '/apis/ccompat/v7';

function start(folder, port, classData = `-XX:SharedArchiveFile=${archive}`) {
  const settings = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.http.access-log.enabled': false,
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    'apicurio.datasource.url': 'jdbc:h2:mem:registry;DB_CLOSE_DELAY=-1',
  };
  return startServer({
    name: 'schema registry',
    command: [
      'java',
      classData,
      '-Xlog:cds=off',
      '-Xlog:cds+dynamic=off',
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...Object.entries(settings).map(([key, value]) => `-D${key}=${value}`),
      '-jar',
      jar,
    ],
    log: join(folder, 'registry.log'),
    isReady: answersHttp(port, `${API}/subjects`),
    limit: 120_000,
  });
}

/** The application, and an archive of its loaded classes. */
export async function install() {
  installJava();
  const stamp = join(home, 'installed');
  const wanted = `${VERSION}\n${javaVersion()}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  mkdirSync(home, { recursive: true });
  rmSync(stamp, { force: true });
  if (!existsSync(jar)) {
    run(
      'mvn',
      [
        '-q',
        '-B',
        'dependency:copy',
        `-Dartifact=io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`,
        `-DoutputDirectory=${home}`,
      ],
      { cwd: home },
    );
    const tarball = join(home, `apicurio-registry-app-${VERSION}-all.tar.gz`);
    run('tar', ['xzf', tarball, '-C', home]);
    rmSync(tarball);
  }
  rmSync(archive, { force: true });
  const practice = join(home, 'practice');
  mkdirSync(practice, { recursive: true });
  const [port] = await freePorts(1);
  const server = await start(practice, port, `-XX:ArchiveClassesAtExit=${archive}`);
  process.kill(server.pid, 'SIGTERM');
  await server.exited;
  rmSync(practice, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** One registry; what was registered is gone when it ends. */
export async function up({ folder, ports = [] }) {
  const [port] = await freePorts(1, ports);
  const restart = () => start(folder, port);
  return { url: `http://127.0.0.1:${port}${API}`, ports: [port], members: [await restart()], restart };
}

// Apache Kafka (KRaft, every node broker and controller) from Maven Central's jars, one or three brokers on loopback.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ask, freePorts, startServer } from './server.mjs';
import { cacheFolder, installJava, javaVersion, run } from './install.mjs';

const VERSION = '4.1.1';
const home = join(cacheFolder, `kafka-${VERSION}`);
const classPath = `${home}/libs/*`;
const archive = join(home, 'classes.jsa');
const CLUSTER_ID = 'TocsinIntegrationTests';

// Client compiler only and the serial collector: a test broker lives for seconds, and starting is what costs.
const jvm = [
  '-Xms64m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xlog:cds=off',
  '-Xlog:cds+dynamic=off',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
];

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>tocsin</groupId><artifactId>kafka-libs</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>`;

/** Listeners of a secured node, in the order of their ports. */
const listeners = [
  { name: 'TLS', protocol: 'SSL' },
  { name: 'MUTUAL', protocol: 'SSL' },
  { name: 'SASL', protocol: 'SASL_SSL' },
  { name: 'BEARER', protocol: 'SASL_SSL' },
];

/** TLS with the files of the folder's `tls`, users of SASL with their passwords, and unsecured bearer tokens. */
function securedProperties(folder, reauthMs) {
  const module = 'org.apache.kafka.common.security';
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(folder, 'tls', 'server.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'tls', 'ca.pem'),
    'listener.name.mutual.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.bearer.sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.sasl.plain.sasl.jaas.config': `${module}.plain.PlainLoginModule required user_ann="secret";`,
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${module}.scram.ScramLoginModule required;`,
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${module}.scram.ScramLoginModule required;`,
    'listener.name.bearer.oauthbearer.sasl.jaas.config': `${module}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    ...(reauthMs > 0 ? { 'connections.max.reauth.ms': reauthMs } : {}),
  };
}

/** A CA, a server and a client that it vouches for, a client that nobody does, and a server that has expired. */
function makeCertificates(folder) {
  const tls = join(folder, 'tls');
  mkdirSync(tls);
  const openssl = (...args) => run('openssl', args, { cwd: tls });
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=test CA',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=stranger',
    '-keyout',
    'stranger.key',
    '-out',
    'stranger.pem',
  );
  writeFileSync(join(tls, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  for (const name of ['server', 'client', 'other']) {
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'names',
      '-out',
      `${name}.crt`,
    );
  }
  // The broker's store is both in one file.
  writeFileSync(
    join(tls, 'server.pem'),
    readFileSync(join(tls, 'server.key'), 'utf8') + readFileSync(join(tls, 'server.crt'), 'utf8'),
  );
}

/** The settings of one node. Replication as a fleet has it, times as short as they can be. */
function properties({ id, folder, ports, advertised, sessionMs, secured = [], reauthMs = 0 }) {
  const brokers = ports.length / 2;
  const replicas = Math.min(3, brokers);
  const inSync = replicas > 1 ? 2 : 1;
  const controller = (node) => ports[brokers + node - 1];
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': Array.from(
      { length: brokers },
      (_, i) => `${i + 1}@127.0.0.1:${controller(i + 1)}`,
    ).join(','),
    listeners: [
      `PLAINTEXT://127.0.0.1:${ports[id - 1]}`,
      `CONTROLLER://127.0.0.1:${controller(id)}`,
      ...secured.map((port, i) => `${listeners[i].name}://127.0.0.1:${port}`),
    ].join(','),
    'advertised.listeners': [
      `PLAINTEXT://127.0.0.1:${advertised[id - 1] ?? ports[id - 1]}`,
      ...secured.map((port, i) => `${listeners[i].name}://localhost:${port}`),
    ].join(','),
    'listener.security.protocol.map': [
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      ...listeners.map(({ name, protocol }) => `${name}:${protocol}`),
    ].join(','),
    ...(secured.length > 0 ? securedProperties(folder, reauthMs) : {}),
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, `${id}.data`),
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 3,
    'group.initial.rebalance.delay.ms': 0,
    // A killed broker is refused until its own old session has run out; this is also the time to fail over.
    'broker.session.timeout.ms': sessionMs,
    'broker.heartbeat.interval.ms': Math.min(500, sessionMs / 3),
    'controller.quorum.election.timeout.ms': 500,
    'controller.quorum.fetch.timeout.ms': 1000,
    'replica.lag.time.max.ms': 4000,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
  })
    .map(([key, value]) => `${key}=${typeof value === 'number' ? Math.floor(value) : value}\n`)
    .join('');
}

/** Starts node `id` on what is already in `folder`; ready when its port is open. */
function startNode(folder, id, port, heap = 384, classData = `-XX:SharedArchiveFile=${archive}`) {
  return startServer({
    name: `kafka broker ${id}`,
    command: [
      'java',
      classData,
      ...jvm,
      `-Xmx${heap}m`,
      '-cp',
      classPath,
      'kafka.Kafka',
      join(folder, `${id}.properties`),
    ],
    log: join(folder, `${id}.log`),
    isReady: async () => (await ask(port)) !== undefined,
    limit: 120_000,
  });
}

/** Jars, a formatted empty log folder that `up` copies, and an archive of loaded classes that halves the start. */
export async function install() {
  installJava();
  const stamp = join(home, 'installed');
  const wanted = `${VERSION}\n${javaVersion()}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  mkdirSync(home, { recursive: true });
  rmSync(stamp, { force: true });
  if (!existsSync(join(home, 'fetched'))) {
    rmSync(join(home, 'libs'), { recursive: true, force: true });
    writeFileSync(join(home, 'pom.xml'), pom);
    run('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${home}/libs`], { cwd: home });
    writeFileSync(join(home, 'fetched'), '');
  }
  const template = join(home, 'template');
  const ports = await freePorts(2);
  rmSync(template, { recursive: true, force: true });
  rmSync(archive, { force: true });
  mkdirSync(template);
  writeFileSync(
    join(template, '1.properties'),
    properties({ id: 1, folder: template, ports, advertised: [], sessionMs: 1500 }),
  );
  run('java', [
    ...jvm,
    '-cp',
    classPath,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    join(template, '1.properties'),
  ]);
  // The class archive is written when the broker ends in good order, so it has to run once.
  const practice = join(home, 'practice');
  rmSync(practice, { recursive: true, force: true });
  cpSync(template, practice, { recursive: true });
  writeFileSync(
    join(practice, '1.properties'),
    properties({ id: 1, folder: practice, ports, advertised: [], sessionMs: 1500 }),
  );
  const broker = await startNode(practice, 1, ports[0], 384, `-XX:ArchiveClassesAtExit=${archive}`);
  process.kill(broker.pid, 'SIGTERM');
  await broker.exited;
  rmSync(practice, { recursive: true });
  if (!existsSync(archive)) throw new Error(`kafka left no class archive at ${archive}: delete ${home} and try again`);
  writeFileSync(stamp, wanted);
}

/** Users of SCRAM are records of the metadata log: the folder is formatted again with them. */
function addScramUsers(folder, id) {
  rmSync(join(folder, `${id}.data`), { recursive: true });
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=ann,password=secret]`,
  ]);
  const properties = join(folder, `${id}.properties`);
  run('java', [
    ...jvm,
    '-cp',
    classPath,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    properties,
    ...users,
  ]);
}

/**
 * A cluster in `folder`.
 * @param brokers 1 or 3
 * @param ports the brokers' ports, then the controllers'; 0 or missing: pick
 * @param advertised ports that clients are sent to instead of the brokers' own (a proxy in between)
 * @param secured also listeners with TLS, client certificates, SASL (user `ann`, password `secret`) and bearer tokens, on
 *   the ports behind the controllers', with the files in the folder's `tls`
 * @param reauthMs how long a connection with SASL may live before it authenticates again
 * @param sessionMs how long the controller waits before it takes a silent broker for dead
 */
export async function up({
  folder,
  brokers = 1,
  ports: wanted = [],
  advertised = [],
  sessionMs = brokers > 1 ? 4000 : 1500,
  secured: isSecured = false,
  reauthMs = 0,
}) {
  const ports = await freePorts(2 * brokers + (isSecured ? listeners.length : 0), wanted);
  const secured = ports.splice(2 * brokers);
  if (isSecured) makeCertificates(folder);
  const ids = Array.from({ length: brokers }, (_, i) => i + 1);
  for (const id of ids) {
    writeFileSync(
      join(folder, `${id}.properties`),
      properties({ id, folder, ports, advertised, sessionMs, secured, reauthMs }),
    );
    const data = join(folder, `${id}.data`);
    cpSync(join(home, 'template', '1.data'), data, { recursive: true });
    const meta = join(data, 'meta.properties');
    const directoryId = randomBytes(16).toString('base64url');
    writeFileSync(
      meta,
      readFileSync(meta, 'utf8')
        .replace(/^node\.id=.*$/m, `node.id=${id}`)
        .replace(/^directory\.id=.*$/m, `directory.id=${directoryId}`),
    );
  }
  if (isSecured) addScramUsers(folder, ids[0]);
  // Three at once are for faults, not for load.
  const restart = (id) => startNode(folder, id, ports[id - 1], brokers > 1 ? 256 : 384);
  const members = await Promise.all(ids.map(restart));
  return {
    url: ids.map((id) => `127.0.0.1:${advertised[id - 1] ?? ports[id - 1]}`).join(','),
    ports: [...ports, ...secured],
    members,
    restart,
  };
}

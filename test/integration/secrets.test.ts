/** A secret is planted in each place of a configuration, and looked for in all that a run writes, serves and stores. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './services/free-port.js';
import { startReceiver, type Receiver } from './services/receiver.js';
import { begin, ended } from './services/tocsin.js';
import { until } from './services/until.js';

/** Each planted text is one of these: what is found says where it came from. */
const planted = (place: string): string => `planted${place}Rk7Qw2Zx9Lm4Tb6Vn8Yc3`;
const key = (place: string): string => `whsec_${Buffer.from(planted(place)).toString('base64')}`;
const places: string[] = [];
const plant = (place: string, as: (place: string) => string = planted): string => {
  places.push(as(place));
  return as(place);
};

let folder: string;
let receiver: Receiver;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-secrets-'));
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** With user information and a value in its query. */
const addressed = (url: string, place: string): string =>
  `${url.replace('http://', `http://user:${plant(`${place}User`)}@`)}/hook?token=${plant(`${place}Query`)}`;

function configuration(port: number, unreachable: number): string {
  const settings = {
    sources: [{ type: 'file', path: '-' }],
    windows: { pane: '1s', length: '2s', lateness: '0s' },
    alerts: { quiet: 1, gap: '4s' },
    state: { dir: join(folder, 'state') },
    rules: [{ name: 'memory', action: 'page', pattern: 'out of memory' }],
    deploys: { github_secret: plant('Github') },
    respond: {
      private: ['127.0.0.0/8'],
      webhooks: [
        {
          name: 'signed',
          url: addressed(receiver.url, 'Signed'),
          secret: plant('Signature', key),
          headers: { 'X-Key': plant('Header') },
        },
        {
          name: 'pager',
          url: receiver.url,
          body: 'template',
          template: { key: '{{secrets.routing}}', text: '{{summary}}' },
          secrets: { routing: plant('Routing') },
        },
        {
          name: 'away',
          url: addressed(`http://127.0.0.1:${unreachable}`, 'Away'),
          body: 'alertmanager',
          retry: { first: '50ms' },
        },
      ],
      alertmanager: [{ url: addressed(`http://127.0.0.1:${unreachable}`, 'Alertmanager').replace('/hook', '') }],
      grafana: [{ name: 'board', url: `http://127.0.0.1:${unreachable}`, token: plant('Grafana') }],
    },
    healing: {
      private: ['127.0.0.0/8'],
      targets: [
        {
          name: 'restart',
          url: addressed(receiver.url, 'Target'),
          token: plant('TargetToken'),
          secret: plant('TargetSignature', key),
          headers: { 'X-Remedy': plant('TargetHeader') },
        },
      ],
      rules: [{ name: 'memory', match: { service: 'cart' }, target: 'restart' }],
      notify: [{ name: 'room', url: addressed(receiver.url, 'Notice'), secret: plant('NoticeSignature', key) }],
    },
    http: {
      port,
      token: plant('Token'),
      link_secret: plant('Links'),
      slack_signing_secret: plant('Slack'),
      public_url: 'https://tocsin.example.org',
    },
    log: { level: 'debug', format: 'json' },
  };
  const path = join(folder, 'tocsin.json');
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

/** Ten minutes up to now; a tenth of the lines page. */
function lines(): string {
  const began = Date.now() - 600_000;
  const of = (i: number): string =>
    JSON.stringify({
      time: new Date(began + i * 1000).toISOString(),
      level: i % 10 === 9 ? 'error' : 'info',
      service: 'cart',
      message: i % 10 === 9 ? 'out of memory' : `order ${i} done`,
    });
  return `${Array.from({ length: 600 }, (_, i) => of(i)).join('\n')}\n`;
}

/** All files below a folder, as text. */
const filesOf = (dir: string): [string, string][] =>
  readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path, 'latin1')]);

test('no planted secret is in any output, page, metric or file', async () => {
  const [port, unreachable] = [await freePort(), await freePort()];
  const config = configuration(port, unreachable);
  const token = planted('Token');
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, token);
  const found: string[] = [];
  const look = (where: string, text: string): void => {
    for (const secret of places) {
      const [plain, encoded] = [secret.replace(/^whsec_/, ''), encodeURIComponent(secret)];
      if (text.includes(plain) || text.includes(encoded)) found.push(`${secret} in ${where}`);
    }
  };

  writeFileSync(join(folder, 'app.log'), lines());
  const run = begin(['run', '--config', config], { stdin: 'pipe' });
  run.stdin.write(lines());
  try {
    await until('an alert', () => receiver.requests.length >= 2 || run.isOver() || undefined, 60_000);
    expect([run.isOver(), run.said()]).toEqual([false, expect.stringContaining('"running"')]);
    const url = `http://127.0.0.1:${port}`;
    const authorization = { authorization: `Bearer ${token}` };
    const pages = ['/', '/metrics', '/healthz', '/readyz', '/api/status', '/api/alerts', '/api/heal', '/openapi.json'];
    const lists = ['alerts', 'incidents', 'entities', 'decisions', 'models', 'verdicts', 'healing', 'status'];
    for (const page of [...pages, ...lists.map((name) => `/api/v1/${name}`)]) {
      for (const headers of [authorization, {}]) look(page, await (await fetch(url + page, { headers })).text());
    }
    const commands = [
      ['lint', '--config', config],
      ['lint', '--config', config, '--connect'],
      ['doctor', '--config', config],
      ['status', '--url', url, '--token-file', tokenFile],
      ['alerts', '--url', url, '--token-file', tokenFile],
      ['alerts', '--url', url, '--token-file', tokenFile, '--json'],
      ['heal', 'status', '--url', url, '--token-file', tokenFile],
      ['heal', 'test', 'memory', '--config', config],
      ['topology', '--config', config],
      ['try', '--config', config, join(folder, 'app.log')],
    ];
    for (const command of commands) {
      const { code, said } = await ended(...command);
      // Findings are no failure: what is configured cannot be reached.
      expect([command.join(' '), code, said]).not.toEqual([command.join(' '), 2, said]);
      look(command.slice(0, 2).join(' '), said);
    }
    // What could not be delivered is written down with its reason.
    await until('the failures', () => /ECONNREFUSED|cannot be reached|refused/.test(run.said()) || undefined, 30_000);
  } finally {
    run.signal('SIGTERM');
    await run.ended;
  }
  look('what it said', run.said());
  look('dead letters', (await ended('dlq', 'list', '--config', config, '--raw', '--json')).said);
  look('heal audit', (await ended('heal', 'audit', '--config', config, '--json')).said);
  for (const [path, text] of filesOf(join(folder, 'state'))) look(path, text);
  expect(receiver.requests.some(({ body }) => body.includes(planted('Routing')))).toBe(true);
  expect(found).toEqual([]);
}, 180_000);

/** Signing in at a real nats-server, and what is said where that fails. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RetentionPolicy } from '@nats-io/jetstream';
import { nkeys } from '@nats-io/transport-node';
import { freePort } from './services/free-port.js';
import { hasNats, readingStream, startNats, Streams } from './services/nats.js';
import type { Service } from './services/service.js';
import { ended, tocsin } from './services/tocsin.js';

const certificate = resolve('test/fixtures/tls/cert.pem');
const key = resolve('test/fixtures/tls/key.pem');
const shown = { ca: certificate, certificate, key };

(hasNats ? describe : describe.skip)('NATS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-nats-trouble-'));
  let nats: Service;
  let plain: Service;
  let streams: Streams;
  let server: string;
  let away: string;
  let made = 0;
  const user = nkeys.createUser();
  const seed = new TextDecoder().decode(user.getSeed());
  const credentials = join(folder, 'user.creds');

  beforeAll(async () => {
    const settings = join(folder, 'server.conf');
    writeFileSync(
      settings,
      `allow_non_tls: true
tls { cert_file: "${certificate}", key_file: "${key}", ca_file: "${certificate}", verify: true }
accounts {
  A { jetstream: enabled, users: [
    { user: ann, password: "secret-of-ann" }
    { user: bob, password: "secret-of-bob", permissions: { publish: ["$JS.API.INFO", "$JS.API.STREAM.INFO.>"], subscribe: ["_INBOX.>"] } }
    { nkey: ${user.getPublicKey()} }
  ] }
  B { users: [{ user: cat, password: "secret-of-cat" }] }
}
`,
    );
    writeFileSync(
      credentials,
      `-----BEGIN NATS USER JWT-----\nnone\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
    );
    nats = await startNats(['--config', settings]);
    plain = await startNats();
    server = nats.url.replace('127.0.0.1', 'localhost');
    away = `nats://127.0.0.1:${await freePort()}`;
    streams = await Streams.of(nats, {
      servers: server,
      user: 'ann',
      pass: 'secret-of-ann',
      // The server offers TLS, and this one does without.
      tls: null,
    });
    await streams.create('LOGS');
    await streams.create('QUEUE', RetentionPolicy.Workqueue);
    await streams.publish('logs.shop', ['2026-01-05T00:00:00Z INFO order was paid']);
  }, 60_000);
  afterAll(async () => {
    await streams?.close();
    await nats?.stop();
    await plain?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const configured = (settings: object, source: object = { stream: 'LOGS' }): string =>
    readingStream(folder, `c${made++}`, { servers: [server], ...settings }, source);

  /** What doctor finds of NATS. */
  async function found(settings: object, source?: object): Promise<string[]> {
    const { out } = await ended('doctor', '--json', '--config', configured(settings, source));
    const findings = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { about: string; level: string; message: string });
    return findings
      .filter(({ about }) => about === 'nats' || about.startsWith('stream '))
      .map(({ level, message }) => `${level}: ${message}`);
  }

  test('what is wrong is told from all else, and no secret is', async () => {
    const ann = { tls: shown, username: 'ann', password: 'secret-of-ann' };
    const cases: readonly (readonly [object, RegExp, object?])[] = [
      [{ ...ann, password: 'secret-of-no-one' }, /^error: NATS at .* refuses this client \(user ann\)/],
      [{ tls: shown }, /refuses this client \(without a user\)/],
      [{ tls: shown, token: 'secret' }, /refuses this client \(with a token\)/],
      [{ tls: shown, username: 'cat', password: 'secret-of-cat' }, /no JetStream for this account/],
      [{ tls: true }, /not signed by an authority that is trusted here/],
      [{ tls: { ca: certificate } }, /may want a certificate of this client/],
      [{ ...ann, servers: [plain.url] }, /does not speak TLS, and nats\.tls is set/],
      [{ tls: { ca: '/none.pem' } }, /a file of nats\.tls or nats\.credentials/],
      [{ servers: [away] }, /is not reachable \(ECONNREFUSED\)/],
      [ann, /there is no stream NONE at .*: create it, or correct sources\[\]\.stream/, { stream: 'NONE' }],
    ];
    for (const [settings, words, source] of cases) {
      const text = (await found(settings, source)).join('\n');
      expect(text).toMatch(words);
      expect(text).not.toContain('secret');
    }
    const good = [
      expect.stringMatching(/^ok: nats-server \S+ answers at .*, with JetStream$/),
      'ok: 1 messages, sequences 1 to 1',
    ];
    for (const way of [ann, { tls: shown, nkey: seed }, { tls: shown, credentials }])
      expect(await found(way)).toEqual(good);
  }, 240_000);

  test('a start ends with its code, and try reads a stream without taking from it', async () => {
    const wrong = await ended('run', '--config', configured({ servers: [away] }));
    expect([wrong.code, wrong.said]).toEqual([4, expect.stringMatching(/NATS at .* is not reachable/)]);
    const settings = { tls: shown, username: 'ann', password: 'secret-of-ann' };
    const good = configured(settings, { stream: 'LOGS', subjects: ['logs.>'] });
    const line = (await tocsin('try', '--stream', 'LOGS', '--config', good, '--json')).trim().split('\n').at(0)!;
    expect(JSON.parse(line)).toMatchObject({ status: 'read', service: 'logs.shop', message: 'INFO order was paid' });
    const queue = await ended('try', '--stream', 'QUEUE', '--config', configured(settings, { stream: 'QUEUE' }));
    expect([queue.code, queue.said]).toEqual([4, expect.stringMatching(/is a work queue: a look would take from it/)]);
  }, 60_000);
});

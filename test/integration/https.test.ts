/** The API over HTTPS: who trusts the certificate is served, who does not is told what to do, and plain HTTP gets nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { request } from 'node:http';
import { feed, startOn } from './services/growing-log.js';
import { freePort } from './services/free-port.js';
import { begin } from './services/tocsin.js';
import { until } from './services/until.js';

const tls = { cert: resolve('test/fixtures/tls/cert.pem'), key: resolve('test/fixtures/tls/key.pem') };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-https-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function configured(http: object): string {
  const path = join(folder, 'tocsin.json');
  const settings = { sources: [{ type: 'file', path: '-', format: 'json' }], state: { dir: join(folder, 'state') } };
  writeFileSync(path, JSON.stringify({ ...settings, http, log: { format: 'json' } }));
  return path;
}

const plainHttp = (port: number): Promise<string> =>
  new Promise((done) => {
    request({ host: '127.0.0.1', port, path: '/api/alerts' }, ({ statusCode }) => done(`answered ${statusCode}`))
      .on('error', ({ message }) => done(message))
      .end();
  });

test('is served to who trusts the certificate and has the token', async () => {
  const port = await freePort();
  const config = configured({ port, tls, token: 'a token of the test, 32 letters and more' });
  const token = join(folder, 'token');
  writeFileSync(token, 'a token of the test, 32 letters and more\n');
  const log = join(folder, 'app.log');
  const lines = feed(log, ['cart']);
  const run = startOn(config, log);
  const ask = (env: Record<string, string>, ...args: string[]) =>
    begin(['heal', 'status', '--url', `https://localhost:${port}`, ...args], { env }).ended;
  const trusting = { NODE_EXTRA_CA_CERTS: tls.cert };
  try {
    await until('it runs', () => run.said().includes('"running"') || undefined);
    expect(run.said()).toContain(`https://127.0.0.1:${port}`);

    const served = await ask(trusting, '--token-file', token);
    expect([served.code, served.out]).toEqual([0, expect.stringContaining('healing')]);

    const nobody = await ask(trusting);
    expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining('refused')]);
    const strange = await ask({}, '--token-file', token);
    expect(strange.code).not.toBe(0);
    expect(strange.err).toMatch(/certificate that is not trusted here \(\w+\): .*NODE_EXTRA_CA_CERTS/);
    expect(await plainHttp(port)).not.toMatch(/answered/);
  } finally {
    lines.stop();
    await run.stop();
  }
});

test('a certificate that cannot be read, or is none, is refused at the start in words', async () => {
  const none = join(folder, 'none.pem');
  writeFileSync(none, 'no certificate\n');
  for (const [key, path, words] of [
    ['cert', join(folder, 'missing.pem'), 'cannot be read'],
    ['cert', none, 'http.tls.cert'],
    ['key', none, 'http.tls.key'],
    ['key', tls.cert, 'http.tls.key'],
  ]) {
    const { code, err } = await begin(['run', '--config', configured({ port: 0, tls: { ...tls, [key!]: path } })])
      .ended;
    expect(code).not.toBe(0);
    expect(err).toContain(words);
    expect(err).not.toMatch(/\n\s+at /);
  }
});

/** Images are named by digests that their registry gives, after it has asked for a token. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const digest = `sha256:${'ab'.repeat(32)}`;
let registry: Server;
let host: string;
let folder: string;

beforeAll(async () => {
  registry = createServer((request, response) => {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`);
    if (url.pathname === '/token') response.end(JSON.stringify({ token: `for ${url.searchParams.get('scope')}` }));
    else if (request.headers.authorization !== 'Bearer for repository:tools/node:pull')
      response
        .writeHead(401, {
          'www-authenticate': `Bearer realm="http://${host}/token",service="here",scope="repository:tools/node:pull"`,
        })
        .end();
    else if (url.pathname === '/v2/tools/node/manifests/22') response.setHeader('docker-content-digest', digest).end();
    else response.writeHead(404).end();
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
afterAll(() => registry.close());
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tocsin-pin-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function pin(content: string, ...options: readonly string[]) {
  const file = join(folder, 'compose.yml');
  writeFileSync(file, content);
  const child = spawn(process.execPath, ['scripts/deploy/pin.mjs', ...options, file]);
  let said = '';
  child.stdout.on('data', (piece) => (said += String(piece)));
  child.stderr.on('data', (piece) => (said += String(piece)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said, after: readFileSync(file, 'utf8') };
}

test('a tag gets the digest of its registry; what is built here stays; a second time changes nothing', async () => {
  const content = `services:\n  a:\n    image: ${host}/tools/node:22\n  b:\n    image: built\n`;
  const { code, after } = await pin(content);
  expect(code).toBe(0);
  expect(after).toBe(content.replace(':22', `:22@${digest}`));
  expect(await pin(after)).toEqual({ code: 0, said: '', after });
});

test('--check finds a tag without a digest and a digest that is another by now, and writes nothing', async () => {
  for (const have of ['', `@sha256:${'0'.repeat(64)}`]) {
    const content = `ARG NODE=${host}/tools/node:22${have}\n`;
    const { code, said, after } = await pin(content, '--check');
    expect([code, after]).toEqual([1, content]);
    expect(said).toContain(have ? 'is another image by now' : 'has no digest');
  }
});

test('an image that the registry has not is named, and stays as it was', async () => {
  const content = `    image: ${host}/tools/node:23\n`;
  const { code, said, after } = await pin(content);
  expect([code, after]).toEqual([1, content]);
  expect(said).toContain('tools/node:23: http://127.0.0.1');
});

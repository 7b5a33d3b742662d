import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseRetryAfter, postJson } from '../../../connectors/webhook/post.js';

let server: Server | undefined;

/** A receiver on loopback that behaves as told; resolves with its address. */
async function receiver(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

const answer =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end());
  };

test.each([
  [200, true, undefined],
  [204, true, undefined],
  [400, false, false],
  [410, false, false],
  [408, false, true],
  [429, false, true],
  [500, false, true],
  [503, false, true],
])('status %i: ok %s, retryable %s', async (status, ok, retryable) => {
  const outcome = await postJson(await receiver(answer(status)), '{}', { timeoutMs: 2000 });
  expect(outcome.ok).toBe(ok);
  if (!outcome.ok) expect(outcome.retryable).toBe(retryable);
});

test('a redirect is refused and not followed', async () => {
  const outcome = await postJson(await receiver(answer(307, { location: 'http://127.0.0.1:1/' })), '{}', {
    timeoutMs: 2000,
  });
  expect(outcome).toMatchObject({ ok: false, retryable: false, error: expect.stringContaining('redirects') as string });
});

test('retry-after is handed on', async () => {
  const outcome = await postJson(await receiver(answer(429, { 'retry-after': '7' })), '{}', { timeoutMs: 2000 });
  expect(outcome).toMatchObject({ retryAfterMs: 7000 });
});

test('a receiver that hangs is given up, and may have got it', async () => {
  const outcome = await postJson(await receiver(() => undefined), '{}', { timeoutMs: 100 });
  expect(outcome).toMatchObject({ ok: false, retryable: true, sent: true, error: 'no answer within 100 ms' });
});

test('an answer counts by its status: a body that drips is closed at the time limit', async () => {
  const url = await receiver((_request, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(drip));
  });
  expect(await postJson(url, '{}', { timeoutMs: 200 })).toMatchObject({ ok: true, status: 200 });
});

test.each([64 * 1024, 64 * 1024 + 1, 1_000_000])('2xx is 2xx with a body of %s bytes', async (size) => {
  const url = await receiver((_request, response) => {
    response.writeHead(202);
    response.end(Buffer.alloc(size));
  });
  expect(await postJson(url, '{}', { timeoutMs: 2000 })).toEqual({ ok: true, status: 202 });
});

test('a failure without end is a failure', async () => {
  const url = await receiver((_request, response) => {
    response.writeHead(500);
    response.end(Buffer.alloc(1_000_000));
  });
  expect(await postJson(url, '{}', { timeoutMs: 2000 })).toMatchObject({ ok: false, error: 'answered 500' });
});

test('nobody there: retryable, and certainly not sent', async () => {
  expect(await postJson('http://127.0.0.1:1/', '{}', { timeoutMs: 1000 })).toMatchObject({
    ok: false,
    retryable: true,
    sent: false,
  });
});

test('retry-after is read as seconds and as a date', () => {
  expect(parseRetryAfter('3', 0)).toBe(3000);
  expect(parseRetryAfter('Thu, 01 Jan 1970 00:00:10 GMT', 4000)).toBe(6000);
  expect(parseRetryAfter('soon', 0)).toBeUndefined();
});

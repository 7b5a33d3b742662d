import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { egressAgents } from '../../../connectors/webhook/egress.js';
import { addressGuard } from '../../../connectors/webhook/address.js';
import { postJson } from '../../../connectors/webhook/post.js';

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '::1',
  '::',
  'fe80::1',
  'fd00::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '::ffff:0:7f00:1%eth0',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  '::ffff:169.254.169.254',
  '::127.0.0.1',
  '64:ff9b:1::a9fe:a9fe',
  'fd00:ec2::254',
  '168.63.129.16',
  '100.100.100.200',
  '192.88.99.1',
  '2001::1',
  '2001:20::1',
  '3fff::1',
  '5f00::1',
  'fec0::1',
  '100:0:0:1::1',
  'localhost',
  '',
])('%s is refused', (address) => {
  expect(addressGuard([])(address)).toBe(false);
});

test.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '2a00:1450:4001::1'])(
  '%s is public',
  (address) => {
    expect(addressGuard([])(address)).toBe(true);
  },
);

test('a listed range is allowed, its neighbours are not', () => {
  const isAllowed = addressGuard(['10.2.0.0/16', 'fd12::/16']);
  expect(['10.2.3.4', '::ffff:10.2.3.4', 'fd12::1'].map(isAllowed)).toEqual([true, true, true]);
  expect(['10.3.0.1', 'fd13::1', '127.0.0.1'].map(isAllowed)).toEqual([false, false, false]);
});

describe('calls', () => {
  let server: Server;
  let port = 0;
  let hits = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      hits++;
      request.resume().on('end', () => response.end('{}'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '127.1'])(
    'to %s never connect, and say which range to list',
    async (host) => {
      const agents = egressAgents([], 'healing.private');
      const outcome = await postJson(`http://${host}:${port}/`, '{}', { timeoutMs: 2000, agents });
      expect(outcome).toMatchObject({ ok: false, retryable: false, sent: false });
      expect((outcome as { error: string }).error).toContain('healing.private');
      expect(hits).toBe(0);
    },
  );

  test('to a listed range connect, by address and by name', async () => {
    const agents = egressAgents(['127.0.0.0/8', '::1/128'], 'healing.private');
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await postJson(`http://${host}:${port}/`, '{}', { timeoutMs: 2000, agents })).toEqual({
        ok: true,
        status: 200,
      });
    expect(hits).toBe(2);
  });
});

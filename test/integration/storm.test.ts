/** 5,000 alerts at once, to a receiver that is slow and fails at times: few messages, and every alert in one of them. */
import { openOutputs } from '../../service/delivery/outputs.js';
import { parseConfig } from '../../config/load.js';
import { encode } from '../../records/wire/codec.js';
import { entity } from '../../records/entity.js';
import { notificationCodec } from '../../records/notification.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { Outbox } from '../../runtime/outbox.js';
import { anAlert } from '../builders/alert.js';
import { startReceiver } from './services/receiver.js';

interface Told {
  readonly type: string;
  readonly data: { readonly fingerprint?: string; readonly alerts?: readonly { readonly fingerprint: string }[] };
}

test('a storm is summarised and loses none, signed, through failures', async () => {
  const secret = `whsec_${Buffer.from('twenty-four bytes of key').toString('base64')}`;
  const receiver = await startReceiver({ secret });
  receiver.behave((_, index) => (index % 4 === 1 ? { status: 503 } : {}));
  const config = parseConfig(
    `sources: [{ type: file, path: a }]
respond:
  max_age: 3650d
  private: [127.0.0.0/8]
  webhooks:
    - { name: ops, url: '${receiver.url}', secret: ${secret}, rate: { messages: 20, per: 10s }, retry: { first: 50ms, most: 200ms } }
`,
    'c.yaml',
    {},
  );
  const outputs = openOutputs(config, { url: 'http://tocsin', links: [] });
  const dead: string[] = [];
  const outbox = await Outbox.open({
    name: 'respond/outbox',
    routes: outputs.routes,
    backend: new MemoryBackend(),
    dead: ({ id }) => void dead.push(id),
  });
  try {
    for (let at = 0; at < 5000; at += 250) {
      outbox.add(
        Array.from({ length: 250 }, (_, i) => {
          const fingerprint = `f${at + i}`;
          const alert = anAlert({ fingerprint, entity: entity('service', { service: `s${at + i}` }).key });
          const payload = encode(notificationCodec, { type: 'webhook', id: fingerprint, route: 'ops', alert });
          return { id: fingerprint, route: 'webhook/ops', payload, order: fingerprint };
        }),
      );
      await outbox.flush();
    }
    while (outbox.pending > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    await outbox.stop(1000);
    await outputs.close();
    await receiver.stop();
  }
  expect(dead).toEqual([]);
  expect(receiver.requests.every(({ signature }) => signature === 'valid')).toBe(true);
  expect(receiver.requests.length).toBeLessThan(100);
  const told = receiver.requests
    .filter((_, index) => index % 4 !== 1)
    .map(({ body }) => JSON.parse(body) as Told)
    .flatMap(({ data }) => data.alerts?.map(({ fingerprint }) => fingerprint) ?? [data.fingerprint!]);
  expect(told).toHaveLength(5000);
  expect(new Set(told).size).toBe(5000);
  expect(receiver.requests.some(({ body }) => body.includes('"alerts.summary"'))).toBe(true);
}, 120_000);

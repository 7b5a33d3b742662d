/** The webhook receiver tells a signed request from a forged one, and misbehaves as told. */
import { Webhook } from 'standardwebhooks';
import { type Receiver, startReceiver } from './services/receiver.js';

const secret = Buffer.from('0123456789abcdef01234567').toString('base64');

describe('receiver', () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver({ secret });
  });
  afterAll(() => receiver?.stop());
  beforeEach(() => receiver.behave(() => ({})));

  /** Sends `body` with a signature over `signed`. */
  const send = (body: string, signed = body, timeout = 5000) => {
    const at = new Date();
    return fetch(receiver.url, {
      method: 'POST',
      body,
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign('msg_1', at, signed),
      },
      signal: AbortSignal.timeout(timeout),
    });
  };

  it('accepts a signed request', async () => {
    expect((await send('{"a":1}')).status).toBe(200);
    expect(receiver.requests.at(-1)).toMatchObject({ method: 'POST', body: '{"a":1}', signature: 'valid' });
  });

  it('refuses a request whose body was changed, and one without a signature', async () => {
    expect((await send('{"a":2}', '{"a":1}')).status).toBe(401);
    expect(receiver.requests.at(-1)?.signature).toBe('No matching signature found');
    expect((await fetch(receiver.url, { method: 'POST', body: '{}' })).status).toBe(401);
    expect(receiver.requests.at(-1)?.signature).toBe('Missing required headers');
  });

  it('answers, hangs and resets as told', async () => {
    receiver.behave((_, index) => ({ status: 429, headers: { 'retry-after': '3' }, body: `request ${index}` }));
    const busy = await send('{}');
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '3']);
    expect(await busy.text()).toBe(`request ${receiver.requests.length - 1}`);
    receiver.behave(() => ({ hang: true }));
    await expect(send('{}', '{}', 200)).rejects.toThrow('timeout');
    receiver.behave(() => ({ reset: true }));
    await expect(send('{}')).rejects.toThrow('fetch failed');
  });
});

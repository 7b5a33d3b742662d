/** Silences of a real Alertmanager: nobody else is told, the Alertmanager keeps them quiet, and their end is news. */
import { feed, growingLogScene, startOn } from './services/growing-log.js';
import { startReceiver, type ReceivedRequest } from './services/receiver.js';
import { until } from './services/until.js';

interface Listed {
  readonly id: string;
  readonly action: string;
  readonly name: string;
  readonly match: Readonly<Record<string, string>>;
}

test('what is silenced is told to nobody until the silence ends', async () => {
  const chat = await startReceiver();
  const webhooks = `  private: [127.0.0.0/8]\n  webhooks: [{ name: chat, url: '${chat.url}/hook', body: alertmanager }]\n`;
  const scene = await growingLogScene('silences', webhooks);
  const { lines, config, url, alertmanager, paged } = scene;
  const silence = async (matchers: readonly object[]): Promise<string> => {
    const answer = await fetch(`${alertmanager.url}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        matchers,
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 3_600_000).toISOString(),
        createdBy: 'ann',
        comment: 'memory upgrade',
      }),
    });
    return ((await answer.json()) as { silenceID: string }).silenceID;
  };
  const calendar = async (): Promise<Listed[]> => (await (await fetch(`${url}/api/calendar`)).json()) as Listed[];
  const about = (service: string) => (request: ReceivedRequest) => request.body.includes(`"service":"${service}"`);
  const others = await silence([{ name: 'alertname', value: 'DiskFull', isRegex: false, isEqual: true }]);
  const id = await silence([
    { name: 'service', value: 'c.*t', isRegex: true, isEqual: true },
    { name: 'alertname', value: 'Watchdog', isRegex: false, isEqual: false },
  ]);
  const feeder = feed(lines, ['cart', 'shop', 'mail']);
  const tocsin = startOn(config, lines);
  try {
    const entries = await until('the silence', async () => {
      const all = await calendar().catch(() => []);
      return all.length > 0 ? all : undefined;
    });
    expect(entries).toMatchObject([
      {
        id: `silence ${id}`,
        action: 'silence',
        name: 'in Alertmanager by ann: memory upgrade',
        match: { service: '/c.*t/', alertname: '!Watchdog' },
      },
    ]);
    expect(entries.some((entry) => entry.id.includes(others))).toBe(false);
    const refused = await fetch(`${url}/api/calendar/${encodeURIComponent(`silence ${id}`)}`, { method: 'DELETE' });
    expect(refused.status).toBe(409);

    feeder.sick.add('cart').add('shop');
    await chat.waitFor(1, { ms: 30_000, matching: about('shop') });
    const held = await until('the alert of what is silenced', async () =>
      (await alertmanager.alerts()).find(({ labels }) => labels.service === 'cart'),
    );
    expect(held.status.state).toBe('suppressed');
    expect(held.annotations.silenced).toBe('in Alertmanager by ann: memory upgrade');
    expect([...chat.requests, ...paged.requests].filter(about('cart'))).toEqual([]);

    await fetch(`${alertmanager.url}/api/v2/silence/${id}`, { method: 'DELETE' });
    await chat.waitFor(1, { ms: 30_000, matching: about('cart') });
    await paged.waitFor(1, { ms: 30_000, matching: about('cart') });
    expect(chat.requests.filter(about('cart'))[0]!.body).not.toContain('memory upgrade');
  } finally {
    feeder.stop();
    await tocsin.stop();
    await Promise.all([scene.end(), chat.stop()]);
  }
});

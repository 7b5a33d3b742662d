/** Real Prometheus and Alertmanager are started, and alerts go through them to a webhook receiver. */
import { type AlertmanagerService, notifyAtOnce, startAlertmanager } from './services/alertmanager.js';
import { startPrometheus } from './services/prometheus.js';
import { type Receiver, startReceiver } from './services/receiver.js';

describe('alertmanager', () => {
  let receiver: Receiver;
  let alertmanager: AlertmanagerService;
  beforeAll(async () => {
    receiver = await startReceiver();
    alertmanager = await startAlertmanager(notifyAtOnce(receiver.url));
  });
  afterAll(async () => {
    await alertmanager?.stop();
    await receiver?.stop();
  });

  const post = async (endsAt: number) => {
    const alert = { labels: { alertname: 'Rare', service: 'checkout' }, endsAt: new Date(endsAt).toISOString() };
    const response = await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([alert]),
    });
    expect(response.status).toBe(200);
  };

  it('lists a posted alert and notifies the webhook that it fires, then that it is resolved', async () => {
    await post(Date.now() + 60_000);
    const firing = (await receiver.waitFor(1))[0]!;
    expect(JSON.parse(firing.body)).toMatchObject({
      version: '4',
      status: 'firing',
      commonLabels: { service: 'checkout' },
    });
    expect((await alertmanager.alerts()).map(({ labels }) => labels.service)).toEqual(['checkout']);

    await post(Date.now() - 1000);
    const resolved = (await receiver.waitFor(1, { matching: ({ body }) => body.includes('"status":"resolved"') })).at(
      0,
    )!;
    expect(JSON.parse(resolved.body)).toMatchObject({ status: 'resolved', commonLabels: { alertname: 'Rare' } });
  });
});

describe('prometheus', () => {
  it('scrapes a target and evaluates a rule on it', async () => {
    const target = await startReceiver();
    target.behave(() => ({ headers: { 'content-type': 'text/plain; version=0.0.4' }, body: 'tocsin_windows 21\n' }));
    const config = `global: { scrape_interval: 200ms, evaluation_interval: 200ms }
rule_files: [rules.yml]
scrape_configs:
  - job_name: tocsin
    static_configs: [{ targets: ['${target.url.replace('http://', '')}'] }]
`;
    const rules = 'groups: [{ name: doubled, rules: [{ record: doubled, expr: 2 * tocsin_windows }] }]\n';
    const prometheus = await startPrometheus(config, { 'rules.yml': rules });
    try {
      await target.waitFor(1);
      let doubled: number | undefined;
      for (const began = Date.now(); doubled === undefined && Date.now() - began < 10_000;) {
        doubled = await prometheus.value('doubled');
      }
      expect(doubled).toBe(42);
    } finally {
      await prometheus.stop();
      await target.stop();
    }
  });
});

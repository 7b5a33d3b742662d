import { AlertmanagerNotifier } from '../../../connectors/alertmanager/notifier.js';
import { entity } from '../../../records/entity.js';
import { anAlert } from '../../builders/alert.js';

const options = {
  url: 'http://127.0.0.1:1',
  resendMs: 60_000,
  holdMs: 240_000,
  timeoutMs: 200,
  watchdog: true,
  presentation: { url: 'http://tocsin', links: [] },
};

test('a firing alert ends several intervals ahead, beside the watchdog', () => {
  const notifier = new AlertmanagerNotifier(options);
  notifier.update(anAlert());
  const now = Date.UTC(2026, 0, 5, 4);
  expect(notifier.postable(now).map(({ labels, endsAt }) => [labels.alertname, endsAt])).toEqual([
    ['TocsinAnomaly', '2026-01-05T04:04:00.000Z'],
    ['TocsinWatchdog', '2026-01-05T04:04:00.000Z'],
  ]);
});

test('a resolved alert is sent with its end, and one that fires again replaces it', () => {
  const notifier = new AlertmanagerNotifier({ ...options, watchdog: false });
  notifier.update(anAlert());
  notifier.update(anAlert({ status: 'resolved' }));
  const later = Date.now() + 1000;
  expect(Date.parse(notifier.postable(later)[0]!.endsAt)).toBeLessThan(later);
  notifier.update(anAlert({ fingerprint: 'f2' }));
  expect(notifier.postable(later)).toHaveLength(1);
});

test('a question is never sent', () => {
  const notifier = new AlertmanagerNotifier({ ...options, watchdog: false });
  notifier.update(anAlert({ audit: true }));
  expect(notifier.postable(0)).toEqual([]);
});

test('what is muted is not sent; what is silenced is, since the Alertmanager keeps it quiet', () => {
  const notifier = new AlertmanagerNotifier({ ...options, watchdog: false });
  notifier.update(anAlert({ muted: 'backup' }));
  expect(notifier.postable(0)).toEqual([]);
  notifier.update(anAlert({ muted: 'silenced by ann', annotations: { silenced: 'by ann' } }));
  expect(notifier.postable(0)).toMatchObject([{ annotations: { silenced: 'by ann' } }]);
});

test('an Alertmanager that is away is an outcome, not an exception', async () => {
  const notifier = new AlertmanagerNotifier(options);
  expect(await notifier.send()).toMatchObject({ ok: false, retryable: true });
});

test('after a restart what fires is sent again, and what was just resolved; older ends are not', () => {
  const notifier = new AlertmanagerNotifier({ ...options, watchdog: false });
  const { at } = anAlert();
  const of = (service: string): string => entity('service', { service }).key;
  notifier.start([
    anAlert({ fingerprint: 'f1', entity: of('a') }),
    anAlert({ fingerprint: 'f2', entity: of('b'), status: 'resolved' }),
    anAlert({ fingerprint: 'f3', entity: of('c'), status: 'resolved', at: at - 7_200_000 }),
    anAlert({ fingerprint: 'f4', entity: of('d'), audit: true }),
  ]);
  const now = Date.now();
  const sent = notifier.postable(now).map(({ labels, endsAt }) => [labels.service, Date.parse(endsAt) > now]);
  expect(sent).toEqual([
    ['a', true],
    ['b', false],
  ]);
  notifier.rest();
  expect(notifier.postable(now)).toEqual([]);
});

test('another severity is another alert: the one before ends in the same request', () => {
  const notifier = new AlertmanagerNotifier({ ...options, watchdog: false });
  notifier.update(anAlert({ severity: 'warning' }));
  notifier.update(anAlert({ severity: 'critical' }));
  const later = Date.now() + 1000;
  const sent = notifier.postable(later).map(({ labels, endsAt }) => [labels.severity, Date.parse(endsAt) > later]);
  expect(sent).toEqual([
    ['critical', true],
    ['warning', false],
  ]);
  notifier.update(anAlert({ severity: 'warning' }));
  const back = notifier.postable(later).map(({ labels, endsAt }) => [labels.severity, Date.parse(endsAt) > later]);
  expect(back).toEqual([
    ['warning', true],
    ['critical', false],
  ]);
});

test('a notification says how to answer, and links to a page that answers', () => {
  const notifier = new AlertmanagerNotifier({ ...options, watchdog: false });
  notifier.update(anAlert());
  expect(notifier.postable(0)[0]).toMatchObject({
    annotations: { fingerprint: 'f1', answer: 'tocsin feedback f1 not-anomaly (or anomaly, expected, new-normal)' },
    generatorURL: 'http://tocsin/alert/f1',
  });
});

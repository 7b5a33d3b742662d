/** Alerts as a real Alertmanager sees them: kept firing, ended, taken over by another process, and two of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AlertmanagerNotifier } from '../../connectors/alertmanager/notifier.js';
import { entity } from '../../records/entity.js';
import { anAlert } from '../builders/alert.js';
import { notifyAtOnce, startAlertmanager, type AlertmanagerService } from './services/alertmanager.js';
import { startReceiver, type Receiver } from './services/receiver.js';

let receiver: Receiver;
let alertmanager: AlertmanagerService;
beforeEach(async () => {
  receiver = await startReceiver();
  alertmanager = await startAlertmanager(notifyAtOnce(receiver.url));
});
afterEach(async () => {
  await alertmanager.stop();
  await receiver.stop();
});

const notifierAt = (url: string, holdMs = 3000): AlertmanagerNotifier =>
  new AlertmanagerNotifier({
    url,
    resendMs: 500,
    holdMs,
    timeoutMs: 5000,
    watchdog: false,
    presentation: { url: 'http://tocsin', links: [] },
  });
const fresh = (change: Parameters<typeof anAlert>[0] = {}) =>
  anAlert({ startsAt: Date.now() - 1000, lastAt: Date.now(), at: Date.now(), ...change });
const statuses = (): string[] => receiver.requests.map(({ body }) => (JSON.parse(body) as { status: string }).status);

test('a restart in the middle: one firing notification, one end, though the first process never told of it', async () => {
  const first = notifierAt(alertmanager.url);
  first.start([]);
  const alert = fresh();
  first.update(alert);
  await first.send();
  await receiver.waitFor(1);
  // Killed: nothing more is sent. The next one has its alerts from the store.
  first.rest();
  const second = notifierAt(alertmanager.url);
  second.start([alert]);
  await sleep(2500);
  expect(statuses()).toEqual(['firing']);
  second.rest();
  const third = notifierAt(alertmanager.url);
  third.start([{ ...alert, status: 'resolved' }]);
  await receiver.waitFor(2);
  expect(statuses()).toEqual(['firing', 'resolved']);
  await third.stop();
});

test('one that was away is told everything at the next re-send; a process that is gone lets its alerts end', async () => {
  const other = await startAlertmanager(notifyAtOnce(receiver.url));
  const pair = [notifierAt(alertmanager.url), notifierAt(other.url)];
  try {
    for (const notifier of pair) notifier.start([]);
    other.kill9();
    for (const notifier of pair) notifier.update(fresh());
    expect((await Promise.all(pair.map((notifier) => notifier.send()))).map(({ ok }) => ok)).toEqual([true, false]);
    expect(await alertmanager.alerts()).toHaveLength(1);
    await other.startAgain();
    await receiver.waitFor(2);
    expect(await other.alerts()).toHaveLength(1);
    for (const notifier of pair) notifier.rest();
    await receiver.waitFor(4);
    expect(statuses().sort()).toEqual(['firing', 'firing', 'resolved', 'resolved']);
  } finally {
    for (const notifier of pair) await notifier.stop();
    await other.stop();
  }
});

test('2,000 alerts that fire at once are all there', async () => {
  // None of them may end before all are counted, however busy the machine is.
  const notifier = notifierAt(alertmanager.url, 600_000);
  for (let i = 0; i < 2000; i++)
    notifier.update(fresh({ fingerprint: `f${i}`, entity: entity('service', { service: `s${i}` }).key }));
  expect(await notifier.send()).toMatchObject({ ok: true });
  expect(await alertmanager.alerts()).toHaveLength(2000);
});

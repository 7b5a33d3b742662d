import type { ServiceManager } from '../../connectors/systemd/service-manager.js';
import { serviceManagerOf } from '../../connectors/systemd/service-manager.js';
import { supervise } from '../../service/supervised.js';

const told: string[][] = [];
const manager: ServiceManager = { watchdogMs: 90_000, notify: (...assignments) => void told.push([...assignments]) };

beforeEach(() => {
  told.length = 0;
  jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

test('a start is prolonged until nothing is missing, and then is said to be over once', () => {
  let ready = ['restoring ingest/0'];
  const supervised = supervise(manager, () => ({ live: [], ready }));
  jest.advanceTimersByTime(2500);
  expect(told).toHaveLength(3);
  expect(told.every((lines) => lines.includes('EXTEND_TIMEOUT_USEC=60000000'))).toBe(true);
  expect(told.flat()).toContain('STATUS=restoring ingest/0');
  ready = [];
  jest.advanceTimersByTime(200_000);
  expect(told.filter((lines) => lines.includes('READY=1'))).toHaveLength(1);
  expect(told.at(-1)).toEqual(['WATCHDOG=1', 'STATUS=reads and decides']);
  supervised.stop();
});

test('what is wrong stops the pings, and is said', () => {
  let live: string[] = [];
  const supervised = supervise(manager, () => ({ live, ready: live }));
  jest.advanceTimersByTime(89_000);
  expect(told.filter((lines) => lines.includes('WATCHDOG=1'))).toHaveLength(3);
  live = ['detect/0 has been processing for 61 s'];
  jest.advanceTimersByTime(90_000);
  expect(told.slice(3)).toEqual(Array(3).fill(['STATUS=detect/0 has been processing for 61 s']));
  live = [];
  jest.advanceTimersByTime(30_000);
  expect(told.at(-1)).toContain('WATCHDOG=1');
  supervised.stop();
  jest.advanceTimersByTime(90_000);
  expect(told).toHaveLength(7);
});

test('without a service manager nothing is looked at', () => {
  const env = { PATH: '/usr/bin' };
  expect(serviceManagerOf(env, () => undefined)).toBeUndefined();
  const health = jest.fn();
  supervise(undefined, health).stop();
  expect(health).not.toHaveBeenCalled();
});

test('its variables are not handed on, and a watchdog of another process is not ours', () => {
  const env: NodeJS.ProcessEnv = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '3000000', WATCHDOG_PID: '1' };
  expect(serviceManagerOf(env, () => undefined)?.watchdogMs).toBeUndefined();
  expect(env).toEqual({});
  const own = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '3000000', WATCHDOG_PID: String(process.pid) };
  expect(serviceManagerOf(own, () => undefined)?.watchdogMs).toBe(3000);
});

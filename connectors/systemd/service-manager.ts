/**
 * What systemd is notified of: sd_notify(3). The protocol is a datagram to a Unix socket, which Node cannot send, and the
 * packages that can are native or no longer kept up: so it is sent by `systemd-notify`, which is part of systemd. The unit
 * needs `NotifyAccess=all`, since it is a child that sends.
 */
import { spawn } from 'node:child_process';

/** The service manager that started this process. */
export interface ServiceManager {
  /** How long it waits for `WATCHDOG=1` before it restarts the service, ms; undefined without a watchdog. */
  readonly watchdogMs: number | undefined;
  /** Sends assignments such as `READY=1`; a message that cannot be sent is a warning, once. */
  notify(...assignments: readonly string[]): void;
}

/**
 * The service manager that started this process; undefined where none did, or none that wants to be notified.
 *
 * The variables are taken out of `env`: programs that this one starts are not meant by them.
 */
export function serviceManagerOf(env: NodeJS.ProcessEnv, warn: (message: string) => void): ServiceManager | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = env;
  if (socket === undefined || socket === '') return undefined;
  delete env.NOTIFY_SOCKET;
  delete env.WATCHDOG_USEC;
  delete env.WATCHDOG_PID;
  const isMeant = pid === undefined || Number(pid) === process.pid;
  const watchdogMs = isMeant && Number(usec) > 0 ? Number(usec) / 1000 : undefined;
  let isWarned = false;
  const failed = (why: string): void => {
    if (!isWarned) warn(`systemd is not notified: systemd-notify ${why}; without it the unit needs Type=exec`);
    isWarned = true;
  };
  return {
    watchdogMs,
    notify(...assignments) {
      const lines = assignments.map((text) => text.replace(/\s+/g, ' '));
      const child = spawn('systemd-notify', lines, { stdio: 'ignore', env: { ...env, NOTIFY_SOCKET: socket } });
      child.on('error', (error) => failed(`cannot be started (${error.message})`));
      child.on('exit', (code) => {
        if (code !== 0 && code !== null) failed(`ended with code ${code}`);
      });
      // An end does not wait for it.
      child.unref();
    },
  };
}

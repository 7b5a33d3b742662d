/** Keeps a service manager informed by the rule of /healthz: pings only while there is progress. */
import type { ServiceManager } from '../connectors/systemd/service-manager.js';

/** What is wrong now (`live`), and what is missing until it does its work (`ready`). */
interface TaskProblems {
  readonly live: readonly string[];
  readonly ready: readonly string[];
}

/** Between two looks before it is ready, ms. */
const startingEvery = 1000;
/** A start may take this much longer from each look on, ms: state may be restored for long. */
const startingFor = 60_000;
/** Between two looks where there is no watchdog, ms. */
const usually = 15_000;

/**
 * Looks until it is stopped. `READY=1` is sent at the first look that finds nothing missing, `WATCHDOG=1` at every look
 * that finds nothing wrong: three in the time that the watchdog waits. A loop that is blocked looks no more.
 */
export function supervise(
  manager: ServiceManager | undefined,
  health: () => TaskProblems,
): { stopping(): void; stop(): void } {
  if (!manager) return { stopping: () => undefined, stop: () => undefined };
  const every = manager.watchdogMs === undefined ? usually : manager.watchdogMs / 3;
  let isReady = false;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const { live, ready } = health();
    const begins = !isReady && ready.length === 0;
    isReady ||= begins;
    manager.notify(
      ...(begins ? ['READY=1'] : []),
      ...(isReady ? [] : [`EXTEND_TIMEOUT_USEC=${startingFor * 1000}`]),
      ...(live.length === 0 ? ['WATCHDOG=1'] : []),
      `STATUS=${ready.length === 0 ? 'reads and decides' : ready.join('; ')}`,
    );
    timer = setTimeout(look, isReady ? every : Math.min(every, startingEvery));
    timer.unref();
  };
  look();
  return {
    stopping: () => manager.notify('STOPPING=1', 'STATUS=finishes what was read'),
    stop: () => clearTimeout(timer),
  };
}

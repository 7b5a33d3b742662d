/** The clock of a process for durations. */

/**
 * Time that only goes forward, whole ms: since 1970, as the wall clock had it when the process began. For whatever is
 * waited for or expires while it runs: a wall clock that is set by an hour would end that, or let it last an hour longer.
 */
export const steadyNow = (): number => Math.floor(performance.timeOrigin + performance.now());

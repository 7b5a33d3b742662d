/** A condition that several can wait for, and that another signals. */
export class Wake {
  private waiting = new Set<() => void>();

  /** Wakes all who wait now. */
  notify(): void {
    const woken = this.waiting;
    this.waiting = new Set();
    for (const wake of woken) wake();
  }

  /** Resolves at the next `notify`, after `ms`, or when one of the signals aborts; the waiter checks which it was. */
  wait(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      if (signals.some(({ aborted }) => aborted)) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        for (const signal of signals) signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.waiting.add(done);
      for (const signal of signals) signal.addEventListener('abort', done, { once: true });
    });
  }
}

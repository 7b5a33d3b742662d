/** Runs tasks and services together: starts them against the flow of data, stops them along it. */

/** Something that runs until it ends by itself, is stopped, or fails. A Task is one. */
export interface Service {
  readonly name: string;
  /** Resolves when it is up. */
  start(): Promise<void>;
  /** Resolves when it is over, rejects when it failed. */
  readonly done: Promise<void>;
  /** Everything upstream is over: end once the rest is read. What has none is stopped instead. */
  drain?(): void;
  /** Ends within a limit; gives whether the limit was kept. */
  stop(limitMs: number): Promise<boolean>;
}

/** What a supervisor calls as it goes. */
export interface SupervisorHooks {
  /** A stage is about to be started, drained or stopped: for the log. */
  event?(what: 'started' | 'ended' | 'failed' | 'late', service: string, error?: Error): void;
}

/**
 * Runs stages of services. The first stage is furthest upstream (ingest); the last may hold what has to be there all
 * the time (the health endpoint). Stages start from the last to the first, so that readers are there before writers.
 * Once every service of a stage is over, the next stage is drained: a bounded run thus ends by itself, with all that
 * was read also answered for. The first failure stops everything.
 *
 * @example
 * const supervisor = new Supervisor([[ingest], [detect0, detect1], [respond], [http]]);
 * process.once('SIGTERM', () => void supervisor.stop(25_000));
 * await supervisor.run();
 */
export class Supervisor {
  private readonly stopped = new AbortController();
  private deadline = Infinity;
  private failure: Error | undefined;
  private fail!: (error: Error) => void;
  private readonly failed: Promise<never>;

  constructor(
    private readonly stages: readonly (readonly Service[])[],
    private readonly hooks: SupervisorHooks = {},
  ) {
    this.failed = new Promise<never>((_, reject) => {
      this.fail = (error) => {
        this.failure ??= error;
        reject(error);
      };
    });
    this.failed.catch(() => undefined);
  }

  /**
   * Starts all and resolves when all are over.
   *
   * @param limitMs how long stopping may take after a failure, ms
   * @throws the first error of any service, after all others were stopped
   */
  async run(limitMs = 10_000): Promise<void> {
    const running: Service[][] = [];
    try {
      for (const stage of [...this.stages].reverse()) {
        const up: Service[] = [];
        running.unshift(up);
        for (const service of stage) {
          up.push(service);
          await Promise.race([service.start(), this.failed]);
          this.watch(service);
          if (this.stopped.signal.aborted) {
            await this.wind(running);
            return;
          }
        }
      }
      await this.wind(running);
    } catch (error) {
      this.failure ??= error as Error;
      // Nothing is drained after a failure: what was acknowledged is there at the next start.
      await Promise.allSettled(running.flat().map((service) => this.stopOne(service, limitMs)));
    }
    if (this.failure) throw this.failure;
  }

  /**
   * Stops along the flow: the first stage reads no more, the others handle what is left, all within the limit; what is
   * late is stopped where it is. `run` resolves when it is done.
   */
  stop(limitMs: number): void {
    if (this.stopped.signal.aborted) return;
    this.deadline = performance.now() + limitMs;
    this.stopped.abort();
  }

  private watch(service: Service): void {
    service.done.then(
      () => this.hooks.event?.('ended', service.name),
      (error: unknown) => {
        const reason = error instanceof Error ? error : new Error(String(error));
        this.hooks.event?.('failed', service.name, reason);
        this.fail(reason);
      },
    );
    this.hooks.event?.('started', service.name);
  }

  /** Waits for each stage in turn, and tells the next one when it is over. */
  private async wind(stages: readonly (readonly Service[])[]): Promise<void> {
    for (const [i, stage] of stages.entries()) {
      if (i > 0) for (const service of stage) if (service.drain) service.drain();
      const toStop = i > 0 ? stage.filter((service) => !service.drain) : [];
      const over = Promise.all([
        ...stage.map(({ done }) => done),
        ...toStop.map((service) => this.stopOne(service, this.left(10_000))),
      ]);
      over.catch(() => undefined);
      const isOver = await Promise.race([over.then(() => true), this.failed, this.cut(i === 0)]);
      if (!isOver)
        await Promise.race([Promise.all(stage.map((each) => this.stopOne(each, this.left(1000)))), this.failed]);
    }
  }

  /** Resolves when a stage has to be stopped: the first one at once when asked, the others at the deadline. */
  private async cut(first: boolean): Promise<false> {
    if (!this.stopped.signal.aborted) {
      await new Promise((resolve) => this.stopped.signal.addEventListener('abort', resolve, { once: true }));
    }
    if (!first) {
      // A tenth of the limit is kept for stopping what is late.
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, this.left(0) * 0.9)).unref());
    }
    return false;
  }

  /** Time to the deadline, at least `least` ms. */
  private left(least: number): number {
    const left = this.deadline - performance.now();
    return Number.isFinite(left) ? Math.max(least, left) : least;
  }

  private async stopOne(service: Service, limitMs: number): Promise<void> {
    if (!(await service.stop(limitMs))) this.hooks.event?.('late', service.name);
  }
}

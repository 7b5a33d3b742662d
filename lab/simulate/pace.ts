/** Hands simulated time on as a clock would: at once up to a moment, from there so many times as fast. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks whether it was stopped, ms. */
const lookMs = 100;

export class Pace {
  private beganAt: number | undefined;

  /**
   * @param from - event time up to which nothing waits, ms
   * @param speed - ms of event time in 1 ms
   */
  constructor(
    private readonly from: number,
    private readonly speed: number,
  ) {}

  /** Whether it has come to the moment from which on it waits. */
  get isLive(): boolean {
    return this.beganAt !== undefined;
  }

  /** Resolves when it is this late, or it was stopped. */
  async until(time: number, isStopped: () => boolean): Promise<void> {
    if (time <= this.from) return;
    this.beganAt ??= performance.now();
    for (;;) {
      const left = this.beganAt + (time - this.from) / this.speed - performance.now();
      if (left <= 0 || isStopped()) return;
      await sleep(Math.min(left, lookMs));
    }
  }
}

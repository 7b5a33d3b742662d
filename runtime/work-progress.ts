/** How far long work is: written by what does it, read by who shows it. */
export class WorkProgress {
  /** What is done of it. */
  count = 0;
  private all = 0;

  /** @param noun what is counted, in the plural */
  constructor(readonly noun: string) {}

  /** More to do. Without a call nothing is known of the end. */
  expect(more: number): void {
    this.all += more;
  }

  step(done = 1): void {
    this.count += done;
  }

  /** Share that is done, 0 to 1; undefined where the end is not known. */
  get share(): number | undefined {
    return this.all > 0 ? Math.min(1, this.count / this.all) : undefined;
  }
}

/** Rows of many requests in one call of a model: what comes while it runs waits for its next call. */
import type { Detector } from '../../models/detectors/detector.js';

interface WaitingRows {
  readonly rows: number;
  readonly data: Float64Array;
  resolve(scores: Float64Array): void;
  reject(error: unknown): void;
}

/** Rows of one call. */
const maxTogether = 1024;

/**
 * A row has the same bits at any batch size, so that it does not matter who waits with whom. Nothing waits for company:
 * a call begins as soon as the one before has ended.
 */
export class Gathered {
  private waiting: WaitingRows[] = [];
  private isRunning = false;
  /** Calls of the model so far, and rows in them. */
  calls = 0;
  rows = 0;

  constructor(private readonly detector: Detector) {}

  /** Scores of rows, row-major. Rejects as the model does, for these rows alone. */
  score(data: Float64Array): Promise<Float64Array> {
    const rows = data.length / this.detector.card.columns.length;
    return new Promise((resolve, reject) => {
      this.waiting.push({ rows, data, resolve, reject });
      if (!this.isRunning) {
        this.isRunning = true;
        // What else came in this turn of the event loop goes along.
        setImmediate(() => void this.run());
      }
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const together: WaitingRows[] = [];
      let rows = 0;
      let next = this.waiting.shift();
      while (next) {
        together.push(next);
        rows += next.rows;
        const [coming] = this.waiting;
        next = coming && rows + coming.rows <= maxTogether ? this.waiting.shift() : undefined;
      }
      await this.call(together, rows);
    }
    this.isRunning = false;
  }

  private async call(together: readonly WaitingRows[], rows: number): Promise<void> {
    const columns = this.detector.card.columns.length;
    const data = new Float64Array(rows * columns);
    let at = 0;
    for (const one of together) {
      data.set(one.data, at * columns);
      at += one.rows;
    }
    this.calls++;
    this.rows += rows;
    try {
      const scores = await this.detector.score({ rows, columns, data });
      let from = 0;
      for (const one of together) one.resolve(scores.slice(from, (from += one.rows)));
    } catch (error) {
      for (const one of together) one.reject(error);
    }
  }
}

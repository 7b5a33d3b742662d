/** One line on a terminal that says how far long work is; redrawn in place, on standard error. */
import { cut } from './columns.js';
import { span, whole } from './wording.js';

export interface WorkDone {
  /** Share that is done, 0 to 1; undefined where the end is not known. */
  readonly share: number | undefined;
  readonly count: number;
  /** What is counted: `lines`. */
  readonly noun: string;
  readonly seconds: number;
}

/** `41 %  1,234,567 lines  85,000 a second  12 s left` */
export function progressText({ share, count, noun, seconds }: WorkDone): string {
  const left = share === undefined || share <= 0 || seconds < 1 ? undefined : (seconds / share) * (1 - share);
  return [
    ...(share === undefined ? [] : [`${String(Math.floor(100 * share)).padStart(3)} %`]),
    `${whole(count)} ${noun}`,
    ...(seconds < 1 ? [] : [`${whole(count / seconds)} a second`]),
    ...(left === undefined ? [] : [`${span(left * 1000)} left`]),
  ].join('  ');
}

/** How often it is redrawn, ms. */
const every = 500;

/** Draws until it is stopped; nothing where the stream is no terminal. */
export function showProgress(
  stream: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown },
  look: () => Promise<WorkDone | undefined>,
): { clear(): void; stop(): void } {
  if (stream.isTTY !== true || process.env.TERM === 'dumb') return { clear: () => undefined, stop: () => undefined };
  let drawn = false;
  const clear = (): void => {
    if (drawn) stream.write('\r\x1b[K');
    drawn = false;
  };
  const timer = setInterval(() => {
    void look().then((done) => {
      if (!done) return;
      // The cursor goes back to the beginning: a line of the log takes its place.
      stream.write(`\r\x1b[K${cut(progressText(done), (stream.columns ?? 80) - 1)}\r`);
      drawn = true;
    });
  }, every);
  timer.unref();
  return {
    clear,
    stop() {
      clearInterval(timer);
      clear();
    },
  };
}

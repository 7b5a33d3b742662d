/** One line on a terminal that says how far long work is; redrawn in place, on standard error. */
import type { WorkProgress } from '../../runtime/work-progress.js';
import type { ReadBytes } from '../../service/intake/read-bytes.js';
import { cut } from './columns.js';
import { drawing } from './guard.js';
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
    ...(seconds < 1 ? [] : [`${rate(count / seconds)} a second`]),
    ...(left === undefined ? [] : [`${span(left * 1000)} left`]),
  ].join('  ');
}

/** Slow work has a rate, too. */
const rate = (perSecond: number): string => (perSecond < 10 ? perSecond.toFixed(1) : whole(perSecond));

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
      // Some terminals that programs open have no width: 0.
      const { columns = 0 } = stream;
      stream.write(`\r\x1b[K${cut(progressText(done), (columns > 0 ? columns : 80) - 1)}\r`);
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

const perKilobyte = 1000;

/** Shows how far work is on standard error, until it is stopped; work over files is counted in kilobytes. */
export function showWork(work: WorkProgress | ReadBytes): { stop(): void } {
  const began = performance.now();
  return showProgress(drawing(process.stderr), async () => {
    const [count, noun] = 'noun' in work ? [work.count, work.noun] : [Math.floor(work.read / perKilobyte), 'kB'];
    if (count === 0) return undefined;
    return { share: work.share, count, noun, seconds: (performance.now() - began) / 1000 };
  });
}

/** Lines in the log each time what a process does has changed: what scores, what is ready, whether much is refused. */
import type { Logger } from 'pino';
import type { Metrics } from '../connectors/http/metrics.js';
import { figuresOf } from './figures.js';
import type { Served } from './http.js';
import { learningWords } from './training/words.js';

/** Between two looks, ms. */
const every = 5000;
/** Of fewer lines a share says nothing. */
const enoughLines = 100;
const refusedShare = 0.2;

/** Looks until it is stopped. */
export function watchChanges(running: Served, metrics: Metrics, log: Logger): { stop(): void } {
  let phase: string | undefined;
  let problems = '';
  /** What was missing at the look before: what lasts is worth a line. */
  let before = '';
  let isWarned = false;
  const look = async (): Promise<void> => {
    const training = running.trainer?.status();
    if (training && training.phase !== phase) {
      phase = training.phase;
      log.info(`learning: ${learningWords(training)}`);
    }
    const { ready } = running.health();
    const now = ready.join('; ');
    if (now === before && now !== problems) {
      log.info(now === '' ? 'ready' : `not ready: ${now}`);
      problems = now;
    }
    before = now;
    const { lines, refused, reasons } = await figuresOf(metrics);
    const [most] = reasons;
    if (!isWarned && most && lines >= enoughLines && refused / lines > refusedShare) {
      isWarned = true;
      const share = Math.round((100 * refused) / lines);
      log.warn(`${share} % of ${lines} lines are refused, most as ${most[0]}: look at some with \`tocsin try\``);
    }
  };
  const again = (): void => void look().catch((error: unknown) => log.debug({ err: error as Error }, 'no status'));
  again();
  const timer = setInterval(again, every);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

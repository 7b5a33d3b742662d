/** Questions to a cluster that are asked again. */
import { setTimeout as sleep } from 'node:timers/promises';

const pauseMs = 250;

/**
 * Asks until there is an answer. The client gives some questions up at the first error that passes by itself: a
 * coordinator that loads or has moved, a broker that is just away.
 *
 * @throws what is no passing error, and the last one after `giveUpMs`
 */
export async function untilAnswered<T>(ask: () => Promise<T>, giveUpMs = 60_000): Promise<T> {
  const began = performance.now();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const passes = (error as { retriable?: unknown }).retriable === true;
      if (!passes || performance.now() - began > giveUpMs) throw error;
      await sleep(pauseMs);
    }
  }
}

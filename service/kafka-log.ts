/** What the Kafka client says, for the log of the process: trouble with brokers in one line, and again each ten seconds. */
import type { Logger } from 'pino';
import type { KafkaLog } from '../connectors/kafka/client.js';

/** Between two lines about the same trouble, ms. */
const every = 10_000;

/** Messages of the client about a connection: it writes several for each try. */
const aboutConnection =
  /connection|connect to|seed broker|broker metadata|retries|Restarting|Crash|request (failed|timed out)|Failed to (join|find)|group coordinator|leader/i;

/** @param now of a steady clock, ms */
export function kafkaLogOf(
  log: Logger,
  brokers: readonly string[],
  now: () => number = () => performance.now(),
): KafkaLog {
  let begun: number | undefined;
  let said = Number.NEGATIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  return (level, message, details) => {
    // A stack of the client's own says nothing to those who run it; `debug` has all.
    log.debug(details, message);
    const text = [message, details.error, details.broker].filter((each) => typeof each === 'string').join(' ');
    if (level === 'debug') return;
    if (!aboutConnection.test(text) && details.trouble !== true) {
      log[level]({ ...details, stack: undefined }, message);
      return;
    }
    const at = now();
    // After a while without trouble it is new trouble.
    if (at - last > 3 * every) begun = undefined;
    begun ??= at;
    last = at;
    if (at - said < every) return;
    said = at;
    const since = Math.round((at - begun) / 1000);
    const cause = typeof details.error === 'string' ? details.error : message;
    const what = details.trouble === true ? message : `Kafka at ${brokers.join(', ')} cannot be reached: ${cause}`;
    log.warn(`${what}${since > 0 ? `; since ${since} s` : ''}; tried again`);
  };
}

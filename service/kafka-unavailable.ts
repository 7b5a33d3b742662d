/** Kafka could not be reached at the start of a run or a command. */
import { causeOf, wholeText } from '../connectors/kafka/cause.js';
import { StartError } from '../runtime/start-error.js';

export function kafkaUnavailable(brokers: readonly string[], error: unknown): StartError {
  const text = wholeText(error);
  return new StartError(`Kafka at ${brokers.join(', ')} cannot be used: ${causeOf(text) ?? text}`, 'unavailable');
}

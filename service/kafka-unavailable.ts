/** Kafka could not be reached at the start of a run or a command. */
import { describeKafkaError, type KafkaSettings } from '../connectors/kafka/client.js';
import { StartError } from '../runtime/start-error.js';

export const kafkaUnavailable = (settings: KafkaSettings, error: unknown): StartError =>
  new StartError(describeKafkaError(settings, error), 'unavailable');

/** Makes the kafkajs client of a cluster, with limits under which nothing waits for ever in silence. */
import { Kafka, logLevel, type LogEntry } from 'kafkajs';
import { learnCodecs } from './codecs.js';

/** The `kafka` part of the configuration. */
export interface KafkaSettings {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  readonly client_id: string;
  readonly tls: boolean;
  /** SASL/PLAIN where there is one. */
  readonly username?: string;
  readonly password?: { reveal(): string };
}

export type KafkaLogLevel = 'debug' | 'info' | 'warn' | 'error';
/** Where messages for people go. */
export type KafkaLog = (level: KafkaLogLevel, message: string, details: Readonly<Record<string, unknown>>) => void;

const levels: Readonly<Record<number, KafkaLogLevel>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  // What kafkajs calls information is each pause and each resume.
  [logLevel.INFO]: 'debug',
  [logLevel.DEBUG]: 'debug',
};

/**
 * A request is tried for about 40 s, which outlasts the failover of a broker; what has not succeeded by then is an
 * error that stops the caller.
 *
 * @throws Error where a user has no password, or a password no user
 * @example
 * const kafka = kafkaClient(config.kafka, (level, message, details) => logger[level](details, message));
 */
export function kafkaClient(settings: KafkaSettings, log: KafkaLog = () => undefined): Kafka {
  const { brokers, client_id: clientId, tls, username, password } = settings;
  if ((username === undefined) !== (password === undefined)) {
    throw new Error('kafka.username and kafka.password belong together: give both for SASL/PLAIN, or none');
  }
  learnCodecs();
  return new Kafka({
    clientId,
    brokers: [...brokers],
    ssl: tls,
    ...(username !== undefined && password
      ? { sasl: { mechanism: 'plain' as const, username, password: password.reveal() } }
      : {}),
    connectionTimeout: 3000,
    authenticationTimeout: 10_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5000, retries: 12 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, namespace, log: { message, ...details } }: LogEntry) =>
        log(levels[level] ?? 'debug', `kafka: ${message}`, { namespace, ...details }),
  });
}

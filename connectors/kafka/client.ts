/** Makes the kafkajs client of a cluster, with limits under which nothing waits for ever in silence. */
import { Kafka, logLevel, type LogEntry } from 'kafkajs';
import { learnCodecs } from './codecs.js';
import { installFetchDecoder } from './fetch/install.js';
import { saslOptions, type SaslSettings } from './sasl.js';
import { socketFactory } from './tls.js';
import { kafkaTrouble, type TroubleContext } from './trouble.js';
import { RepeatLimit } from '../repeat-limit.js';
import type { TlsFiles } from '../tls-files.js';

/** The `kafka` part of the configuration. */
export interface KafkaSettings {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  readonly client_id: string;
  readonly tls: boolean | TlsFiles;
  readonly sasl?: SaslSettings | undefined;
  /** SASL/PLAIN where there is one: short for `sasl` with the mechanism `plain`. */
  readonly username?: string | undefined;
  readonly password?: { reveal(): string } | undefined;
  /** Who decodes fetched records; `auto` by default. */
  readonly decoder?: 'auto' | 'kafkajs' | undefined;
}

/** How serious a message is. */
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
 * What is wrong with connecting or signing in is logged in one line, at once and every 10 s while it lasts.
 *
 * @param retries - 12 outlast a failover; who only asks whether there is an answer wants fewer
 * @throws Error where a user has no password, or a password no user
 * @example
 * const kafka = kafkaClient(config.kafka, (level, message, details) => logger[level](details, message));
 */
export function kafkaClient(settings: KafkaSettings, log: KafkaLog = () => undefined, retries = 12): Kafka {
  const { brokers, client_id: clientId, tls, username, password } = settings;
  if ((username === undefined) !== (password === undefined)) {
    throw new Error('kafka.username and kafka.password belong together: give both for SASL/PLAIN, or none');
  }
  learnCodecs();
  if (settings.decoder !== 'kafkajs') installFetchDecoder();
  const sasl = saslOf(settings);
  const trouble = troubleContext(settings);
  const repeats = new RepeatLimit(repeatMs, Date.now);
  const warn = (message: string): void => {
    if (repeats.allows(message)) log('warn', message, { trouble: true });
  };
  return new Kafka({
    clientId,
    brokers: [...brokers],
    // The factory does it; this is only whether.
    ssl: tls !== false,
    socketFactory: socketFactory(tls === false ? undefined : tls === true ? {} : tls, warn),
    ...(sasl ? { sasl: saslOptions(sasl) } : {}),
    connectionTimeout: 3000,
    authenticationTimeout: 10_000,
    // Less than a third of the life of a token, at whose beginning the next one is there: a broker refuses to be signed in to
    // twice within a second, which a new session that is due already would do.
    reauthenticationThreshold: 3000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5000, retries },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, namespace, log: { message, stack, ...details } }: LogEntry) => {
        const known = level === logLevel.ERROR ? kafkaTrouble(errorOf(message, details), trouble) : undefined;
        if (known !== undefined) {
          if (repeats.allows(known)) log('error', known, { trouble: true });
        } else {
          const own = { namespace, ...details, ...(levels[level] === 'debug' ? { stack: stack as unknown } : {}) };
          log(levels[level] ?? 'debug', `kafka: ${message}`, own);
        }
      },
  });
}

/** The same trouble is logged again after so long, ms. */
const repeatMs = 10_000;

const saslOf = ({ sasl, username, password }: KafkaSettings): SaslSettings | undefined =>
  sasl ?? (username !== undefined && password ? { mechanism: 'plain', username, password } : undefined);

/** What of the settings tells what a failure to connect means. */
export function troubleContext(settings: KafkaSettings): TroubleContext {
  const { mechanism, username } = saslOf(settings) ?? {};
  return {
    brokers: settings.brokers,
    tls: settings.tls !== false,
    ...(mechanism === undefined ? {} : { mechanism }),
    ...(username === undefined ? {} : { username }),
  };
}

/** An error as kafkajs logs it. */
function errorOf(message: string, details: Readonly<Record<string, unknown>>): Error {
  const { broker, error } = details;
  const text = typeof error === 'string' ? `${message} ${error}` : message;
  return Object.assign(new Error(text), typeof broker === 'string' ? { broker } : {});
}

/** What a failure says in one line: what to look at where it is one of connecting, else its own message. */
export const describeKafkaError = (settings: KafkaSettings, error: unknown): string =>
  kafkaTrouble(error, troubleContext(settings)) ??
  `Kafka at ${settings.brokers.join(', ')} cannot be used: ${(error as Error).message}`;

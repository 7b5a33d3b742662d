/** A real Kafka of one or three brokers. */
import { Kafka, logLevel } from 'kafkajs';
import { type Service, startService } from './service.js';

export interface KafkaOptions {
  /** 1, or 3 with replication 3 and two in-sync replicas at least. Default 1. */
  brokers?: 1 | 3;
  /** Ports that clients are sent to instead of the brokers' own: those of a proxy in front. */
  advertise?: readonly number[];
  /** Milliseconds until a silent broker counts as dead; a killed one is refused for as long. Default 1500, with three 4000. */
  sessionMs?: number;
  /** Also listeners with TLS, client certificates, SASL and bearer tokens: see `secured`. */
  secured?: boolean;
  /** How long a connection with SASL may live before it authenticates again, ms. */
  reauthMs?: number;
}

export interface KafkaService extends Service {
  /** The same as `url`: host:port pairs with commas between. */
  readonly bootstrap: string;
  /** Addresses of the secured listeners. */
  readonly secured: Readonly<Record<'tls' | 'mutual' | 'sasl' | 'bearer', string>>;
  /** A kafkajs client that waits patiently for the cluster and keeps its log to itself. */
  client(clientId?: string): Kafka;
}

/** Starts a cluster; topics are not created by themselves. */
export async function startKafka({
  brokers = 1,
  advertise = [],
  sessionMs,
  secured,
  reauthMs,
}: KafkaOptions = {}): Promise<KafkaService> {
  const service = await startService('kafka', [
    '--brokers',
    String(brokers),
    ...advertise.flatMap((port) => ['--advertise', String(port)]),
    ...(sessionMs === undefined ? [] : ['--session-ms', String(sessionMs)]),
    ...(secured ? ['--secured'] : []),
    ...(reauthMs === undefined ? [] : ['--reauth-ms', String(reauthMs)]),
  ]);
  const at = (i: number): string => `localhost:${service.ports[2 * brokers + i]}`;
  return {
    ...service,
    bootstrap: service.url,
    secured: { tls: at(0), mutual: at(1), sasl: at(2), bearer: at(3) },
    client: (clientId = 'test') =>
      new Kafka({
        clientId,
        brokers: service.url.split(','),
        // The first join of a group on a new cluster fails until its coordinator is loaded: kafkajs retries, loudly.
        logLevel: logLevel.NOTHING,
        connectionTimeout: 1000,
        requestTimeout: 3000,
        retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 500 },
      }),
  };
}

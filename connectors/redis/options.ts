/** How the client is set up for one server, for a primary that sentinels name, and for a cluster. */
import type { ClusterOptions, RedisOptions } from 'ioredis';

/** Where a Redis is. */
export interface RedisAddress {
  /** `redis://host:port`, with `rediss:` for TLS; several are nodes of one cluster, or sentinels. */
  readonly urls: readonly string[];
  /** Where `urls` are sentinels: the name under which they watch the primary, and who asks them. */
  readonly sentinel?:
    | { readonly name: string; readonly username?: string | undefined; readonly password?: string | undefined }
    | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A call that is not answered within this many milliseconds has an unknown outcome, and is made again. */
  readonly timeoutMs: number;
}

/** Replies keep the form that the client gives them. */
type OwnOptions = Omit<RedisOptions, 'replyMapping'>;

/** Of attempt `times`, ms. */
const retryDelay = (times: number): number => Math.min(1000, 25 * 2 ** Math.min(times, 6));

interface Address {
  readonly host: string;
  readonly port: number;
}

function addressOf(url: string, usual: number): Address {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
}

/**
 * A call that timed out may still lie in a queue of the client. Nothing is queued over a lost connection and nothing is
 * sent again behind our back: an outage costs no memory, and what is repeated is repeated by the caller.
 */
const shared = ({ urls: [url], username, password, timeoutMs }: RedisAddress): OwnOptions => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password }),
  ...(new URL(url!).protocol === 'rediss:' ? { tls: {} } : {}),
  connectionName: 'tocsin',
  protocol: 2,
  commandTimeout: timeoutMs,
  connectTimeout: timeoutMs,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: retryDelay,
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
});

/** Of one server: the first of `urls`, or the primary of which the sentinels tell. */
export function singleOptions(settings: RedisAddress): OwnOptions {
  const { urls, sentinel, timeoutMs } = settings;
  const { pathname, protocol } = new URL(urls[0]!);
  const options: OwnOptions = {
    ...shared(settings),
    ...(pathname.length > 1 ? { db: Number(pathname.slice(1)) } : {}),
  };
  if (!sentinel) return { ...options, ...addressOf(urls[0]!, 6379) };
  const { name, username, password } = sentinel;
  return {
    ...options,
    name,
    role: 'master',
    sentinels: urls.map((url) => addressOf(url, 26_379)),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(protocol === 'rediss:' ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    sentinelCommandTimeout: timeoutMs,
    sentinelRetryStrategy: retryDelay,
    // A primary that is cut off takes writes that count for nothing: it is left when a sentinel tells of another one.
    failoverDetector: true,
  };
}

/** Nodes and options of a cluster's client. */
export function clusterOptions(settings: RedisAddress): {
  readonly nodes: Address[];
  readonly options: Omit<ClusterOptions, 'redisOptions' | 'replyMapping'> & { readonly redisOptions: OwnOptions };
} {
  return {
    nodes: settings.urls.map((url) => addressOf(url, 6379)),
    options: {
      redisOptions: shared(settings),
      enableOfflineQueue: false,
      slotsRefreshTimeout: settings.timeoutMs,
      clusterRetryStrategy: retryDelay,
    },
  };
}

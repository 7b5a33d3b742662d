/** The way to a Redis server or cluster: a client, and calls that are repeated until there is an answer. */
import { Cluster, Redis } from 'ioredis';
import { clusterOptions, singleOptions, type RedisAddress } from './options.js';
import { scripts, type Scripted } from './scripts.js';

/** The settings of `state.redis`. */
export interface RedisSettings extends RedisAddress {
  /** After so long without an answer the caller gets an error, ms. */
  readonly giveUpMs: number;
  /** The key of the configuration that holds the address; `state.redis` where it is not given. */
  readonly setting?: string;
  /** Told now and then while there is no answer. */
  readonly warn?: (message: string) => void;
}

/** A client with the scripts of the backend. */
export type RedisClient = (Redis | Cluster) & Scripted;

/** Replies that say "later": the server loads, fails over, moves slots, or has no room at the moment. */
const passing = /^(LOADING|CLUSTERDOWN|TRYAGAIN|READONLY|MASTERDOWN|BUSY|OOM|MISCONF|NOREPLICAS|MOVED|ASK|UNBLOCKED)\b/;
/** What kept a server from answering, with what to do about it. */
const advice: readonly (readonly [RegExp, string])[] = [
  [/^OOM/, 'Redis has no memory left: raise maxmemory, or free some'],
  [/^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH)/, 'Redis refuses the user or the password: look at state.redis'],
  [/^MISCONF/, 'Redis cannot write to its disk'],
  [/^NOREPLICAS/, 'Redis has fewer replicas in step than min-replicas-to-write asks for'],
  [/^READONLY/, 'this Redis is a replica: state.redis.url must lead to the primary'],
  [
    /sentinel .*(invalid reply: null|No such master)/,
    'The sentinels watch no primary of this name: state.redis.sentinel.name',
  ],
  [/^failed to connect to sentinel .*(NOAUTH|WRONGPASS|NOPERM)/, 'Look at state.redis.sentinel'],
  [/certificate/i, 'Name the file of its authority in NODE_EXTRA_CA_CERTS'],
];
/** What the client says when no sentinel could name the primary; each has said why before. */
const noSentinel = /^All sentinels are unreachable/;
/** What the client says of a call for which it has no connection. */
const noConnection = /^(Stream isn't writeable|Connection is closed)/;

/** How long a call may go without an answer before it is reported, and how often, ms. */
const toldAfterMs = 1000;
const toldEveryMs = 30_000;
const connectAgainMs = 250;

const isReply = (error: unknown): error is Error => (error as Error).name === 'ReplyError';
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One answer of `INFO`, by key. */
export type Info = ReadonlyMap<string, string>;

const parseInfo = (text: string): Info =>
  new Map(
    text
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );

/** `redis://user:pass@host:6379/2` without what must not be shown. */
export const shown = (urls: readonly string[]): string =>
  urls.map((url) => `${new URL(url).protocol}//${new URL(url).host}`).join(', ');

/** The connection to a Redis. */
export class RedisLink {
  private readonly closing = new AbortController();
  private resetAt = 0;
  private notifiedAt = -toldEveryMs;
  /** Why there is no connection. */
  private trouble: Error | undefined;
  private about: Info = new Map();

  private constructor(
    readonly client: RedisClient,
    private readonly settings: RedisSettings,
  ) {
    // Calls that fail since there is no connection do not say why there is none.
    let unled: Error | undefined;
    client.on('sentinelError', (error: Error) => (unled = error));
    client.on('error', (error: Error & { lastNodeError?: Error }) => {
      this.trouble = (noSentinel.test(error.message) ? unled : error.lastNodeError) ?? error;
    });
    client.on('ready', () => (this.trouble = undefined));
    client.on('end', () => void this.connectAgain());
  }

  /** Connects, and finds out whether it is one server or a cluster. @throws Error where no server answers in time */
  static async open(settings: RedisSettings): Promise<RedisLink> {
    const single = await RedisLink.to(new Redis({ ...singleOptions(settings), scripts }) as RedisClient, settings);
    if (settings.sentinel || single.info.get('cluster_enabled') !== '1') return single;
    single.close();
    const { nodes, options } = clusterOptions(settings);
    return RedisLink.to(new Cluster(nodes, { ...options, scripts }) as RedisClient, settings);
  }

  private static async to(client: RedisClient, settings: RedisSettings): Promise<RedisLink> {
    const link = new RedisLink(client, settings);
    try {
      link.about = parseInfo(await link.ask('INFO', () => client.info()));
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  /** What the node said of itself that was asked first. */
  get info(): Info {
    return this.about;
  }

  /**
   * Makes a call until it is answered. A time-out, a lost connection or a server that is loading or failing over says
   * nothing about whether the call was carried out, so only calls that may be carried out twice may be made here.
   *
   * @param what for messages: what was asked
   * @throws Error where Redis refuses the call for good, or has not answered for `giveUpMs`
   */
  async ask<T>(what: string, call: (client: RedisClient) => Promise<T>): Promise<T> {
    const began = performance.now();
    for (let pause = 20; ; pause = Math.min(1000, pause * 2)) {
      if (this.closing.signal.aborted) throw new Error(`the connection to Redis is closed: ${what} was not asked`);
      const sent = performance.now();
      try {
        return await call(this.client);
      } catch (error) {
        const message = this.messageOf(error as Error);
        if (isReply(error) && !passing.test(message)) throw this.error(what, message, error);
        if (error instanceof TypeError || error instanceof RangeError) throw error;
        if (performance.now() - began > this.settings.giveUpMs) {
          throw this.error(
            what,
            `no answer for ${Math.round((performance.now() - began) / 1000)} s, the last time: ${message}`,
            error,
            message,
          );
        }
        if (performance.now() - began > toldAfterMs) this.tell(what, message);
        if (message.includes('timed out')) this.reset(sent);
        await sleep(pause);
      }
    }
  }

  /** Ends all calls: those under way are not repeated. */
  close(): void {
    this.closing.abort();
    this.client.disconnect();
  }

  /** Lets go of connections on which a call was not answered: what still lies there is dropped, half-open ones end. */
  private reset(sentAt: number): void {
    if (sentAt < this.resetAt) return;
    this.resetAt = performance.now();
    if (this.client instanceof Redis) this.client.disconnect(true);
    else for (const node of this.client.nodes()) node.disconnect();
  }

  /**
   * The client gives up for good where its connection is let go of while it asks sentinels for the primary, as after a
   * time in which the process was stopped.
   */
  private async connectAgain(): Promise<void> {
    await sleep(connectAgainMs);
    if (!this.closing.signal.aborted) await this.client.connect().catch(() => undefined);
  }

  private tell(what: string, message: string): void {
    if (performance.now() - this.notifiedAt < toldEveryMs) return;
    this.notifiedAt = performance.now();
    this.settings.warn?.(`Redis at ${shown(this.settings.urls)} does not answer (${what}: ${message}): waiting for it`);
  }

  private messageOf({ message }: Error): string {
    return noConnection.test(message) ? (this.trouble?.message ?? message) : message;
  }

  private error(what: string, message: string, cause: unknown, reason = message): Error {
    const { setting = 'state.redis' } = this.settings;
    const hint = advice.find(([pattern]) => pattern.test(reason))?.[1];
    return new Error(
      `Redis at ${shown(this.settings.urls)}, ${what}: ${message}${hint ? `. ${hint.replaceAll('state.redis', setting)}` : ''}`,
      {
        cause,
      },
    );
  }
}

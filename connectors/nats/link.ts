/** The connection to the servers of NATS, which outlasts that they are away. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import {
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
  type Authenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import { RepeatLimit } from '../repeat-limit.js';
import type { TlsFiles } from '../tls-files.js';
import { natsTrouble, StreamFault, type NatsContext } from './trouble.js';

/** The `nats` part of the configuration. */
export interface NatsSettings {
  readonly servers: readonly string[];
  readonly tls: boolean | TlsFiles;
  readonly username?: string | undefined;
  readonly password?: { reveal(): string } | undefined;
  readonly token?: { reveal(): string } | undefined;
  readonly nkey?: { reveal(): string } | undefined;
  readonly credentials?: string | undefined;
}

/** Between two lines about the same trouble, ms. */
const repeatMs = 10_000;
const connectMs = 5000;
const flushMs = 1000;

/** How a client signs in, without what is secret. */
function whoOf({ username, token, nkey, credentials }: NatsSettings): string {
  if (username !== undefined) return `user ${username}`;
  if (token) return 'with a token';
  if (nkey) return 'with an nkey';
  return credentials === undefined ? 'without a user' : `credentials of ${credentials}`;
}

/** What of the settings tells what a failure means. */
const natsContext = (settings: NatsSettings): NatsContext => ({
  servers: settings.servers,
  who: whoOf(settings),
  isUnshown: settings.tls === true || (settings.tls !== false && settings.tls.certificate === undefined),
});

/** Files are read at each connect: they are renewed under a running process. */
function signIn({ username, password, token, nkey, credentials }: NatsSettings): Partial<NodeConnectionOptions> {
  if (username !== undefined) return { user: username, pass: password?.reveal() ?? '' };
  if (token) return { token: token.reveal() };
  if (nkey) return { authenticator: nkeyAuthenticator(new TextEncoder().encode(nkey.reveal().trim())) };
  if (credentials === undefined) return {};
  const authenticator: Authenticator = (nonce) => credsAuthenticator(readFileSync(credentials))(nonce);
  return { authenticator };
}

function tlsOf(tls: NatsSettings['tls']): Partial<NodeConnectionOptions> {
  if (tls === false) return {};
  if (tls === true) return { tls: {} };
  const { ca, certificate, key, passphrase, server_name: servername } = tls;
  const files = {
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(certificate === undefined ? {} : { certFile: certificate }),
    ...(key === undefined ? {} : { keyFile: key }),
    ...(passphrase ? { passphrase: passphrase.reveal() } : {}),
    ...(servername === undefined ? {} : { servername }),
  };
  return { tls: files };
}

/** A connection with its streams; one for all sources of a process. */
export class NatsLink {
  private away: { readonly since: number; readonly timer: NodeJS.Timeout } | undefined;

  private constructor(
    readonly settings: NatsSettings,
    readonly connection: NatsConnection,
    readonly streams: JetStreamManager,
    readonly client: JetStreamClient,
    private readonly warn: (message: string) => void,
  ) {}

  /**
   * Connects. From then on it is tried again for ever; trouble is a line at once and every 10 s while it lasts.
   *
   * @throws Error where no server can be used now: its message is for people
   */
  static async open(settings: NatsSettings, warn: (message: string) => void = () => undefined): Promise<NatsLink> {
    let connection: NatsConnection | undefined;
    try {
      connection = await connect({
        servers: [...settings.servers],
        name: 'tocsin',
        timeout: connectMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 500,
        ignoreAuthErrorAbort: true,
        ...tlsOf(settings.tls),
        ...signIn(settings),
      });
      const streams = await jetstreamManager(connection);
      const link = new NatsLink(settings, connection, streams, jetstream(connection), warn);
      void link.watch();
      return link;
    } catch (error) {
      await connection?.close().catch(() => undefined);
      throw new Error(natsTrouble(error, natsContext(settings)), { cause: error });
    }
  }

  /** What a failure of a request says to people. */
  describe(error: unknown): string {
    return error instanceof StreamFault ? error.message : natsTrouble(error, natsContext(this.settings));
  }

  async close(): Promise<void> {
    this.back();
    // The last acknowledgements are on their way.
    if (!this.connection.isClosed())
      await Promise.race([this.connection.flush().catch(() => undefined), sleep(flushMs, undefined, { ref: false })]);
    await this.connection.close().catch(() => undefined);
  }

  private async watch(): Promise<void> {
    const context = natsContext(this.settings);
    const repeats = new RepeatLimit(repeatMs, () => performance.now());
    let trouble: string | undefined;
    const say = (): void => {
      const seconds = Math.round((performance.now() - (this.away?.since ?? performance.now())) / 1000);
      const what = trouble ?? `NATS at ${context.servers.join(', ')} cannot be reached`;
      this.warn(`${what}${seconds > 0 ? `; since ${seconds} s` : ''}; tried again`);
    };
    for await (const status of this.connection.status()) {
      if (status.type === 'reconnect') {
        trouble = undefined;
        this.back();
      } else if (status.type === 'error' && !this.connection.isClosed()) {
        const words = natsTrouble(status.error, context);
        if (!this.away) {
          if (repeats.allows(words)) this.warn(words);
        } else if (words !== trouble) {
          trouble = words;
          say();
        }
      } else if (status.type === 'disconnect' && !this.away && !this.connection.isClosed()) {
        this.away = { since: performance.now(), timer: setInterval(say, repeatMs).unref() };
        say();
      }
    }
  }

  private back(): void {
    clearInterval(this.away?.timer);
    this.away = undefined;
  }
}

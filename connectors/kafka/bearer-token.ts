/** Bearer tokens for SASL/OAUTHBEARER: from a command, from an authorization server, or signed for Amazon MSK. */
import { execFile } from 'node:child_process';
import { shownUrl } from '../webhook/shown-url.js';

/** A token, and when it ends. */
export interface BearerToken {
  readonly value: string;
  /** ms since 1970; undefined where nothing says. */
  readonly endsAt?: number;
}

/**
 * Gives a token that is still good.
 *
 * @throws Error where none can be had
 */
export type TokenSource = () => Promise<BearerToken>;

/** A token is fetched again when so little of its life is left, ms. */
const marginMs = 30_000;
/** Of one that says nothing of its end, how long it is used, ms. */
const unknownLifeMs = 60_000;
/** How long a command or a server may take, ms. */
const fetchMs = 10_000;
/** Longest token that is read, bytes. */
const longestToken = 65_536;

/** When a JSON web token ends (`exp`, RFC 7519), ms since 1970; undefined for any other token. */
export function endOfToken(value: string): number | undefined {
  try {
    const claims = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    return typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps a token as long as it lives, and fetches the next one in time: 30 s, or a third of its life, before its end.
 *
 * @example
 * const token = cachedToken(commandToken(['vault', 'read', '-field=token', 'kafka']));
 * kafka({ sasl: { mechanism: 'oauthbearer', oauthBearerProvider: token } });
 */
export function cachedToken(source: TokenSource, now: () => number = Date.now): () => Promise<{ value: string }> {
  let known: { readonly value: string; readonly until: number } | undefined;
  let asked: Promise<{ value: string }> | undefined;
  const ask = async (): Promise<{ value: string }> => {
    const at = now();
    const { value, endsAt = endOfToken(value) } = await source();
    const life = endsAt === undefined ? unknownLifeMs : endsAt - at;
    if (life <= 0)
      throw new Error(
        `the bearer token for Kafka has ended already, at ${new Date(endsAt!).toISOString()}: is the clock of its issuer right?`,
      );
    known = { value, until: at + life - Math.min(marginMs, life / 3) };
    return known;
  };
  return async () => {
    if (known && now() < known.until) return known;
    // Several brokers are connected to at a time.
    asked ??= ask().finally(() => (asked = undefined));
    return asked;
  };
}

/** Runs a command whose standard output is the token, or JSON with `access_token` and maybe `expires_in`. */
export const commandToken =
  ([program, ...args]: readonly string[]): TokenSource =>
  () =>
    new Promise((resolve, reject) => {
      const options = { timeout: fetchMs, maxBuffer: longestToken, encoding: 'utf8' as const };
      execFile(program!, args, options, (error, stdout, stderr) => {
        if (error) {
          const why = stderr.trim().split('\n', 1)[0] || error.message.split('\n', 1)[0]!;
          reject(new Error(`the token command ${program} failed: ${why.slice(0, 200)}`));
        } else {
          try {
            resolve(tokenIn(stdout.trim(), `the token command ${program}`));
          } catch (caught) {
            reject(new Error((caught as Error).message, { cause: caught }));
          }
        }
      });
    });

/** An OAuth 2.0 client (RFC 6749, section 4.4). */
export interface ClientCredentials {
  readonly url: string;
  readonly client_id: string;
  readonly client_secret: { reveal(): string };
  readonly scope?: string;
  readonly audience?: string;
}

/** Asks an authorization server with the credentials of a client (RFC 6749, 4.4). */
export const clientCredentialsToken =
  ({ url, client_id, client_secret, scope, audience }: ClientCredentials): TokenSource =>
  async () => {
    const basic = Buffer.from(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret.reveal())}`);
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope === undefined ? {} : { scope }),
      ...(audience === undefined ? {} : { audience }),
    });
    let response: Response;
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Basic ${basic.toString('base64')}`, accept: 'application/json' },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(fetchMs),
      });
    } catch (error) {
      const { message, cause } = error as Error;
      throw new Error(
        `the token server ${shownUrl(url)} does not answer: ${(cause as Error | undefined)?.message ?? message}`,
        {
          cause: error,
        },
      );
    }
    const text = (await response.text()).slice(0, longestToken);
    if (!response.ok)
      throw new Error(
        `the token server ${shownUrl(url)} refuses client ${client_id} with ${response.status}: look at kafka.sasl.token`,
      );
    return tokenIn(text, `the token server ${shownUrl(url)}`);
  };

/** A token, or the answer of an authorization server. */
function tokenIn(text: string, from: string): BearerToken {
  let value = text;
  let life: unknown;
  if (text.startsWith('{')) {
    try {
      const answer = JSON.parse(text) as { access_token?: unknown; expires_in?: unknown };
      value = typeof answer.access_token === 'string' ? answer.access_token : '';
      life = answer.expires_in;
    } catch {
      value = '';
    }
  }
  // Printable ASCII without spaces: what may stand in the message to the broker (RFC 6750, 2.1).
  if (!/^[!-~]+$/.test(value))
    throw new Error(`${from} gave no token: one line of it, or JSON with access_token, is read`);
  return typeof life === 'number' && life > 0 ? { value, endsAt: Date.now() + life * 1000 } : { value };
}

/**
 * A token that is signed with the credentials of AWS that the process finds (environment, profile, role). It lives 15
 * minutes, and no longer than credentials that end: the signer says when.
 */
export const mskToken =
  (region: string): TokenSource =>
  async () => {
    try {
      const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js');
      const { token, expiryTime } = await generateAuthToken({ region });
      return { value: token, endsAt: expiryTime };
    } catch (error) {
      throw new Error(`no token for Amazon MSK in ${region}: ${(error as Error).message.split('\n', 1)[0]}`, {
        cause: error,
      });
    }
  };

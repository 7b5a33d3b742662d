/**
 * Sessions of browsers: a token is traded for a cookie that no script can read. Nothing is stored: the cookie names the
 * token's holder and is signed, and ends with the token.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { holderOf, type ApiToken, type Caller } from '../../connectors/http/tokens.js';

export const cookieName = 'tocsin_session';
/** A session lasts for so long, ms. */
export const sessionMs = 12 * 3_600_000;
const maxCookie = 1000;

export interface BrowserSession {
  readonly caller: Caller;
  /** What a request that changes something must send along: another page cannot read it. */
  readonly csrf: string;
}

export class Sessions {
  /**
   * @param key - at least 16 bytes, the same in every process that answers one address
   */
  constructor(
    private readonly key: Buffer,
    private readonly tokens: readonly ApiToken[],
  ) {}

  /** The value of a new cookie; undefined where nobody has the token. */
  begin(token: string, now: number): string | undefined {
    const holder = holderOf(token, this.tokens);
    if (!holder) return undefined;
    const made = [holder.name, this.markOf(holder), now + sessionMs, randomBytes(12).toString('base64url')];
    const payload = Buffer.from(JSON.stringify(made)).toString('base64url');
    return `${payload}.${this.sign('session', payload)}`;
  }

  /** The session of a Cookie header; undefined where there is none that holds. */
  open(header: string | undefined, now: number): BrowserSession | undefined {
    const cookie = cookieIn(header);
    if (cookie === undefined) return undefined;
    const [payload = '', signature = ''] = cookie.split('.');
    if (!isEqual(signature, this.sign('session', payload))) return undefined;
    const [name, mark, until] = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as [
      string,
      string,
      number,
    ];
    const holder = this.tokens.find((one) => one.name === name && this.markOf(one) === mark);
    if (!holder || now >= until) return undefined;
    return { caller: { name, scopes: holder.scopes }, csrf: this.sign('csrf', payload) };
  }

  /** Whether a request carries what only a page of the session can know. */
  mayChange({ csrf }: BrowserSession, given: string | undefined): boolean {
    return given !== undefined && isEqual(given, csrf);
  }

  /** Ends with the token that it was traded for. */
  private markOf({ sha256 }: ApiToken): string {
    return this.sign('token', sha256).slice(0, 16);
  }

  private sign(what: string, text: string): string {
    return createHmac('sha256', this.key).update(`tocsin-console-${what}\n${text}`).digest('base64url');
  }
}

function cookieIn(header: string | undefined): string | undefined {
  const found = header
    ?.split(';')
    .map((one) => one.trim())
    .find((one) => one.startsWith(`${cookieName}=`));
  const value = found?.slice(cookieName.length + 1);
  return value && value.length <= maxCookie ? value : undefined;
}

function isEqual(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The Set-Cookie header of a session; without a value it ends it. */
export const cookieHeader = (value: string, isSecure: boolean): string =>
  [
    `${cookieName}=${value}`,
    'HttpOnly',
    'SameSite=Strict',
    'Path=/',
    `Max-Age=${value === '' ? 0 : sessionMs / 1000}`,
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');

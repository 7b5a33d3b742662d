/** Who may do what: bearer tokens with scopes, stored as hashes. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';

/** `admin` may do all. */
export const scopes = ['read', 'verdict', 'heal', 'write', 'admin'] as const;
/** One of `scopes`. */
export type Scope = (typeof scopes)[number];

/** A token that the configuration names. */
export interface ApiToken {
  readonly name: string;
  /** SHA-256 of the token, hex: the stored value gives no access. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
}

/** Who asks, as far as the door can tell. */
export interface Caller {
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** Who asks by a session of a browser, as the door of sessions found before any route. */
const bySession = new WeakMap<FastifyRequest, Caller>();

/** Says that a request has come in a session: its route asks for the scopes of this caller. */
export const recognise = (request: FastifyRequest, caller: Caller): void => void bySession.set(request, caller);

/** SHA-256 of a token, hex, as `http.tokens[].sha256` has it. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The message of a 401. */
export const tokenNeeded = 'bearer token needed: configure http.tokens and send one';

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const localNames = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** Whether a request comes from a page that this very server has served, by its Origin; other pages name another one. */
export function isSameOrigin({ headers: { origin, host = '' } }: FastifyRequest): boolean {
  return origin === undefined || origin.replace(/^https?:\/\//i, '').toLowerCase() === host.toLowerCase();
}

/** The holder of this token; undefined for an unknown one. */
export function holderOf(token: string, tokens: readonly ApiToken[]): ApiToken | undefined {
  const given = createHash('sha256').update(token).digest();
  let holder: ApiToken | undefined;
  // All are compared, in constant time each: how long it takes says nothing.
  for (const known of tokens) {
    const wanted = Buffer.from(known.sha256, 'hex');
    if (wanted.length === given.length && timingSafeEqual(wanted, given)) holder = known;
  }
  return holder;
}

/** Names of headers by which proxies, load balancers and content networks say whose request they pass on. */
const byProxies = [
  /^(?:x-)?forwarded$/,
  /^(?:x-)?via$/,
  /^(?:x-)?(?:forwarded|original|originating|rewrite|proxy|proxyuser|http|webauth|authenticated|auth-request)-.+$/,
  /^(?:x-)?(?:real|client|cluster-client|true-client|remote|sourceip|source)-?(?:ip|addr|user|host)$/,
  /^(?:x-)?(?:envoy|amzn|amz-cf|azure|appgw|arr|ms|appengine|sendfile|goog|cloud-trace|tailscale|vercel|nf|akamai)-.+$/,
  /^(?:cf|fastly|fly|do|akamai|incap|cdn)-.*(?:ip|ray|loop)$/,
  /^x-(?:scheme|host|varnish|iinfo|bluecoat-via)$/,
];

/** Whether a proxy has brought a request: the name of a header in small letters. */
const isForwarding = (name: string): boolean => byProxies.some((pattern) => pattern.test(name));

/** What a door of any protocol knows of a request. */
export interface RequestHeaders {
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly authorization: string;
  /** Name and port by which it was addressed. */
  readonly host: string;
  /** Address that it came from. */
  readonly ip: string;
}

/**
 * Says who asks. Without any token configured, requests from this machine may do all, but not what a proxy on it passes
 * on, which would make everybody a caller from this machine.
 */
export function callerBy(
  { headers, authorization, host, ip }: RequestHeaders,
  tokens: readonly ApiToken[],
): Caller | undefined {
  if (tokens.length > 0)
    return authorization.startsWith('Bearer ') ? holderOf(authorization.slice('Bearer '.length), tokens) : undefined;
  if (Object.keys(headers).some(isForwarding)) return undefined;
  return loopback.has(ip) && localNames.test(host) ? { name: 'local', scopes: ['admin'] } : undefined;
}

/** Whether a caller has a scope. */
export const mayDo = ({ scopes: has }: Caller, scope: Scope): boolean => has.includes(scope) || has.includes('admin');

/**
 * Says who asks over HTTP. A page in a browser on this machine may do nothing by that alone unless it is the console,
 * since its requests name another host or another origin.
 */
export function whoAsks(request: FastifyRequest, tokens: readonly ApiToken[]): Caller | undefined {
  const { headers, socket } = request;
  // The address of the connection: a client that a proxy names is never taken for one on this machine.
  const ip = socket.remoteAddress ?? '';
  const { authorization = '', host = '' } = headers;
  if (tokens.length === 0 && !isSameOrigin(request)) return undefined;
  if (tokens.length > 0 && !authorization.startsWith('Bearer ')) return bySession.get(request);
  return callerBy({ headers, authorization, host, ip }, tokens);
}

/**
 * The caller if allowed; else the answer is given (401 or 403) and the route has nothing more to do.
 */
function require(
  request: FastifyRequest,
  reply: FastifyReply,
  tokens: readonly ApiToken[],
  scope: Scope,
): Caller | undefined {
  const caller = whoAsks(request, tokens);
  if (!caller) {
    void reply.code(401).header('www-authenticate', 'Bearer').send({ error: tokenNeeded });
    return undefined;
  }
  if (mayDo(caller, scope)) return caller;
  void reply.code(403).send({ error: `token ${caller.name} has no scope ${scope}` });
  return undefined;
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** A hook of a route: who may not do it is refused before anything of the body is read. */
export const allowed =
  (tokens: readonly ApiToken[], scope: Scope): onRequestAsyncHookHandler =>
  async (request, reply) => {
    const caller = require(request, reply, tokens, scope);
    if (!caller) return reply;
    callers.set(request, caller);
    return undefined;
  };

/** Who passed `allowed` of this request's route; undefined where none did or had to. */
export const callerIfKnown = (request: FastifyRequest): Caller | undefined => callers.get(request);

/** Who passed `allowed` of this request's route. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error(`${request.url} has no check of who asks`);
  return caller;
}

/** The author of a command: what the body claims counts for nothing more than the token behind it. */
export const authorOf = (caller: Caller, claimed: string | undefined): string =>
  !claimed || claimed === caller.name ? caller.name : caller.name === 'local' ? claimed : `${claimed} (${caller.name})`;

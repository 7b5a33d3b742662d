/** Where calls may go: an address is judged after its name is resolved, and that very address is connected to. */
import { lookup as resolveName } from 'node:dns';
import { isIP } from 'node:net';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { addressGuard, refusedAs } from './address.js';

/** A call to an address that is not allowed. */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly code = 'EGRESS';
}

/** Agents that judge each address. */
export interface EgressAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/**
 * Agents that connect to allowed addresses only. The name is resolved once for a connection, and what was judged is what
 * is connected to: a name that points elsewhere a moment later gains nothing. Of several addresses only the allowed ones
 * are tried.
 *
 * @param allowed private ranges that are allowed
 * @param setting where they are listed, for the words of a refusal
 */
export function egressAgents(allowed: readonly string[], setting: string): EgressAgents {
  const isAllowed = addressGuard(allowed);
  const refuse = (host: string, address: string): EgressError =>
    new EgressError(`${host} is at ${address}, ${refusedAs(setting)}`);
  const lookup: typeof resolveName = ((host: string, options: object, callback: LookupCallback) => {
    resolveName(host, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      const good = addresses.filter(({ address }) => isAllowed(address));
      if (good.length === 0) callback(refuse(host, addresses[0]?.address ?? 'no address'), '', 0);
      else if ('all' in options && options.all) callback(null, good);
      else callback(null, good[0]!.address, good[0]!.family);
    });
  }) as typeof resolveName;
  /** A literal address is never looked up: it is judged before the connection. */
  const guarded = <T extends HttpAgent>(agent: T): T => {
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (options: { host?: string }, callback: (error: Error | null) => void) => {
      const host = (options.host ?? '').replace(/^\[|\]$/g, '');
      if (isIP(host) !== 0 && !isAllowed(host)) throw refuse(host, host);
      return connect(options, callback);
    };
    return agent;
  };
  return {
    httpAgent: guarded(new HttpAgent({ lookup, keepAlive: false })),
    httpsAgent: guarded(new HttpsAgent({ lookup, keepAlive: false })),
  };
}

type LookupCallback = (
  error: Error | null,
  address: string | readonly { address: string; family: number }[],
  family?: number,
) => void;

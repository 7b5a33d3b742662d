/** Where calls may go: an address is judged after its name is resolved, and that very address is connected to. */
import { lookup as resolveName } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Ranges that are no public address: RFC 6890 and the IPv6 special-purpose registry. */
const special: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['::1', 128, 'ipv6'],
  ['64:ff9b::', 96, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

const reserved = new BlockList();
for (const [range, prefix, family] of special) reserved.addSubnet(range, prefix, family);

/** An IPv4 address that is written as IPv6 is judged as what it is. */
const unmapped = (address: string): string => /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;

/**
 * Judges addresses.
 *
 * @param allowed - ranges, `10.2.0.0/16`, that are allowed although they are private
 */
export function egressGuard(allowed: readonly string[]): (address: string) => boolean {
  const listed = new BlockList();
  for (const range of allowed) {
    const [address, prefix] = range.split('/');
    listed.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return (address) => {
    const plain = unmapped(address);
    const family = isIP(plain) === 6 ? 'ipv6' : isIP(plain) === 4 ? 'ipv4' : undefined;
    if (!family) return false;
    // What remains mapped is written in another way (::ffff:7f00:1): the list knows those as IPv4 too.
    return !reserved.check(plain, family) || listed.check(plain, family);
  };
}

export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly code = 'EGRESS';
}

export interface EgressAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/**
 * Agents that connect to allowed addresses only. The name is resolved once for a connection, and what was judged is what
 * is connected to: a name that points elsewhere a moment later gains nothing.
 */
export function egressAgents(allowed: readonly string[]): EgressAgents {
  const isAllowed = egressGuard(allowed);
  const refuse = (host: string, address: string): EgressError =>
    new EgressError(
      `${host} is at ${address}, a private or reserved address: list its range in healing.private to allow it`,
    );
  const lookup: typeof resolveName = ((host: string, options: object, callback: LookupCallback) => {
    resolveName(host, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      const bad = addresses.find(({ address }) => !isAllowed(address));
      if (bad) callback(refuse(host, bad.address), '', 0);
      else if ('all' in options && options.all) callback(null, addresses);
      else callback(null, addresses[0].address, addresses[0].family);
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

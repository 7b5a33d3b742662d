/** Addresses of what is called: which may be, public ones and those of ranges that are listed, and how they are put together. */
import { BlockList, isIP } from 'node:net';
import { specialRanges } from './special-ranges.js';

const reserved = new BlockList();
for (const range of specialRanges) {
  const [address = '', prefix] = range.split('/');
  reserved.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** All that is handed out as global unicast (the IANA IPv6 address space registry); whatever lies beside it is not public. */
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');

/** An interface identifier that names an IPv4 address within any prefix (ISATAP, RFC 5214), in canonical form, which may leave out zeros. */
const isatap = /:(?:0|200)?:5efe:(?:[0-9a-f]{1,4}:[0-9a-f]{1,4}|:)$/;

const isReserved = (plain: string, family: 'ipv4' | 'ipv6'): boolean =>
  reserved.check(plain, family) || (family === 'ipv6' && (!global.check(plain, family) || isatap.test(plain)));

/** The IPv4 address that an IPv6 one stands for (mapped, RFC 4291, however it is written); any other as it is. */
function unmapped(address: string): string {
  const [plain = ''] = address.split('%');
  if (isIP(plain) !== 6) return plain;
  // The form of URLs is the canonical one: `[::ffff:7f00:1]`.
  const canonical = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined) return canonical;
  const [a, b] = [parseInt(high, 16), parseInt(low!, 16)];
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}

/**
 * Judges addresses.
 *
 * @param allowed - ranges, `10.2.0.0/16`, that are allowed although they are private
 */
export function addressGuard(allowed: readonly string[]): (address: string) => boolean {
  const listed = new BlockList();
  for (const range of allowed) {
    const [address = '', prefix] = range.split('/');
    listed.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return (address) => {
    const plain = unmapped(address);
    const family = isIP(plain) === 6 ? 'ipv6' : isIP(plain) === 4 ? 'ipv4' : undefined;
    if (!family) return false;
    return !isReserved(plain, family) || listed.check(plain, family);
  };
}

/** What an address is that is refused, and what to do, for the end of a sentence. @param setting where ranges are listed */
export const refusedAs = (setting: string): string =>
  `a private or reserved address: list its range in ${setting} to allow it`;

/** A path under a base address, which may end with a slash. */
export const underBase = (base: string, path: string): string => `${base.replace(/\/$/, '')}${path}`;

/** An address that is written into a URL, and no name: what it is, or undefined. `localhost` is one by RFC 6761. */
export function literalAddress(url: string): string | undefined {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return '127.0.0.1';
  return isIP(host) === 0 ? undefined : host;
}

/** Addresses of what is called: which may be, public ones and those of ranges that are listed, and how they are put together. */
import { BlockList, isIP } from 'node:net';

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
export function addressGuard(allowed: readonly string[]): (address: string) => boolean {
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

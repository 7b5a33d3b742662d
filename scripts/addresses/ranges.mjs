/**
 * Writes the ranges that are no public address, from the table beside it. The rows `ipv4` and `ipv6` are those of the IANA
 * special-purpose address registries (https://www.iana.org/assignments/iana-ipv4-special-registry and
 * iana-ipv6-special-registry): compare the table with them, change a row, run `npm run addresses`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const table = new URL('special.csv', import.meta.url);
const target = new URL('../../connectors/webhook/special-ranges.ts', import.meta.url);

/** A row's cells; a quoted one may hold commas. */
const cells = (row) => [...row.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted ?? plain);

/** The rows of the table. */
export const rows = () =>
  readFileSync(table, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(cells)
    .map(([range, name, source, registry]) => ({ range, name, source, registry }));

/** The text of the file that is generated. */
export function generated() {
  // A mapped address is judged as the IPv4 address that it stands for.
  const lines = rows()
    .filter(({ name }) => name !== 'IPv4-mapped')
    .map(({ range, name, source }) => `  '${range}', // ${name}${source === 'vendor' ? '' : `, ${source}`}`);
  return `/**
 * Ranges that are no public address: the IANA IPv4 and IPv6 special-purpose address registries, whether globally reachable
 * or not, multicast, what is deprecated, and the metadata services of clouds. Written by scripts/addresses/ranges.mjs.
 */
export const specialRanges: readonly string[] = [
${lines.join('\n')}
];
`;
}

if (process.argv[1]?.endsWith('ranges.mjs')) writeFileSync(target, generated());

/** Lines in the form of the name and data nodes of HDFS, of about 140 bytes. */
import type { LineEvent } from './event.js';

const block = (n: number): string => `blk_${n % 7 === 0 ? '-' : ''}${n}${(n % 899_999_999) + 100_000_000}`;
const address = (n: number): string => `10.251.${n % 256}.${n % 199}:${(n % 20_000) + 40_000}`;

const messages = [
  (n: number) => [
    'DataNode$DataXceiver',
    `Receiving block ${block(n)} src: /${address(n)} dest: /10.251.${n % 199}.${n % 256}:50010`,
  ],
  (n: number) => [
    'FSNamesystem',
    `BLOCK* NameSystem.addStoredBlock: blockMap updated: 10.250.${n % 256}.${n % 199}:50010 is added to ${block(n)} size ${n % 67108864}`,
  ],
  (n: number) => ['DataNode$PacketResponder', `PacketResponder ${n % 3} for block ${block(n)} terminating`],
  (n: number) => [
    'DataNode$PacketResponder',
    `Received block ${block(n)} of size ${n % 67108864} from /10.251.${n % 256}.${n % 199}`,
  ],
  (n: number) => [
    'FSDataset',
    `Deleting block ${block(n)} file /mnt/hadoop/dfs/data/current/subdir${n % 64}/${block(n)}`,
  ],
];

export function hdfs({ time, seed, level }: LineEvent): string {
  const iso = new Date(time).toISOString();
  const day = iso.slice(2, 10).replaceAll('-', '');
  const [component, message] = messages[(seed >>> 16) % messages.length]!(seed >>> 4);
  return `${day} ${iso.slice(11, 19).replaceAll(':', '')} ${(seed >>> 3) % 30_000} ${level} dfs.${component}: ${message}`;
}

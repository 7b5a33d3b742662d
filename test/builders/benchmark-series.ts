/** A small series in the layout of the KPI benchmark. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Seeded } from '../../models/detectors/seeded.js';

const step = 300;
const points = 2400;
const incidents = [1500, 1700, 1900, 2100, 2300];
const label = (i: number): boolean => incidents.some((at) => i >= at && i < at + 6);

/**
 * Writes `NAME.csv.gz`: a daily season, noise, and five incidents in the second half, which is the test part.
 *
 * @param flipped - labels say the opposite
 * @returns its path
 */
export function writeSeries(folder: string, name: string, { seed = 7, flipped = false } = {}): string {
  const chance = new Seeded(seed);
  const lines = Array.from({ length: points }, (_, i) => {
    const hour = ((i * step) / 3600) % 24;
    const noise = chance.uniform() + chance.uniform() + chance.uniform() - 1.5;
    const value = 100 + 5 * Math.abs(12 - hour) + 4 * noise + (label(i) ? 60 : 0);
    return `${1_700_006_400 + i * step},${value},${Number(label(i) !== flipped)},${i < points / 2 ? 'train' : 'test'}`;
  });
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.csv.gz`);
  writeFileSync(path, gzipSync(['timestamp,value,label,split', ...lines].join('\n')));
  return path;
}

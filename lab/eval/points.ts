/** The points of one series of a benchmark, as its file has them. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

export interface Points {
  readonly name: string;
  /** `seconds,value`, as the product reads a metric. */
  readonly lines: readonly string[];
  /** ms since 1970. */
  readonly times: Float64Array;
  /** Index of the first point that is scored; those before it are the warm-up. */
  readonly scoredFrom: number;
  /** Of all points; empty where labels lie elsewhere. */
  readonly labels: Uint8Array;
}

/** Where a series lies. */
export interface SeriesFile {
  readonly name: string;
  readonly path: string;
  readonly kind: 'kpi' | 'nab';
  /** Bytes of the file, to spread the work. */
  readonly size: number;
}

/** Part of a NAB file that is its warm-up, and most points that it takes (Lavin and Ahmad 2015). */
const probation = 0.15;
const probationOf = 5000;

/** First point that NAB scores. */
export const probationEnd = (points: number): number => Math.floor(probation * Math.min(points, probationOf));

/** Reads `timestamp,value,label,split` (seconds) or `timestamp,value` (date and time, taken as UTC). */
export async function readPoints({ name, path, kind }: SeriesFile): Promise<Points> {
  const bytes = await readFile(path);
  const text = (path.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('latin1');
  const lines: string[] = [];
  const times: number[] = [];
  const labels: number[] = [];
  let train = 0;
  for (const line of text.split('\n').slice(1)) {
    const [time, value, label, split] = line.trim().split(',');
    if (value === undefined) continue;
    const seconds = kind === 'kpi' ? Number(time) : Date.parse(`${time!.replace(' ', 'T')}Z`) / 1000;
    lines.push(`${seconds},${value}`);
    times.push(seconds * 1000);
    if (kind === 'nab') continue;
    labels.push(Number(label));
    if (split === 'train') train++;
  }
  return {
    name,
    lines,
    times: Float64Array.from(times),
    scoredFrom: kind === 'kpi' ? train : probationEnd(times.length),
    labels: Uint8Array.from(labels),
  };
}

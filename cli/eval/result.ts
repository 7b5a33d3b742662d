/** What an evaluation says, and how it is written down. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csvField } from './csv.js';

/** What others reached, as they published it. */
export interface Published {
  readonly name: string;
  readonly source: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** Options of one benchmark, as the command line has them. */
export interface Extra {
  readonly all?: boolean;
  readonly budget?: string;
  readonly verdicts?: string;
  readonly break?: string;
  readonly policy?: string;
  readonly extra?: string;
  readonly without?: string;
}

export interface EvalResult {
  readonly benchmark: string;
  readonly overall: Readonly<Record<string, number>>;
  readonly parts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly published?: readonly Published[];
  readonly seconds: number;
  readonly linesPerSecond: number;
}

export const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Writes a CSV file into a folder that is made where it is missing. */
export async function writeCsv(
  folder: string,
  name: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), [columns, ...rows].map((row) => `${row.map(csvField).join(',')}\n`).join(''));
}

/** As a table: overall first, then the parts, then counts. */
export function tableOf({ benchmark, overall, parts, counts, published, seconds, linesPerSecond }: EvalResult): string {
  const columns = Object.keys(overall);
  const names = [...Object.keys(parts), ...(published ?? []).map(({ name }) => name)];
  const width = Math.max(...names.map((name) => name.length), 'overall'.length, benchmark.length);
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells.map((cell, i) => cell.padStart(Math.max(9, columns[i].length)))].join('  ');
  const values = (row: Readonly<Record<string, number>>): string[] =>
    columns.map((column) => (column in row ? row[column].toFixed(3) : ''));
  return [
    line(benchmark, columns),
    line('overall', values(overall)),
    ...Object.entries(parts).map(([name, row]) => line(name, values(row))),
    ...(published ? ['', line('published', columns)] : []),
    ...(published ?? []).map(({ name, source, figures }) => `${line(name, values(figures))}  ${source}`),
    '',
    ...Object.entries(counts).map(([name, n]) => `${name}: ${n}`),
    `${seconds.toFixed(1)} s, ${Math.round(linesPerSecond)} lines a second`,
  ].join('\n');
}

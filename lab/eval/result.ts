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
  readonly seeds?: string;
  readonly world?: string;
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

/** Least characters of a figure and its heading. */
const minCell = 7;

/** `falseAlertsAWeek` as lines of words, no wider than they need be. */
function headingOf(figure: string): { readonly lines: readonly string[]; readonly width: number } {
  const words = figure
    .split(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)
    .map((word) => (/^[A-Z]{2}/.test(word) ? word : word.toLowerCase()));
  const width = Math.max(minCell, ...words.map((word) => word.length));
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return { lines, width };
}

/**
 * As a table: overall first, then the parts, then counts.
 *
 * @param columns - of the terminal: a name that does not fit before its figures stands above them
 */
export function tableOf(
  { benchmark, overall, parts, counts, published = [], seconds, linesPerSecond }: EvalResult,
  columns = Number.POSITIVE_INFINITY,
): string {
  const figures = Object.keys(overall);
  const headings = figures.map(headingOf);
  const cells = headings.reduce((sum, { width }) => sum + 1 + width, 0);
  const names = [...Object.keys(parts), ...published.map(({ name }) => name), 'overall', benchmark];
  const longest = Math.max(...names.map((name) => name.length));
  const room = longest + cells > columns ? Math.max(0, columns - cells) : longest;
  const line = (name: string, texts: readonly string[]): string => {
    const row = texts.map((text, i) => ` ${text.padStart(headings[i]!.width)}`).join('');
    return `${name.length > room ? `${name}\n${' '.repeat(room)}` : name.padEnd(room)}${row}`;
  };
  const values = (row: Readonly<Record<string, number>>): string[] =>
    figures.map((figure) => (figure in row ? row[figure]!.toFixed(3) : ''));
  const height = Math.max(...headings.map(({ lines }) => lines.length));
  const head = Array.from({ length: height }, (_, i) =>
    line(
      i === height - 1 ? benchmark : '',
      headings.map(({ lines }) => lines[i - height + lines.length] ?? ''),
    ),
  );
  return [
    ...head,
    line('overall', values(overall)),
    ...Object.entries(parts).map(([name, row]) => line(name, values(row))),
    ...(published.length > 0 ? ['', 'published'] : []),
    ...published.map(({ name, source, figures: its }) => {
      const row = line(name, values(its));
      return [row, source].join(row.length + 2 + source.length > columns ? '\n  ' : '  ');
    }),
    '',
    ...Object.entries(counts).map(([name, n]) => `${name}: ${n}`),
    `${seconds.toFixed(1)} s, ${Math.round(linesPerSecond)} lines a second`,
  ]
    .join('\n')
    .replace(/ +$/gm, '');
}

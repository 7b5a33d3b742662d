/**
 * Columns that a file names itself: `#Fields:` of the W3C extended log format (IIS, CloudFront, Tomcat, Windows Firewall),
 * of Exchange, whose columns are divided by commas, and `#fields` of Zeek. The names hold until others are given.
 */
import { isAt, skipBlanks, textAt, wordsOf } from './tokens.js';
import type { Pair } from './logfmt.js';

/** Columns of a line that are looked at. */
const maxColumns = 128;

/** Lines of such files that hold no record. */
const directives = [
  'Fields:',
  'Software:',
  'Version:',
  'Date:',
  'Start-Date:',
  'End-Date:',
  'Remark:',
  'Log-type:',
  'Log-Type:',
  'Time Format:',
  'fields\t',
  'types\t',
  'separator ',
  'set_separator\t',
  'empty_field\t',
  'unset_field\t',
  'path\t',
  'open\t',
  'close\t',
];

/** Whether the line at `i` is a directive. */
export const isDirective = (bytes: Uint8Array, i: number, end: number): boolean =>
  bytes[i] === 0x23 && directives.some((name) => isAt(bytes, i + 1, end, name));

/** Names as they are kept: what divides the columns (a blank, a tab, a comma), then the names between tabs. */
export function columnsOf(bytes: Uint8Array, i: number, end: number): string | undefined {
  if (isAt(bytes, i, end, '#Fields:')) {
    const text = textAt(bytes, i + 8, Math.min(end, i + 8192)).trim();
    const isComma = !/\s/.test(text) && text.includes(',');
    const names = text.split(isComma ? ',' : /\s+/);
    return names.length < 2 ? undefined : `${isComma ? ',' : ' '}${names.join('\t').toLowerCase()}`;
  }
  if (isAt(bytes, i, end, '#fields\t')) return `\t${textAt(bytes, i + 8, Math.min(end, i + 8192)).toLowerCase()}`;
  return undefined;
}

/** The day of `#Date: 2026-03-04 05:06:07`, of lines that have a time of day alone. */
export function dayOf(bytes: Uint8Array, i: number, end: number): string | undefined {
  const at = ['#Date:', '#Start-Date:'].find((name) => isAt(bytes, i, end, name));
  if (at === undefined) return undefined;
  const from = skipBlanks(bytes, i + at.length, end);
  return /^\d{4}-\d\d-\d\d/.exec(textAt(bytes, from, Math.min(end, from + 10)))?.[0];
}

/** The columns of a line by their names, or undefined where it has more or fewer. What is `-` is empty. */
export function columnPairs(columns: string, bytes: Uint8Array, start: number, end: number): Pair[] | undefined {
  const names = columns.slice(1).split('\t');
  if (names.length > maxColumns) return undefined;
  const divider = columns[0];
  let ranges: [number, number][];
  if (divider === ',') ranges = dividedBy(0x2c, bytes, start, end);
  else if (divider === '\t' || bytes.subarray(start, end).includes(0x09)) ranges = dividedBy(0x09, bytes, start, end);
  else ranges = wordsOf(bytes, start, end, maxColumns + 1);
  if (ranges.length !== names.length) return undefined;
  return ranges.map(([from, to], k) => {
    let isEscaped = false;
    if (bytes[from] === 0x22 && to - from > 1 && bytes[to - 1] === 0x22) {
      from++;
      to--;
      isEscaped = bytes.subarray(from, to).includes(0x5c);
    }
    const isEmpty =
      (to - from === 1 && bytes[from] === 0x2d) || (divider === '\t' && /^\(empty\)$/.test(textAt(bytes, from, to)));
    return { key: names[k]!, from, to: isEmpty ? from : to, isEscaped };
  });
}

/** Ranges between single dividers; one inside quotes does not count. */
function dividedBy(divider: number, bytes: Uint8Array, start: number, end: number): [number, number][] {
  const ranges: [number, number][] = [];
  let from = start;
  let quoted = false;
  for (let i = start; i <= end && ranges.length <= maxColumns; i++) {
    if (i < end && bytes[i] === 0x22 && divider === 0x2c) quoted = !quoted;
    if (i === end || (bytes[i] === divider && !quoted)) {
      ranges.push([from, i]);
      from = i + 1;
    }
  }
  return ranges;
}

/** The message of a line of columns: a request with its status, or the columns that are not empty as pairs. */
export function messageOfColumns(bytes: Uint8Array, pairs: readonly Pair[]): Buffer {
  const textOf = (key: string): string => {
    const pair = pairs.find((each) => each.key === key);
    return pair ? textAt(bytes, pair.from, pair.to) : '';
  };
  const method = textOf('cs-method');
  const path = textOf('cs-uri-stem') || textOf('cs-uri');
  if (method !== '' && path !== '') {
    const status = textOf('sc-status');
    const result = textOf('x-edge-result-type');
    const parts = [`"${method} ${path.slice(0, 4096)}"`, status, result].filter((part) => part !== '');
    return Buffer.from(parts.join(' '), 'latin1');
  }
  const parts = pairs
    .filter(({ key, from, to }) => to > from && !timeColumns.has(key))
    .map(({ key, from, to }) => {
      const text = textAt(bytes, from, Math.min(to, from + 1024));
      return `${key}=${/\s/.test(text) ? JSON.stringify(text) : text}`;
    });
  return Buffer.from(parts.join(' '), 'latin1');
}

/** Columns that say when, alone or together. */
export const timeColumns = new Set(['date', 'time', 'date-time', 'gmttime', 'datetime', 'timestamp', 'ts']);

/** CSV of metric points, with `,`, `;` or tabs, and quotes (RFC 4180): `timestamp,value[,series]`, or as a header says. */
import { usualPointFields } from '../usual-fields.js';
import { emitPoint, isNumeric, numberOfText, timeOfText, type PointReading } from './point.js';
import type { PointFields } from './fields.js';

const separators = [',', ';', '\t'] as const;

/** Cells of a line, without their quotes; undefined where a quote is not closed. */
export function cellsOf(line: string, separator: string): string[] | undefined {
  const cells: string[] = [];
  for (let at = 0; ; at++) {
    let cell = '';
    let from = at;
    if (line[at] === '"') {
      from = ++at;
      for (; ; at++) {
        if (at >= line.length) return undefined;
        if (line[at] !== '"') continue;
        cell += line.slice(from, at);
        if (line[at + 1] !== '"') break;
        // Two quotes are one.
        from = ++at;
      }
      at++;
      if (at < line.length && line[at] !== separator) return undefined;
    } else {
      while (at < line.length && line[at] !== separator) at++;
      cell = line.slice(from, at).trim();
    }
    cells.push(cell);
    if (at >= line.length) return cells;
  }
}

/** The separator of a line: that of which it has most outside of quotes. */
function separatorOf(line: string): string | undefined {
  const bare = line.replace(/"(?:[^"]|"")*"/g, '');
  const counts = separators.map((each) => bare.split(each).length - 1);
  // `1,5;2,5`: a comma beside semicolons or tabs is a decimal one.
  const at = [2, 1, 0].find((i) => counts[i]! > 0);
  return at === undefined ? undefined : separators[at];
}

/** A number, beside semicolons or tabs also with a decimal comma. */
const cellNumber = (cell: string, separator: string): number =>
  numberOfText(separator !== ',' && /^[+-]?\d+,\d+$/.test(cell) ? cell.replace(',', '.') : cell);
const isCellNumeric = (cell: string, separator: string): boolean =>
  isNumeric(cell) || !Number.isNaN(cellNumber(cell, separator));

const among = (names: readonly string[], cell: string): boolean => names.includes(cell.toLowerCase());

/** Names of the columns of a header, or undefined where the line is none: all are names, one is that of a time. */
export function headerOf(line: string, fields: PointFields): readonly string[] | undefined {
  const separator = separatorOf(line);
  const cells = separator === undefined ? undefined : cellsOf(line, separator);
  if (!cells || cells.length < 2 || cells.some((cell) => cell === '' || isCellNumeric(cell, separator!)))
    return undefined;
  return cells.some((cell) => isTime(cell, fields)) ? cells : undefined;
}

const isTime = (cell: string, { time }: PointFields): boolean =>
  time === undefined ? among(usualPointFields.time, cell) || among(['date', 'datetime'], cell) : cell === time;
const isValue = (cell: string, { value }: PointFields): boolean =>
  value === undefined ? among(usualPointFields.value, cell) : cell === value;

/** Whether a line is surely one: a time, a number, and maybe a name. */
export function isCsv(line: string, reading: PointReading): boolean {
  const separator = separatorOf(line);
  const cells = separator === undefined ? undefined : cellsOf(line, separator);
  if (!cells || cells.length < 2 || cells.length > 3) return false;
  const isEpoch = /^\d{9,19}(?:\.\d{1,9})?$/.test(cells[0]!);
  return (
    (isEpoch || (!isNumeric(cells[0]!) && !Number.isNaN(timeOfText(cells[0]!, reading.context)))) &&
    isCellNumeric(cells[1]!, separator!)
  );
}

/**
 * Reads a line; without a header it has a time, a value and maybe the name of a series. With one, columns that are neither
 * are labels where they hold texts. Where no column is called a value, each column of numbers is a series.
 *
 * @returns false where it is none of this format, and nothing was handed on
 */
export function readCsv(
  line: string,
  header: readonly string[] | undefined,
  fields: PointFields,
  reading: PointReading,
): boolean {
  const separator = separatorOf(line);
  const cells = separator === undefined ? undefined : cellsOf(line, separator);
  if (!cells || cells.length < 2) return false;
  if (header) return readNamed(cells, header, separator!, fields, reading);
  if (cells.length > 3) {
    const detail = `the line has ${cells.length} columns and no header names them: timestamp,value[,series] is read without one`;
    reading.sink.refused('not-metric', detail, Buffer.from(line));
    return true;
  }
  const [time, value, series = ''] = cells;
  if (Number.isNaN(timeOfText(time!, reading.context)) && !isCellNumeric(value!, separator!)) return false;
  emitPoint(reading, series, {}, cellNumber(value!, separator!), timeOfText(time!, reading.context), value);
  return true;
}

function readNamed(
  cells: readonly string[],
  header: readonly string[],
  separator: string,
  fields: PointFields,
  reading: PointReading,
): boolean {
  // A header of a time and a value says nothing against a third column, the series.
  const isShort =
    cells.length === 3 && header.length === 2 && isTime(header[0]!, fields) && isValue(header[1]!, fields);
  if (cells.length !== header.length && !isShort) {
    const detail = `the line has ${cells.length} columns and the header ${header.length}`;
    reading.sink.refused('not-metric', detail, Buffer.from(reading.part));
    return true;
  }
  const wanted = new Map(Object.entries(fields.labels ?? {}).map(([label, column]) => [column, label]));
  const labels: Record<string, string> = {};
  const values: (readonly [string, string])[] = [];
  let time = '';
  let series = isShort ? cells[2]! : '';
  header.forEach((name, i) => {
    const cell = cells[i]!;
    const label = wanted.get(name);
    if (label !== undefined) labels[label] = cell;
    else if (time === '' && isTime(name, fields)) time = cell;
    else if (isValue(name, fields)) values.push(['', cell]);
    else if (among(usualPointFields.series, name)) series = cell;
    else if (isCellNumeric(cell, separator)) values.push([name, cell]);
    else labels[name] = cell;
  });
  const own = values.filter(([name]) => name === '');
  const at = timeOfText(time, reading.context);
  const all = header.some((name) => isValue(name, fields)) ? own : values;
  for (const [name, cell] of all) {
    const of = name === '' ? series : series === '' ? name : `${series}_${name}`;
    emitPoint(reading, of, labels, cellNumber(cell, separator), at, cell);
  }
  if (all.length === 0)
    reading.sink.refused('no-value', 'no column of the line is a number', Buffer.from(reading.part));
  return true;
}

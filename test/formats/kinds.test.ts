/**
 * What is read of lines of each kind, in renderings of our own. A file holds a kind; an empty line begins another source;
 * `@` has its settings, `>` is a line of a file, `$` a value of a topic as a JSON text, `%` a line in base64, `=` what becomes of
 * the one before. `KINDS=write npx jest test/formats/kinds` writes what becomes of them: read the difference.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IngestParts } from '../../topologies/ingest.js';
import type { Line } from '../operators/ingest-run.js';
import { fatesOf } from './fates.js';

const folder = join(__dirname, 'kinds');
/** The broker's time stamp of values. */
const timestamp = Date.UTC(2026, 2, 4, 5, 6, 9);

/** The lines of a source, what becomes of them, and the text of both. */
async function withFates(source: string): Promise<string> {
  const rows = source.split('\n').filter((row) => row !== '' && !row.startsWith('='));
  const settings = rows.filter((row) => row.startsWith('@')).map((row) => JSON.parse(row.slice(1)) as object);
  const inputs = rows.filter((row) => '>$%'.includes(row[0]!));
  const lines = inputs.map((row): Line => {
    if (row.startsWith('$')) return { text: JSON.parse(row.slice(1)) as string, timestamp };
    return { text: row.startsWith('%') ? Buffer.from(row.slice(1), 'base64') : row.slice(2) };
  });
  const parts = Object.assign({}, ...settings) as Partial<IngestParts>;
  const records = lines.some((line) => (line.timestamp ?? -1) >= 0) ? 'values' : 'lines';
  const fates = await fatesOf(lines, { records, ...parts });
  const said = fates.map((fate) => `= ${JSON.stringify(fate).slice(1, -1).replaceAll('\\"', '"').slice(0, 300)}`);
  // A value may hold several records: what becomes of all values is behind the last one.
  const isEach = said.length === inputs.length;
  const rest = rows.filter((row) => !inputs.includes(row));
  const body = isEach ? inputs.flatMap((input, i) => [input, said[i]]) : [...inputs, ...said];
  return [...rest, ...body].join('\n');
}

const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));

test.each(files)('%s', async (name) => {
  const path = join(folder, name);
  const text = readFileSync(path, 'utf8');
  const sources: string[] = [];
  for (const source of text.trim().split(/\n\n+/)) sources.push(await withFates(source));
  const own = `${sources.join('\n\n')}\n`;
  if (process.env.KINDS === 'write') writeFileSync(path, own);
  else expect(own).toBe(text);
});

/**
 * How much is read of lines of usual writers, without any key of a format: texts of programs by their documentation, each in each
 * form. `SURVEY=write npx jest test/formats/survey` writes the table into docs/formats.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderedLogs } from '../../../lab/eval/families/render.js';
import type { LineFate } from '../../../operators/decode/fate.js';
import { levels } from '../../../records/log-record.js';
import { runLines } from '../../operators/ingest-run.js';
import { writers, type Statement } from './writers.js';

const page = join(__dirname, '../../../docs/formats.md');
const services = ['cart', 'checkout', 'mail-relay'];
const weights = ['info', 'info', 'info', 'warn', 'error', 'debug'] as const;

/** A thousand statements, those of each family in turn. */
const statements: readonly Statement[] = renderedLogs(20)
  .flatMap(({ messages }) => messages.filter((_, i) => i % 12 === 0))
  .slice(0, 1000)
  .map((text, i) => ({
    time: Date.UTC(2026, 0, 5, 12) + i * 1037,
    level: weights[i % weights.length]!,
    service: services[i % services.length]!,
    text: Buffer.from(text).toString(),
  }));

interface Row {
  readonly read: number;
  readonly joined: number;
  readonly refused: number;
  /** Of those read, with the time, the level and the service that the writer has written. */
  readonly right: number;
}

async function surveyed(name: string): Promise<Row> {
  const { render, lacks = [], isCoarse = false } = writers[name]!;
  const fates: LineFate[] = [];
  const lines = statements.map((statement) => render(statement));
  await runLines(lines, { year: 2026, records: 'lines', fate: (fate) => fates.push(fate) });
  expect(fates).toHaveLength(lines.length);
  const count = (fate: LineFate['fate']): number => fates.filter((one) => one.fate === fate).length;
  const isRight = (fate: LineFate): boolean => {
    if (fate.fate !== 'read' || fate.record?.type !== 'log') return false;
    const { time, level, service } = statements[fate.offset]!;
    const { record } = fate;
    const isTime = record.time === (isCoarse ? Math.floor(time / 1000) * 1000 : time);
    // klog knows no debug.
    const isLevel =
      lacks.includes('level') || levels[record.level] === (name === 'klog' && level === 'debug' ? 'info' : level);
    return isTime && isLevel && (lacks.includes('service') || record.entity.labels.service === service);
  };
  return {
    read: count('read'),
    joined: count('joined'),
    refused: count('refused'),
    right: fates.filter(isRight).length,
  };
}

test('at least 95 % of the lines of each writer are read, with what they say, and none is lost', async () => {
  const rows: string[] = [];
  const short: string[] = [];
  for (const name of Object.keys(writers)) {
    const { read, joined, refused, right } = await surveyed(name);
    const share = (n: number): string => `${((100 * n) / statements.length).toFixed(1)} %`;
    expect([name, read + joined + refused]).toEqual([name, statements.length]);
    if (Math.min(read, right) < 0.95 * statements.length) short.push(`${name}: ${read} read, ${right} right`);
    rows.push(`| ${name} | ${share(read)} | ${share(joined)} | ${share(refused)} | ${share(right)} |`);
  }
  expect(short).toEqual([]);
  const text = readFileSync(page, 'utf8');
  const own = /(\| Writer \|[^\n]*\n\|[^\n]*\n)(?:\|[^\n]*\n)+/;
  if (process.env.SURVEY === 'write')
    writeFileSync(
      page,
      text.replace(own, (_, head: string) => `${head}${rows.join('\n')}\n`),
    );
  else expect(own.exec(text)?.[0].split('\n').slice(2, -1)).toEqual(rows);
});

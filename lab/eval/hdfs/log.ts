/** The HDFS log as the `windows` log has it: read once, then run in parts. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSource } from '../../../connectors/file/source.js';
import type { SessionRule } from '../../../operators/decode.js';
import { patternSearch } from '../../../operators/decode/byte-pattern.js';
import type { Batch } from '../../../records/batch.js';
import type { RawRecord } from '../../../records/raw.js';
import type { WindowsRecord } from '../../../records/windows.js';
import { windowsLog } from '../in-process.js';
import type { Lines } from './lines.js';

export const blocks: SessionRule = { class: 'hdfs-blocks', pattern: 'blk_-?\\d+' };

/** Lines of a batch of ingest. */
const linesABatch = 1000;

export interface HdfsLog {
  /** Sessions, definitions and marks of the whole log; lines of the service itself have no part in it. */
  readonly records: readonly WindowsRecord[];
  /** Keys in the order of their first lines. */
  readonly order: readonly string[];
  readonly lines: number;
  readonly rejected: number;
}

/** The folder of the benchmark: `dir` itself, or `hdfs` in a folder of all benchmarks. */
export const hdfsFolder = (dir: string): string =>
  existsSync(join(dir, 'HDFS.log.gz')) || !existsSync(join(dir, 'hdfs')) ? dir : join(dir, 'hdfs');

/**
 * Through ingest, to its end.
 *
 * @param every - one block of this many is read; all by default
 * @param change - what happens to the lines of these blocks on their way; order and number are those of before
 */
export async function readHdfs(dir: string, every = 1, change = (lines: Lines): Lines => lines): Promise<HdfsLog> {
  const keys = new Map<string, number>();
  const search = patternSearch(blocks.pattern);
  const lines: Buffer[] = [];
  let topic = '';
  for await (const batch of fileSource({ path: join(dir, 'HDFS.log.gz') })) {
    for (const item of batch.items) {
      const { bytes, start, end } = item;
      topic = item.topic;
      let isTaken = false;
      search(bytes, start, end, (key) => {
        if (!keys.has(key)) keys.set(key, keys.size);
        isTaken ||= keys.get(key)! % every === 0;
        return true;
      });
      if (isTaken) lines.push(Buffer.from(bytes.subarray(start, end)));
    }
  }
  let rejected = 0;
  const records: WindowsRecord[] = [];
  const batches = batched(change(lines), topic);
  const source = { source: 'hdfs', format: 'plain', sessions: [blocks], batches } as const;
  for await (const record of windowsLog([source], (all) => (rejected += all.length))) {
    if (record.type !== 'log') records.push(record);
  }
  const order = [...keys].flatMap(([key, i]) => (i % every === 0 ? [key] : []));
  return { records, order, lines: lines.length, rejected };
}

async function* batched(lines: Lines, topic: string): AsyncGenerator<Batch<RawRecord>> {
  for (let at = 0; at < lines.length; at += linesABatch) {
    const items = lines.slice(at, at + linesABatch).map((bytes, i): RawRecord => ({
      bytes,
      start: 0,
      end: bytes.length,
      offset: at + i,
      timestamp: -1,
      topic,
    }));
    yield { items, rejected: [], position: { source: 'hdfs', offset: at + items.length } };
  }
}

/** Keys of the anomalous blocks: for the scorer, and for the operator who is asked about one. */
export async function readLabels(dir: string): Promise<ReadonlySet<string>> {
  const rows = (await readFile(join(dir, 'anomaly_label.csv'), 'utf8')).trim().split(/\r?\n/).slice(1);
  return new Set(rows.map((row) => row.split(',')).flatMap(([key, label]) => (label === 'Anomaly' ? [key!] : [])));
}

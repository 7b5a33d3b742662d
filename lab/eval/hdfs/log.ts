/** The HDFS log as the `windows` log has it: read once, then run in parts. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSource } from '../../../connectors/file/source.js';
import type { SessionRule } from '../../../operators/decode.js';
import { patternSearch } from '../../../operators/decode/byte-pattern.js';
import type { WindowsRecord } from '../../../records/windows.js';
import { windowsLog } from '../in-process.js';

export const blocks: SessionRule = { class: 'hdfs-blocks', pattern: 'blk_-?\\d+' };

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

/** Through ingest, to its end. @param every - of so many blocks one is taken; by default all are */
export async function readHdfs(dir: string, every = 1): Promise<HdfsLog> {
  const keys = new Map<string, number>();
  const search = patternSearch(blocks.pattern);
  let lines = 0;
  let rejected = 0;
  async function* counted() {
    for await (const batch of fileSource({ path: join(dir, 'HDFS.log.gz') })) {
      const items = batch.items.filter(({ bytes, start, end }) => {
        let isTaken = false;
        search(bytes, start, end, (key) => {
          if (!keys.has(key)) keys.set(key, keys.size);
          isTaken ||= keys.get(key)! % every === 0;
          return true;
        });
        return isTaken;
      });
      lines += items.length;
      yield { ...batch, items };
    }
  }
  const records: WindowsRecord[] = [];
  const source = { source: 'hdfs', format: 'plain', sessions: [blocks], batches: counted() } as const;
  for await (const record of windowsLog([source], (all) => (rejected += all.length))) {
    if (record.type !== 'log') records.push(record);
  }
  return { records, order: [...keys].flatMap(([key, i]) => (i % every === 0 ? [key] : [])), lines, rejected };
}

/** Keys of the anomalous blocks: for the scorer, and for the operator who is asked about one. */
export async function readLabels(dir: string): Promise<ReadonlySet<string>> {
  const rows = (await readFile(join(dir, 'anomaly_label.csv'), 'utf8')).trim().split(/\r?\n/).slice(1);
  return new Set(rows.map((row) => row.split(',')).flatMap(([key, label]) => (label === 'Anomaly' ? [key] : [])));
}

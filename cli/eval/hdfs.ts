/**
 * Protocol `hdfs`, label-free: block sessions of the HDFS log (Xu et al., SOSP 2009; loghub, Zhu et al., ISSRE 2023) in
 * the order of their first lines. The first half is the warm-up: its lines are read to their end, and the class learns
 * from them. The second half is scored. A block has fired when any of its decisions has: an alert that was raised
 * cannot be taken back.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSource } from '../../connectors/file/source.js';
import type { Batch, Rejected } from '../../records/batch.js';
import type { RawRecord } from '../../records/raw.js';
import type { SessionRule } from '../../operators/decode.js';
import { patternSearch } from '../../operators/byte-pattern.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import { decide, detectDefaults, windowsLog, type BoundedSource } from './in-process.js';
import { learntState } from './learnt-state.js';
import { ratesOfPairs, type Rates } from './rates.js';
import { round, writeCsv, type EvalResult } from './result.js';

const blocks: SessionRule = { class: 'hdfs-blocks', pattern: 'blk_-?\\d+' };

/** What was decided of one block. */
interface Verdictless {
  /** Highest u of its decisions. */
  score: number;
  fired: boolean;
  asked: boolean;
  /** Whether the last of its decisions fired. */
  lastFired: boolean;
}

/**
 * Scores the benchmark.
 *
 * @param dir - folder with `HDFS.log.gz` and `anomaly_label.csv`; labels are read by the scorer only
 * @param out - folder for `label-free.csv`, `BlockId,score,p,fired,asked`
 */
export async function evalHdfs(dir: string, out?: string): Promise<EvalResult> {
  const began = performance.now();
  const path = join(dir, 'HDFS.log.gz');
  const order = await sessionsInOrder(path);
  const warmUp = new Set(order.slice(0, Math.floor(order.length / 2)));
  const scored = order.slice(warmUp.size);
  const rejects = new Map<string, number>();
  let lines = 0;
  const refused = (rejected: readonly Rejected[]): void => {
    for (const { reason } of rejected) rejects.set(reason, (rejects.get(reason) ?? 0) + 1);
  };
  const half = (source: string, wanted: (key: string) => boolean): BoundedSource => ({
    source,
    format: 'plain',
    sessions: [blocks],
    batches: linesOf(path, wanted, (n) => (lines += n)),
  });

  const backend = new MemoryBackend();
  const warming = await TaskState.restore(backend, 'detect/0', 1);
  const warm = windowsLog([half('hdfs/warm-up', (key) => warmUp.has(key))], refused);
  for await (const item of decide(warm, detectDefaults(warming), refused)) void item;
  await warming.checkpoint(undefined);

  const decided = new Map<string, Verdictless>();
  const stores = await TaskState.restore(await learntState(backend, 'detect/0'), 'detect/0', 1);
  const log = windowsLog([half('hdfs/scored', (key) => !warmUp.has(key))], refused);
  for await (const item of decide(log, detectDefaults(stores), refused)) {
    if (item.type !== 'decided' || item.decision.key === '') continue;
    const { key, u, fired, asked } = item.decision;
    const known = decided.get(key) ?? { score: u, fired: false, asked: false, lastFired: false };
    decided.set(key, {
      score: Math.max(known.score, u),
      fired: known.fired || fired,
      asked: known.asked || asked,
      lastFired: fired,
    });
  }
  const seconds = (performance.now() - began) / 1000;
  if (out !== undefined) {
    const rows = scored.map((key) => {
      const { score, fired, asked } = decided.get(key) ?? { score: 0, fired: false, asked: false };
      return [key, score, round(Math.min(1, 10 ** -score), 9), Number(fired), Number(asked)];
    });
    await writeCsv(out, 'label-free.csv', ['BlockId', 'score', 'p', 'fired', 'asked'], rows);
  }

  const anomalous = await labels(join(dir, 'anomaly_label.csv'));
  const rates = (fires: (block: Verdictless | undefined) => boolean): Rates =>
    ratesOfPairs(scored.map((key) => [fires(decided.get(key)), anomalous.has(key)]));
  const overall = rates((block) => block?.fired === true);
  return {
    benchmark: 'hdfs',
    overall,
    parts: { 'any decision': overall, 'last decision only': rates((block) => block?.lastFired === true) },
    counts: {
      sessions: scored.length,
      anomalous: scored.filter((key) => anomalous.has(key)).length,
      undecided: scored.filter((key) => !decided.has(key)).length,
      rejected: [...rejects.values()].reduce((a, b) => a + b, 0),
    },
    seconds,
    linesPerSecond: lines / seconds,
  };
}

/** Keys in the order of their first lines. */
async function sessionsInOrder(path: string): Promise<string[]> {
  const search = patternSearch(blocks.pattern);
  const keys = new Set<string>();
  for await (const { items } of fileSource({ path })) {
    for (const { bytes, start, end } of items) search(bytes, start, end, (key) => void keys.add(key));
  }
  return [...keys];
}

/** The lines that have a wanted key. */
async function* linesOf(
  path: string,
  wanted: (key: string) => boolean,
  count: (lines: number) => void,
): AsyncGenerator<Batch<RawRecord>> {
  const search = patternSearch(blocks.pattern);
  for await (const batch of fileSource({ path })) {
    const items = batch.items.filter(({ bytes, start, end }) => {
      let found = false;
      search(bytes, start, end, (key) => (found ||= wanted(key)));
      return found;
    });
    count(items.length);
    yield { ...batch, items };
  }
}

async function labels(path: string): Promise<Set<string>> {
  const rows = (await readFile(path, 'utf8')).trim().split(/\r?\n/).slice(1);
  return new Set(rows.map((row) => row.split(',')).flatMap(([key, label]) => (label === 'Anomaly' ? [key] : [])));
}

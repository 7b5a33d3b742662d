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
interface DecidedBlock {
  /** Highest u of its decisions. */
  score: number;
  fired: boolean;
  asked: boolean;
  /** Whether the last of its decisions fired. */
  lastFired: boolean;
}
type Decided = ReadonlyMap<string, DecidedBlock>;

const task = 'detect/0';

/**
 * Scores the benchmark. `halves swapped` is the same with the second half as the warm-up: no part of the protocol, but
 * it tells whether the method leans on one half.
 *
 * @param dir - folder with `HDFS.log.gz` and `anomaly_label.csv`; labels are read by the scorer only
 * @param out - folder for `label-free.csv`, `BlockId,score,p,fired,asked`
 */
export async function evalHdfs(dir: string, out?: string): Promise<EvalResult> {
  const began = performance.now();
  const path = join(dir, 'HDFS.log.gz');
  const order = await sessionsInOrder(path);
  const middle = Math.floor(order.length / 2);
  const scored = order.slice(middle);
  const { decided, lines, rejected } = await decideSessions(path, new Set(order.slice(0, middle)), new Set(scored));
  const seconds = (performance.now() - began) / 1000;
  if (out !== undefined) await writeDecided(out, scored, decided);
  const swapped = await decideSessions(path, new Set(scored), new Set(order.slice(0, middle)));

  const anomalous = await labels(join(dir, 'anomaly_label.csv'));
  const rates = (keys: readonly string[], by: Decided, fires: (block: DecidedBlock) => boolean): Rates =>
    ratesOfPairs(keys.map((key) => [by.has(key) && fires(by.get(key)!), anomalous.has(key)]));
  return {
    benchmark: 'hdfs',
    overall: rates(scored, decided, ({ fired }) => fired),
    parts: {
      'last decision only': rates(scored, decided, ({ lastFired }) => lastFired),
      'halves swapped': rates(order.slice(0, middle), swapped.decided, ({ fired }) => fired),
    },
    counts: {
      sessions: scored.length,
      anomalous: scored.filter((key) => anomalous.has(key)).length,
      undecided: scored.filter((key) => !decided.has(key)).length,
      rejected,
    },
    seconds,
    linesPerSecond: lines / seconds,
  };
}

/** Warms a class up with the lines of some sessions, read to their end, and decides others. */
async function decideSessions(
  path: string,
  warmUp: ReadonlySet<string>,
  scored: ReadonlySet<string>,
): Promise<{ decided: Decided; lines: number; rejected: number }> {
  let lines = 0;
  let rejected = 0;
  const refused = (all: readonly Rejected[]): void => {
    rejected += all.length;
  };
  const half = (source: string, wanted: ReadonlySet<string>): BoundedSource => ({
    source,
    format: 'plain',
    sessions: [blocks],
    batches: linesOf(path, wanted, (n) => (lines += n)),
  });

  const backend = new MemoryBackend();
  const warming = await TaskState.restore(backend, task, 1);
  const warmUpLog = windowsLog([half('hdfs/warm-up', warmUp)], refused);
  // What is decided in the warm-up is of no interest, what is learnt stays in the state.
  const warmUpRun = decide(warmUpLog, detectDefaults(warming), refused);
  while (!(await warmUpRun.next()).done);
  await warming.checkpoint(undefined);

  const decided = new Map<string, DecidedBlock>();
  const stores = await TaskState.restore(await learntState(backend, task), task, 1);
  const log = windowsLog([half('hdfs/scored', scored)], refused);
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
  return { decided, lines, rejected };
}

async function writeDecided(out: string, scored: readonly string[], decided: Decided): Promise<void> {
  const rows = scored.map((key) => {
    const { score, fired, asked } = decided.get(key) ?? { score: 0, fired: false, asked: false };
    // u is -log10 of the share of past sessions that are about like it.
    return [key, score, round(Math.min(1, 10 ** -score), 9), Number(fired), Number(asked)];
  });
  await writeCsv(out, 'label-free.csv', ['BlockId', 'score', 'p', 'fired', 'asked'], rows);
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
  wanted: ReadonlySet<string>,
  count: (lines: number) => void,
): AsyncGenerator<Batch<RawRecord>> {
  const search = patternSearch(blocks.pattern);
  for await (const batch of fileSource({ path })) {
    const items = batch.items.filter(({ bytes, start, end }) => {
      let found = false;
      search(bytes, start, end, (key) => (found ||= wanted.has(key)));
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

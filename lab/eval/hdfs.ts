/**
 * Protocol `hdfs`: block sessions of the HDFS log (Xu et al., SOSP 2009; loghub, Zhu et al., ISSRE 2023) in the order of
 * their first lines. The first half is the warm-up: its lines are read to their end, and the class learns from them,
 * without labels. The second half is scored, once without verdicts and once with at most twenty, asked for by the
 * product and answered from the label.
 *
 * A block has fired when any of its decisions has: an alert that was raised cannot be taken back.
 */
import { decideSessions, type DecidedBlock, type DecidedBlocks, type Run } from './hdfs/decide.js';
import { withChatter, withRewording, withSplits } from './hdfs/disturb.js';
import { cutShort, doubled, outOfOrder, type Lines } from './hdfs/lines.js';
import { hdfsFolder, readHdfs, readLabels } from './hdfs/log.js';
import { meanRates, ratesOfPairs, type Rates } from './rates.js';
import type { WindowsRecord } from '../../records/windows.js';
import { hashText } from '../../records/wire/hash.js';
import { round, writeCsv, type EvalResult } from './result.js';
import { step } from './progress.js';

const maxVerdicts = 20;
/** Operators who err, each on other questions: their mean is reported; with few of them it is luck. */
const operators = 20;
const wrongShare = 0.1;
/** People who answer more than the protocol allows, and how many of them err. */
const moreVerdicts = [60, 200] as const;
const fewOperators = 3;
/** Lines are out of order by up to this, ms. */
const disorder = 60_000;
/** One line in this many comes twice. */
const doubledOf = 10;
/** One line in this many is cut at its end. */
const cutOf = 100;
/** Of the most frequent lines, each is reworded once, when this share of the scored sessions has begun. */
const reworded = 6;
const rewordedFrom = 0.25;
/** Rarer than one in 200: most of the anomalous blocks lie below. */
const tooHigh = 2.3;

/**
 * Scores the benchmark.
 *
 * @param dir - folder with `HDFS.log.gz` and `anomaly_label.csv`, or one with such a folder `hdfs`
 * @param out - folder for `label-free.csv` and `verdicts.csv`, `BlockId,score,p,fired,asked`
 * @param robustness - also runs what is no part of the protocol, and tells how far the method leans on this half, on good
 * answers, on its threshold and on good templates
 */
export async function evalHdfs(dir: string, out?: string, robustness = true): Promise<EvalResult> {
  const folder = hdfsFolder(dir);
  const began = performance.now();
  const log = await readHdfs(folder);
  const { order, records } = log;
  const middle = Math.floor(order.length / 2);
  const [first, second] = [order.slice(0, middle), order.slice(middle)];
  const run = async (more: Partial<Run> = {}): Promise<DecidedBlocks> => {
    await step();
    return decideSessions({ records, warmUp: new Set(first), scored: new Set(second), ...more });
  };

  const labelFree = await run();
  const seconds = (performance.now() - began) / 1000;
  if (out !== undefined) await writeDecided(out, 'label-free.csv', second, labelFree);

  // From here on there are labels: for the operators who are asked about a block, and for the scorer.
  const anomalous = await readLabels(folder);
  const rates = (
    keys: readonly string[],
    by: DecidedBlocks,
    fires = ({ fired }: DecidedBlock): boolean => fired,
  ): Rates => ratesOfPairs(keys.map((key) => [by.has(key) && fires(by.get(key)!), anomalous.has(key)]));
  const operator = { most: maxVerdicts, isAnomaly: (key: string) => anomalous.has(key) };
  const answered = await run({ answers: operator });
  if (out !== undefined) await writeDecided(out, 'verdicts.csv', second, answered);
  const unasked = second.filter((key) => !answered.get(key)?.asked);

  const parts: Record<string, Rates> = {
    'last decision only': rates(second, labelFree, ({ lastFired }) => lastFired),
    'with 20 verdicts': rates(second, answered),
    'with 20 verdicts, blocks not asked about': rates(unasked, answered),
  };
  if (robustness) {
    const swapped = { warmUp: new Set(second), scored: new Set(first) };
    const erring = (n: number, most = maxVerdicts) => ({
      most,
      isAnomaly: (key: string) => anomalous.has(key) !== hashText(`operator ${n} ${key}`) / 2 ** 53 < wrongShare,
    });
    const wrong: Rates[] = [];
    for (let n = 0; n < operators; n++) wrong.push(rates(second, await run({ answers: erring(n) })));
    const from = startOf(records, second[Math.floor(second.length * rewordedFrom)]!);
    const otherWords: Rates[] = [];
    for (let rank = 0; rank < reworded; rank++)
      otherWords.push(rates(second, await run({ records: withRewording(records, rank, from) })));
    for (const most of moreVerdicts) {
      const mistaken: Rates[] = [];
      for (let n = 0; n < fewOperators; n++) mistaken.push(rates(second, await run({ answers: erring(n, most) })));
      parts[`with ${most} verdicts`] = rates(second, await run({ answers: { ...operator, most } }));
      parts[`with ${most} verdicts, 10 % of them wrong`] = meanRates(mistaken);
    }
    const otherLines: readonly (readonly [string, (lines: Lines) => Lines])[] = [
      ['out of order by up to 60 s', (lines) => outOfOrder(lines, disorder)],
      ['one line in 10 doubled', (lines) => doubled(lines, doubledOf)],
      ['one line in 100 cut at its end', (lines) => cutShort(lines, cutOf)],
    ];
    for (const [name, change] of otherLines)
      parts[name] = rates(second, await run({ records: (await readHdfs(folder, 1, change)).records }));
    Object.assign(parts, {
      'one line reworded, mean': meanRates(otherWords),
      'one line reworded, least': otherWords.reduce((least, one) => (one.f1 < least.f1 ? one : least)),
      '5 templates split, halves swapped': rates(first, await run({ ...swapped, records: withSplits(records) })),
      'halves swapped': rates(first, await run(swapped)),
      'with 20 verdicts, halves swapped': rates(first, await run({ ...swapped, answers: operator })),
      'with 20 verdicts, 10 % of them wrong': meanRates(wrong),
      'threshold too high, no verdicts': rates(second, await run({ rare: tooHigh })),
      'threshold too high, with 20 verdicts': rates(second, await run({ rare: tooHigh, answers: operator })),
      '5 chatter templates added': rates(second, await run({ records: withChatter(records) })),
      '5 templates split': rates(second, await run({ records: withSplits(records) })),
    });
  }

  return {
    benchmark: 'hdfs',
    overall: rates(second, labelFree),
    parts,
    counts: {
      sessions: second.length,
      anomalous: second.filter((key) => anomalous.has(key)).length,
      undecided: second.filter((key) => !labelFree.has(key)).length,
      answered: second.length - unasked.length,
      rejected: log.rejected,
    },
    seconds,
    linesPerSecond: log.lines / seconds,
  };
}

/** Pane of the first line of a session, ms. */
const startOf = (records: readonly WindowsRecord[], key: string): number =>
  records.reduce(
    (first, record) => (record.type === 'session' && record.key === key ? Math.min(first, record.pane) : first),
    Number.MAX_SAFE_INTEGER,
  );

/** `score` is u of the decision that came nearest to firing, or fired; u is -log10 of the share of alike past blocks. */
async function writeDecided(
  out: string,
  file: string,
  scored: readonly string[],
  decided: DecidedBlocks,
): Promise<void> {
  const rows = scored.map((key) => {
    const { score, fired, asked } = decided.get(key) ?? { score: 0, fired: false, asked: false };
    return [key, score, round(Math.min(1, 10 ** -score), 9), Number(fired), Number(asked)];
  });
  await writeCsv(out, file, ['BlockId', 'score', 'p', 'fired', 'asked'], rows);
}

/** Floors of session detection on a part of the real HDFS log; skipped where the benchmark's folder is missing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decideSessions, type Run } from '../../../lab/eval/hdfs/decide.js';
import { readHdfs, readLabels } from '../../../lab/eval/hdfs/log.js';
import { ratesOfPairs } from '../../../lab/eval/rates.js';

const dir = join(process.env.TOCSIN_BENCHMARKS ?? '../shared/data', 'hdfs');
const isHere = existsSync(join(dir, 'HDFS.log.gz'));

(isHere || process.env.CI === 'true' ? it : it.skip)(
  'one of four HDFS sessions keep their floors',
  async () => {
    const { order, records } = await readHdfs(dir, 4);
    const anomalous = await readLabels(dir);
    const part = order.filter((_, i) => i % 5 < 2);
    const middle = part.length >> 1;
    const [first, second] = [part.slice(0, middle), part.slice(middle)];
    const f1 = async (warmUp: string[], scored: string[], more: Partial<Run> = {}): Promise<number> => {
      const decided = await decideSessions({ records, warmUp: new Set(warmUp), scored: new Set(scored), ...more });
      return ratesOfPairs(scored.map((key) => [decided.get(key)?.fired ?? false, anomalous.has(key)])).f1;
    };
    expect(await f1(first, second)).toBeGreaterThanOrEqual(0.97);
    expect(await f1(second, first)).toBeGreaterThanOrEqual(0.94);
    const answers = { most: 20, isAnomaly: (key: string) => anomalous.has(key) };
    expect(await f1(first, second, { rare: 2.3, answers })).toBeGreaterThanOrEqual(0.85);
  },
  300_000,
);

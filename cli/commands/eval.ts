/** Scores a public benchmark by its protocol. */
import { existsSync } from 'node:fs';
import { UserError } from '../exit-codes.js';
import { tableOf, type EvalResult, type Extra } from '../eval/result.js';

interface EvalOptions extends Extra {
  readonly dir: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly leftOut?: boolean;
}

type Benchmark = (dir: string, out: string | undefined, extra: Extra) => Promise<EvalResult>;

async function leftOutOf(benchmark: string, dir: string): Promise<EvalResult> {
  if (benchmark !== 'loghub') throw new UserError(`--left-out is for loghub, not for ${benchmark}`);
  return (await import('../eval/loghub-left-out.js')).evalLoghubLeftOut(dir);
}

const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  hdfs: async () => {
    const { evalHdfs } = await import('../eval/hdfs.js');
    return (dir, out) => evalHdfs(dir, out);
  },
  kpi: async () => (await import('../eval/kpi.js')).kpi,
  loghub: async () => (await import('../eval/loghub.js')).evalLoghub,
  nab: async () => (await import('../eval/nab.js')).evalNab,
};

export async function evaluate(benchmark: string, { dir, out, json, leftOut, ...extra }: EvalOptions): Promise<void> {
  const load = Object.hasOwn(benchmarks, benchmark) ? benchmarks[benchmark] : undefined;
  if (!load)
    throw new UserError(`there is no benchmark ${benchmark}: give one of ${Object.keys(benchmarks).join(', ')}`);
  if (!existsSync(dir)) throw new UserError(`the folder ${dir} does not exist: give the folder of the data with --dir`);
  const result = leftOut ? await leftOutOf(benchmark, dir) : await (await load())(dir, out, extra);
  console.log(json ? JSON.stringify(result, null, 2) : tableOf(result));
}

/** Scores a public benchmark by its protocol. */
import { Command } from 'commander';
import { examples } from '../command-line.js';
import { existsSync } from 'node:fs';
import { StartError } from '../../runtime/start-error.js';
import { showWork } from '../terminal/progress-line.js';
import { tableOf, type EvalResult, type Extra } from '../../lab/eval/result.js';

interface EvalOptions extends Extra {
  readonly dir?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly leftOut?: boolean;
}

interface Benchmark {
  /** Options that it takes. */
  readonly takes: readonly (keyof Extra)[];
  readonly load: () => Promise<(dir: string, out: string | undefined, extra: Extra) => Promise<EvalResult>>;
}

async function leftOutOf(benchmark: string, dir: string): Promise<EvalResult> {
  if (benchmark !== 'loghub') throw new StartError(`--left-out is for loghub, not for ${benchmark}`);
  return (await import('../../lab/eval/loghub-left-out.js')).evalLoghubLeftOut(dir);
}

const benchmarks: Readonly<Record<string, Benchmark>> = {
  fleet: {
    takes: ['seeds', 'world', 'budget'],
    load: async () => {
      const { evalFleet } = await import('../../lab/eval/fleet.js');
      return (_dir, out, extra) => evalFleet(extra, out);
    },
  },
  hdfs: {
    takes: [],
    load: async () => {
      const { evalHdfs } = await import('../../lab/eval/hdfs.js');
      return (dir, out) => evalHdfs(dir, out);
    },
  },
  kpi: {
    takes: ['all', 'budget', 'verdicts', 'break', 'policy', 'extra', 'without'],
    load: async () => (await import('../../lab/eval/kpi.js')).evalKpi,
  },
  loghub: { takes: [], load: async () => (await import('../../lab/eval/loghub.js')).evalLoghub },
  nab: { takes: ['budget', 'extra', 'without'], load: async () => (await import('../../lab/eval/nab.js')).evalNab },
};

export async function evaluate(benchmark: string, { dir, out, json, leftOut, ...extra }: EvalOptions): Promise<void> {
  const known = Object.hasOwn(benchmarks, benchmark) ? benchmarks[benchmark] : undefined;
  if (!known)
    throw new StartError(`there is no benchmark ${benchmark}: give one of ${Object.keys(benchmarks).join(', ')}`);
  // A simulated fleet needs no data.
  const folder = dir ?? '';
  if (benchmark !== 'fleet' && !existsSync(folder))
    throw new StartError(
      dir === undefined
        ? `${benchmark} needs its data: give their folder with --dir`
        : `the folder ${dir} does not exist: give the folder of the data with --dir`,
    );
  for (const name of Object.keys(extra) as (keyof Extra)[])
    if (!known.takes.includes(name)) throw new StartError(`--${name} is not for ${benchmark}`);
  const shown = showWork((await import('../../lab/eval/progress.js')).evaluated);
  const result = await (leftOut ? leftOutOf(benchmark, folder) : (await known.load())(folder, out, extra)).finally(() =>
    shown.stop(),
  );
  console.log(json ? JSON.stringify(result, null, 2) : tableOf(result, process.stdout.columns));
}

export const command = new Command('eval')
  .description('score a benchmark by its protocol: fleet (simulated), hdfs, kpi, loghub or nab')
  .argument('<benchmark>', 'fleet, hdfs, kpi, loghub or nab')
  .option('--dir <folder>', 'folder of the data; fleet needs none')
  .option('--seeds <range>', 'fleet: seeds of the simulated fleets, such as 1..20')
  .option('--world <name>', 'fleet: first or second: two generators of fleets that have nothing in common')
  .option('--out <folder>', 'where to write what was predicted')
  .option('--left-out', 'loghub: choose the rules of mining on two thirds of the systems, score the others')
  .option('--json', 'print the result as JSON')
  .option('--all', 'kpi: every setting of the published table, the series scored once')
  .option('--budget <count>', 'fleet, kpi, nab: false alerts a week that a service or series may cost')
  .option('--verdicts <none|all|count>', 'kpi: alerts of a series that are answered, from the first on')
  .option('--break <count>', 'kpi: detectors that are replaced by copies of themselves shifted in time')
  .option('--policy <name>', 'kpi: mixture, thompson or default')
  .option(
    '--extra <names>',
    'kpi, nab: detectors beside the usual ones, by commas: isolation-forest, ecod, autoencoder',
  )
  .option('--without <names>', 'kpi, nab: detectors that are left out, by commas')
  .addHelpText(
    'after',
    examples(
      'tocsin eval hdfs --dir data/hdfs',
      'tocsin eval kpi --dir data/kpi-aiops --out /tmp/kpi --json',
      'tocsin eval kpi --dir data/kpi-aiops --budget 1 --verdicts all',
      'tocsin eval kpi --dir data/kpi-aiops --all',
      'tocsin eval nab --dir data/nab --out /tmp/nab',
      'tocsin eval loghub --dir data/loghub-2k --out /tmp/loghub',
    ),
  )
  .action(evaluate);

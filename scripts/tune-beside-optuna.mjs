// The search of `tocsin tune` beside Optuna's TPE: ten functions, 60 trials, 30 seeds, regret of the best trial.
//   npm run build && node scripts/tune-beside-optuna.mjs [--python python3] [--seeds 30] [--trials 60]
// The Python needs optuna (PyPI). Figures are in docs/models.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { suggest } from '../dist/training/tune/tpe.js';
import { functions } from './tune/functions.mjs';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    seeds: { type: 'string', default: '30' },
    trials: { type: 'string', default: '60' },
  },
});
const [seeds, trials] = [Number(options.seeds), Number(options.trials)];

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
};

/** By our search; with `isRandom` every trial is a first one. */
function own({ space, of }, seed, isRandom = false) {
  const history = [];
  for (let number = 0; number < trials; number++) {
    const point = suggest(space, isRandom ? [] : history, [], seed, number);
    history.push({ point, state: 'complete', step: 0, value: -of(point) });
  }
  return -Math.max(...history.map(({ value }) => value));
}

const child = spawn(options.python, [fileURLToPath(new URL('tune/by-optuna.py', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value);
const { version } = await next();

async function optuna({ space, of }, seed) {
  child.stdin.write(`${JSON.stringify({ space, seed, trials })}\n`);
  for (;;) {
    const { point, best } = await next();
    if (best !== undefined) return best;
    child.stdin.write(`${JSON.stringify(of(point))}\n`);
  }
}

console.log(`Optuna ${version}, ${trials} trials, ${seeds} seeds: median regret\n`);
console.log('| function | tocsin | Optuna | ratio | by chance | better than chance |');
console.log('|---|---|---|---|---|---|');
const ratios = [];
const all = { wins: 0, runs: 0, ours: 0, pairs: 0 };
for (const [name, one] of Object.entries(functions)) {
  const regrets = { own: [], optuna: [], random: [] };
  for (let seed = 0; seed < seeds; seed++) {
    regrets.own.push(own(one, seed) - one.least);
    regrets.optuna.push((await optuna(one, seed)) - one.least);
    regrets.random.push(own(one, seed, true) - one.least);
  }
  const [ours, theirs, random] = [median(regrets.own), median(regrets.optuna), median(regrets.random)];
  const wins = regrets.own.filter((regret, i) => regret < regrets.random[i]).length;
  all.wins += wins;
  all.runs += seeds;
  for (const a of regrets.own)
    for (const b of regrets.optuna) {
      all.pairs++;
      all.ours += a < b ? 1 : a === b ? 0.5 : 0;
    }
  const ratio = theirs === 0 ? (ours === 0 ? 1 : Infinity) : ours / theirs;
  ratios.push(ratio);
  const show = (value) => value.toPrecision(3);
  console.log(
    `| ${name} | ${show(ours)} | ${show(theirs)} | ${ratio.toFixed(2)} | ${show(random)} | ${wins} of ${seeds} |`,
  );
}
console.log(
  `\nmedian of the ratios ${median(ratios).toFixed(2)}, largest ${Math.max(...ratios).toFixed(2)}; better than chance in ${all.wins} of ${all.runs} runs; a run of ours is better than one of Optuna's with a chance of ${(all.ours / all.pairs).toFixed(3)}`,
);
child.stdin.end();
await once(child, 'exit');

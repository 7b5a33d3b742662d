/**
 * What each part of selection contributes, on the KPI series: `npm run build && node scripts/ablation-selection.mjs DIR`,
 * DIR with a `KPI.csv.gz` a series. Every series is scored once, as `tocsin eval kpi` scores it, then decided with each
 * part switched off in turn: in a copy of the built code in which one line is another. It takes about an hour of two cores.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { countEvents, eventRates } from '../dist/lab/eval/events.js';
import { seriesColumns, seriesSchema } from '../dist/lab/eval/series-rows.js';
import { SeriesRun } from '../dist/lab/eval/series-run.js';
import { trainSeries, trainingRows } from '../dist/lab/eval/series-train.js';
import { weeksOf } from '../dist/lab/eval/weekly.js';
import { loadDetector } from '../dist/models/detectors/load.js';
import { editedCopy, withFolder } from './edited-copy.mjs';

/** How it is judged: the rows of the table of results that selection has a part in. */
const settings = [
  { name: 'label-free, N = 3', budget: 3, verdicts: 0, broken: 0 },
  { name: 'all answered, N = 1', budget: 1, verdicts: Infinity, broken: 0 },
  { name: '20 answered, N = 2, second half', budget: 2, verdicts: 20, broken: 0, later: true },
  { name: '3 broken, all answered, N = 2', budget: 2, verdicts: Infinity, broken: 3 },
];

const defaults = 'models/policies/defaults.js';
const gate = 'models/policies/gate.js';
/** What is switched off: the lines that are others then, in the built code. */
const variants = [
  { name: 'as it is', edits: [] },
  { name: 'default arm alone, no mixture', policy: 'default', edits: [] },
  { name: 'Thompson sampling in place of the mixture', policy: 'thompson', edits: [] },
  {
    name: 'no gate: the mixture is always believed',
    edits: [
      [gate, 'open: false, lead: 0', 'open: true, lead: 0'],
      [gate, 'else if (gate.lead < -GATE_SIGMAS', 'else if (gate.lead < -Infinity'],
    ],
  },
  {
    name: 'believed only where its lead is beyond chance, until the lead is gone',
    edits: [
      [gate, 'if (isUntaught(gate)) gate.open = true;', ''],
      [gate, 'if (gate.lead > 0)', 'if (gate.lead > GATE_SIGMAS * Math.sqrt(gate.square))'],
      [gate, 'else if (gate.lead < -GATE_SIGMAS * Math.sqrt(gate.square))', 'else if (gate.lead <= 0)'],
    ],
  },
  { name: 'no head start of the default', edits: [[defaults, 'DEFAULT_HEAD_START = 3', 'DEFAULT_HEAD_START = 0']] },
  { name: 'no veto', edits: [[defaults, 'VETO_STRENGTH = 1.2', 'VETO_STRENGTH = 0']] },
  { name: 'no audits', edits: [[defaults, 'AUDIT_CHANCE = 0.1', 'AUDIT_CHANCE = 0']] },
  {
    name: 'answers move the threshold by the budget alone',
    edits: [
      [
        'models/policies/threshold.js',
        'Math.max(budgetThreshold(state), valueThreshold(memory))',
        'budgetThreshold(state)',
      ],
    ],
  },
  {
    name: 'answers move it by their worth alone',
    edits: [
      [
        'models/policies/threshold.js',
        'Math.max(budgetThreshold(state), valueThreshold(memory))',
        'valueThreshold(memory)',
      ],
    ],
  },
  {
    name: 'answers do not move it',
    edits: [['models/policies/threshold.js', 'if (state.verdicts > 0)', 'if (state.verdicts < 0)']],
  },
  { name: 'nobody is out of step', edits: [[defaults, 'AGREE_LEAST = 8', 'AGREE_LEAST = 1e9']] },
];

async function decideOne({ file, copies }, detectors) {
  const run = await SeriesRun.open(file);
  const scores = await run.score(detectors);
  const answers = [];
  for (const [v, { policy = 'mixture' }] of variants.entries()) {
    const { decideSeries } = await import(join(copies[v], 'lab/eval/series-decide.js'));
    for (const { later, ...setting } of settings) {
      const { times, labels, fired } = await decideSeries(run.points, scores.scored(), { ...setting, policy });
      const from = later ? times.length >>> 1 : 0;
      const part = (values) => values.subarray(from);
      const counts = countEvents({ times: part(times), labels: part(labels), fired: part(fired) });
      answers.push({ counts, weeks: weeksOf(part(times)) });
    }
  }
  return answers;
}

/** Jobs over threads, each thread taking the next; answers in the order of the jobs. */
async function inThreads(kind, jobs, shared) {
  const answers = new Array(jobs.length);
  let next = 0;
  const one = () =>
    new Promise((done, failed) => {
      const worker = new Worker(fileURLToPath(import.meta.url), {
        workerData: { kind, shared },
        resourceLimits: { maxYoungGenerationSizeMb: 128 },
      });
      let at = -1;
      const go = () => {
        at = next++;
        worker.postMessage(jobs[at] ?? null);
      };
      worker.on('message', (answer) => {
        answers[at] = answer;
        go();
      });
      worker.once('error', failed).once('exit', done);
      go();
    });
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, one));
  return answers;
}

if (isMainThread) await main();
else {
  const { kind, shared } = workerData;
  const expected = { schema: seriesSchema.id, columns: seriesColumns };
  const detectors = kind === 'decide' ? await Promise.all(shared.models.map((one) => loadDetector(one, expected))) : [];
  const work = {
    sample: async ({ file }) => (await SeriesRun.open(file)).sample(shared.rows),
    decide: (job) => decideOne(job, detectors),
  };
  parentPort.on('message', async (job) => {
    if (job === null) return parentPort.close();
    parentPort.postMessage(await work[kind](job));
  });
}

async function main() {
  const [dir] = process.argv.slice(2);
  if (dir === undefined) throw new Error('give the folder with the series');
  const suffix = '.csv.gz';
  const files = readdirSync(dir)
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => ({ name: name.slice(0, -suffix.length), path: resolve(dir, name), kind: 'kpi', size: 0 }));
  await withFolder(async (work) => {
    const jobs = files.map((file) => ({ file }));
    const models = trainSeries(await inThreads('sample', jobs, { rows: trainingRows(files.length) }));
    const copies = variants.map(({ edits }, v) => editedCopy(edits, join(work, `${v}`)));
    print(
      await inThreads(
        'decide',
        files.map((file) => ({ file, copies })),
        { models },
      ),
    );
  });
}

function print(decided) {
  console.log(`| Selection | ${settings.map(({ name }) => name).join(' | ')} |`);
  console.log(`|---|${'---|'.repeat(settings.length)}`);
  for (const [v, { name }] of variants.entries()) {
    const cells = settings.map((_, s) => {
      const parts = decided.map((answers) => answers[v * settings.length + s]);
      const sum = (of) => parts.reduce((total, part) => total + of(part), 0);
      const rate = sum(({ counts }) => counts.falseAlerts) / sum(({ weeks }) => weeks);
      return `${eventRates(parts.map(({ counts }) => counts)).f1.toFixed(3)} (${rate.toFixed(2)})`;
    });
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

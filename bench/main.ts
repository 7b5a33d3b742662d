/**
 * Runs the benches, all or those named, and prints figures and ratios:
 * `npm run bench -- [NAME ...] [--quick] [--rounds N] [--out FILE.json] [--chart FILE.svg] [--compare FILE.json]`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { chart } from './chart.js';
import { bench as detectWindows } from './detect-windows.js';
import { bench as fileToWindows } from './file-to-windows.js';
import { bench as firstView } from './first-view.js';
import { bench as hostile } from './hostile.js';
import { bench as inference } from './inference.js';
import { bench as kafkaToWindows } from './kafka-to-windows.js';
import { bench as latency } from './latency.js';
import { bench as mineTemplates } from './mine-templates.js';
import { losses, Report, type Bench, type Measured } from './report.js';
import { bench as registryDecode } from './registry-decode.js';
import { bench as state } from './state.js';

const benches: Readonly<Record<string, Bench>> = {
  'file-to-windows': fileToWindows,
  'kafka-to-windows': kafkaToWindows,
  'detect-windows': detectWindows,
  inference,
  'first-view': firstView,
  latency,
  'registry-decode': registryDecode,
  'mine-templates': mineTemplates,
  hostile,
  state,
};
/** These take minutes: they run where they are named, or without `--quick`. */
const slow = ['state', 'hostile', 'first-view'];
const quick = Object.keys(benches).filter((name) => !slow.includes(name));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    out: { type: 'string' },
    chart: { type: 'string' },
    compare: { type: 'string' },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0 || !(rounds >= 1)) {
  console.error(
    unknown.length > 0
      ? `no bench is called ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`
      : '--rounds is a whole number from 1 on',
  );
  process.exitCode = 2;
} else {
  const report = new Report();
  const wanted = positionals.length > 0 ? positionals : values.quick ? quick : Object.keys(benches);
  for (const name of wanted) await benches[name]!({ rounds, quick: values.quick }, report);
  const measured = report.measured(rounds);
  if (values.out) await writeFile(values.out, `${JSON.stringify(measured, undefined, 2)}\n`);
  const title = 'Lines for each second of processor time, compared in the same rounds (1 is as fast)';
  if (values.chart) await writeFile(values.chart, chart(title, measured.ratios));
  if (values.compare) {
    const lost = losses(measured, JSON.parse(await readFile(values.compare, 'utf8')) as Measured);
    for (const loss of lost) console.error(`lost more than a quarter: ${loss}`);
    if (lost.length > 0) process.exitCode = 1;
  }
}

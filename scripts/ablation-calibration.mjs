/**
 * What each part of calibration contributes, on metric series and without labels: `npm run build && node
 * scripts/ablation-calibration.mjs KPI NAB`, the folders of the two benchmarks. Each is evaluated with each part switched
 * off in turn, in a copy of the built code in which one line is another. It takes half an hour of two cores.
 * The shared prior has no part in it: the benchmarks are scored without one.
 */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { editedCopy, withFolder } from './edited-copy.mjs';

const defaults = 'models/calibration/defaults.js';
const habit = 'models/calibration/habit.js';
const variants = [
  { name: 'as it is', edits: [] },
  {
    name: 'no tail from the ordinary part: the past counts as it was, up to its rarest episode',
    edits: [
      [
        'models/calibration/tail.js',
        'Math.min(first, Math.max(first / ORDINARY_SPAN, ORDINARY_LEAST))',
        'Math.min(first, 1)',
      ],
    ],
  },
  { name: 'series have no habits', edits: [[habit, 'habit.length === 0', 'true']] },
  {
    name: 'series have habits of any time, as logs',
    edits: [
      [habit, 'if (habits === "daily")\n', 'if (false)\n'],
      [habit, 'if (habits === "daily") return beyondKnown', 'if (false) return beyondKnown'],
    ],
  },
  { name: 'the past does not fade', edits: [[defaults, 'MEMORY_WEEKS = 8', 'MEMORY_WEEKS = 1e9']] },
  {
    name: 'each window counts, not each episode',
    edits: [[defaults, 'EPISODE_GAP_MS = 10 * MINUTE_MS', 'EPISODE_GAP_MS = 1']],
  },
];

const [kpi, nab] = process.argv.slice(2);
if (nab === undefined) throw new Error('give the folders of KPI and NAB');

function evaluated(copy, benchmark, dir, ...more) {
  const args = [join(copy, 'cli/main.js'), 'eval', benchmark, '--dir', resolve(dir), ...more, '--json'];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 }));
}

await withFolder((folder) => {
  console.log(
    '| Calibration | KPI, label-free, N = 3: event F1, AP | false alerts a week and series | NAB, standard | alerts of the product, N = 3 |',
  );
  console.log('|---|---|---|---|---|');
  for (const [v, { name, edits }] of variants.entries()) {
    const copy = editedCopy(edits, join(folder, String(v)));
    const { f1, averagePrecision, falseAlertsAWeek } = evaluated(copy, 'kpi', kpi, '--budget', '3').overall;
    const { overall, counts } = evaluated(copy, 'nab', nab, '--budget', '3');
    const cells = [
      `${f1.toFixed(3)}, ${averagePrecision.toFixed(3)}`,
      falseAlertsAWeek.toFixed(2),
      overall.standard.toFixed(1),
      `${counts['false alerts a week and file, mean'].toFixed(2)}, ${counts['windows with an alert']} windows found`,
    ];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
});

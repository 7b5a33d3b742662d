/** Says which services are not what they were when the models learnt them. */
import { rename, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { parseDuration } from '../../config/duration.js';
import { minDays } from '../../models/drift/reference.js';
import { driftMetrics } from '../../offline/drift/exposition.js';
import { driftPage } from '../../offline/drift/page.js';
import { driftIn } from '../../offline/drift/run.js';
import type { DriftReport } from '../../training/drift/find.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { examples, number, withConfig } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { line } from '../terminal/line.js';

interface DriftOptions {
  readonly config: string;
  readonly reference: string;
  readonly budget: number;
  readonly textfile?: string;
  readonly html?: string;
  readonly json?: boolean;
}

export async function drift(options: DriftOptions): Promise<void> {
  const reference = parseDuration(options.reference);
  if (!(reference >= minDays * 86_400_000))
    throw new StartError(`--reference ${options.reference}: give a duration of at least ${minDays}d`);
  if (!(options.budget > 0)) throw new StartError(`--budget ${options.budget}: give a number above 0`);
  const report = await driftIn(await readSettledConfig(options.config), { reference, budget: options.budget });
  if (options.textfile !== undefined) {
    // The collector must never read half a file.
    await writeFile(`${options.textfile}.part`, driftMetrics(report, Date.now()));
    await rename(`${options.textfile}.part`, options.textfile);
  }
  if (options.html !== undefined) await writeFile(options.html, driftPage(report));
  console.log(options.json ? JSON.stringify(report) : textOf(report, options.reference));
  if (report.entities.some(({ isDrifted }) => isDrifted)) process.exitCode = exitCodes.findings;
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
/** Series that are named of one entity. */
const maxShown = 3;

function textOf({ entities, alarms, young, expected, verdicts }: DriftReport, reference: string): string {
  const drifted = entities.filter(({ isDrifted }) => isDrifted);
  return [
    line`${entities.length} entities looked at, ${drifted.length} drifted on their last day; ${young} with too short a past`,
    ...(entities.length === 0 && young > 0
      ? [line`each needs two days in which its baselines settle, ${reference} of reference, and a day that is judged`]
      : []),
    line`${alarms.length} days drifted in all; without any drift ${expected.toFixed(1)} would be expected`,
    ...drifted.map(({ entity, at }) => {
      const series = alarms.findLast((alarm) => alarm.entity === entity)?.series ?? [];
      const shown = series
        .slice(0, maxShown)
        .map(
          ({ name, shift, ks, psi }) =>
            `${name} (${shift >= 0 ? '+' : ''}${shift.toFixed(2)} sd, KS ${ks.toFixed(2)}, PSI ${psi.toFixed(2)})`,
        );
      const more = series.length > maxShown ? `, and ${series.length - maxShown} more` : '';
      return line`  ${entity} up to ${day(at)}: ${shown.join(', ')}${more}`;
    }),
    ...(verdicts.changes.length > 0
      ? [line`the share of alerts that people call anomalies changed at ${verdicts.changes.map(day).join(', ')}`]
      : []),
  ].join('\n');
}

export const command = withConfig(new Command('drift'))
  .description('which services are unlike what they were: features, scores and verdicts, day by day (code 3: some are)')
  .option('--reference <duration>', 'event time of each entity that counts as usual, from its first window on', '28d')
  .option('--budget <n>', 'false drift alarms a week, of all entities together', number, 1)
  .option('--textfile <file>', 'write the metrics for the textfile collector of the node exporter')
  .option('--html <file>', 'write the report as a page')
  .option('--json', 'print as JSON')
  .addHelpText(
    'after',
    examples(
      'tocsin drift --config f.yaml',
      'tocsin drift --config f.yaml --textfile /var/lib/node_exporter/tocsin.prom',
    ),
  )
  .action(drift);

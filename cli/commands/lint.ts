/** Checks configuration files without starting anything. */
import { Command } from 'commander';
import { examples, usualConfig } from '../command-line.js';
import type { Config } from '../../config/schema.js';
import { findingsOf, printFindings } from './doctor.js';
import { readConfig } from '../../service/configuration.js';
import { ConfigError, formatProblem, type ConfigProblem } from '../../config/problem.js';
import { line } from '../terminal/line.js';
import { exitCodes } from '../exit-codes.js';

export async function lint(
  files: readonly string[],
  { json, connect }: { json?: boolean; connect?: boolean },
): Promise<void> {
  const configs: Config[] = [];
  const problems: ConfigProblem[] = [];
  for (const file of files) {
    try {
      configs.push(readConfig(file));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (json) console.log(JSON.stringify({ ok: problems.length === 0, problems }));
  else for (const problem of problems) console.error(line`${formatProblem(problem)}`);
  if (!json && problems.length === 0) console.log(line`${files.join(', ')}: fine`);
  if (problems.length > 0) process.exitCode = exitCodes.usage;
  else if (connect) for (const config of configs) printFindings(await findingsOf(config), json);
}

export const command = new Command('lint')
  .description('check configuration files')
  .argument('[file...]', 'configuration files')
  .option('-c, --config <file>', `the same as FILE; ${usualConfig} of this folder where neither is given`)
  .option('--connect', 'connect, too, and check what `tocsin doctor` checks')
  .option('--json', 'print problems as JSON')
  .addHelpText('after', examples('tocsin lint config/kafka.yaml'))
  .action(
    (files: readonly string[], { config, ...options }: { config?: string; json?: boolean; connect?: boolean }) => {
      const named = [...files, ...(config === undefined ? [] : [config])];
      return lint(named.length > 0 ? named : [usualConfig], options);
    },
  );

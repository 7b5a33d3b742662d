/** Checks all that a configuration needs, before a week is lost: connects, looks, and writes nothing. */
import { Command } from 'commander';
import type { Config } from '../../config/schema.js';
import { readConfig } from '../../service/configuration.js';
import type { Finding } from '../../service/doctor/finding.js';
import { checkKafka } from '../../service/doctor/kafka.js';
import { checkMachine } from '../../service/doctor/machine.js';
import { checkNats } from '../../service/doctor/nats.js';
import { checkOutputs } from '../../service/doctor/outputs.js';
import { examples, withConfig } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { column, visible, wrap } from '../terminal/columns.js';
import { paint } from '../terminal/paint.js';
import { screenOptions } from '../terminal/screen.js';

/** All checks; those of different services run at once. */
export async function findingsOf(config: Config): Promise<readonly Finding[]> {
  return (
    await Promise.all([checkMachine(config), checkKafka(config), checkNats(config), checkOutputs(config)])
  ).flat();
}

/** Prints findings; an error among them is code 3. */
export function printFindings(findings: readonly Finding[], json: boolean | undefined): void {
  if (json) for (const finding of findings) console.log(JSON.stringify(finding));
  else {
    const { colour, columns = 80 } = screenOptions(process.stdout, process.env);
    const { green, yellow, red } = paint(colour);
    const colours = { ok: green, warning: yellow, error: red };
    for (const { about, level, message } of findings)
      wrap(visible(`${about}: ${message}`), columns - 10, 6).forEach((text, i) =>
        process.stdout.write(`${i === 0 ? colours[level](column(level, 8)) : column('', 8)}  ${text}\n`),
      );
  }
  if (findings.some(({ level }) => level === 'error')) process.exitCode = exitCodes.findings;
}

export async function doctor({ config: file, json }: { config: string; json?: boolean }): Promise<void> {
  printFindings(await findingsOf(readConfig(file)), json);
}

export const command = withConfig(new Command('doctor'))
  .description(
    'check brokers, topics, streams, state, outputs and files of a configuration; nothing is fired or written',
  )
  .option('--json', 'print findings as JSON, one a line')
  .addHelpText('after', examples('tocsin doctor', 'tocsin doctor --config tocsin.yaml --json'))
  .action(doctor);

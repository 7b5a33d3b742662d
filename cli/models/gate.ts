/** `models gate`: whether a set may take over, by the windows that are stored. */
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { parseDuration } from '../../config/duration.js';
import { reportForms, reportText, signatureOf, type ReportForm } from '../../offline/gate/report.js';
import { runGate } from '../../offline/gate/run.js';
import { readLedger } from '../../offline/models/names.js';
import { challenger, champion } from '../../records/alias.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { examples, withConfig } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { timeOf } from '../commands/train.js';
import { line } from '../terminal/line.js';

interface GateOptions {
  readonly config: string;
  readonly champion?: string;
  readonly span: string;
  readonly to?: string;
  readonly out: readonly string[];
  readonly sign?: string;
  readonly json?: boolean;
}

export async function gate(named: string | undefined, options: GateOptions): Promise<void> {
  const span = parseDuration(options.span);
  if (!(span > 0)) throw new StartError(`--span ${options.span} is no duration: write for example 7d`);
  const outputs = options.out.map((path) => ({ path, form: formOf(path) }));
  const config = await readSettledConfig(options.config);
  const ledger = await readLedger(config);
  const candidate = named ?? ledger.artefactOf(challenger);
  if (candidate === '')
    throw new StartError(`no set is the challenger: name one, or tocsin models alias ${challenger} SET`);
  const against = options.champion ?? ledger.artefactOf(champion);
  const at = timeOf('--to', options.to);
  const request = { candidate, champion: against === candidate ? '' : against, span };
  const report = await runGate(config, at === undefined ? request : { ...request, at });
  for (const { path, form } of outputs) {
    const text = reportText(report, form);
    await writeFile(path, text);
    if (options.sign !== undefined) await writeFile(`${path}.sig`, `${await signatureOf(text, options.sign)}\n`);
  }
  if (options.json) console.log(JSON.stringify(report));
  else
    console.log(
      [
        line`${candidate}: ${report.passed ? 'passed' : 'refused'}`,
        ...report.checks.map(({ name, passed, said }) => line`  ${passed ? 'ok     ' : 'REFUSED'} ${name}: ${said}`),
      ].join('\n'),
    );
  if (!report.passed) process.exitCode = exitCodes.findings;
}

function formOf(path: string): ReportForm {
  const form = reportForms.find((one) => path.endsWith(`.${one}`));
  if (!form) throw new StartError(`--out ${path}: end it with ${reportForms.map((one) => `.${one}`).join(', ')}`);
  return form;
}

export const gateCommand = withConfig(new Command('gate'))
  .description(
    'replay stored windows with a set and the champion, and say whether it may take over (code 3: it may not)',
  )
  .argument('[set]', 'the challenger where it is not given')
  .option('--champion <set>', 'the set to compare with; the champion where it is not given')
  .option('--span <duration>', 'event time that is replayed, up to the last window', '7d')
  .option('--to <time>', 'judge as at this event time: without what was known later')
  .option('-o, --out <file...>', 'write the report: .json, .md or .html', [])
  .option('--sign <key>', 'Ed25519 private key (PEM): writes FILE.sig beside each report')
  .option('--json', 'print the report as JSON')
  .addHelpText(
    'after',
    examples('tocsin models gate SET --config f.yaml', 'tocsin models gate --config f.yaml --span 14d --out gate.html'),
  )
  .action(gate);

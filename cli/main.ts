#!/usr/bin/env node
/** The command line. Each command is a file in commands/ that declares its options beside its action. */
// Before anything loads the runtime, also in a thread: a thread's variables are copies that the runtime does not see.
import '../models/onnx/telemetry.js';
import { Command, CommanderError } from 'commander';
import { version } from './version.js';
import { ConfigError, formatProblem } from '../config/problem.js';
import { commands, hidden, leftOut } from './commands.js';
import { exitCodes } from './exit-codes.js';
import { withVisible } from './terminal/arguments.js';
import { guard } from './terminal/guard.js';
import { line } from './terminal/line.js';
import { withoutColourOption } from './terminal/no-colour.js';
import { StartError } from '../runtime/start-error.js';

const codes = `
No colours: --no-color with any command, or the variable NO_COLOR.
Exit codes: ${exitCodes.ok} done; ${exitCodes.failed} failed; ${exitCodes.usage} wrong command line or configuration;
${exitCodes.findings} findings (see the output); ${exitCodes.unavailable} a needed service does not answer; ${exitCodes.interrupted} stopped at once.`;

const program = new Command('tocsin')
  .description(
    'Reads logs and metrics, scores windows with an ensemble of ONNX detectors, learns whom to trust, alerts.',
  )
  .version(version)
  // Options behind a command are its own, also where a command above it has one of the same name.
  .enablePositionalOptions()
  .addHelpText('after', codes);

/** What the program says of errors holds for every command below it. */
function inherit(command: Command): void {
  command
    .showHelpAfterError('(see --help)')
    .configureOutput({ outputError: (text, write) => write(withVisible(text, process.argv)) })
    .exitOverride();
  command.commands.forEach(inherit);
}

process.argv = withoutColourOption(process.argv, process.env);
guard(process.stdout);
guard(process.stderr);
// A reader that has seen enough closes the pipe (`| head`). That ends a command without a fault; a run, which is to go on, not.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.argv.includes('run') ? exitCodes.failed : exitCodes.ok);
});
try {
  const called = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
  if (called !== undefined && leftOut.includes(called))
    throw new StartError(
      `tocsin ${called} is not in the installed package: it needs the source (there: npm ci && npm run build && npx tocsin ${called})`,
    );
  const names = called !== undefined && Object.hasOwn(commands, called) ? [called] : Object.keys(commands);
  for (const name of names) {
    const { command } = await commands[name]!();
    program.addCommand(command, { hidden: hidden.includes(name) });
  }
  inherit(program);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has said what is wrong, or has printed the help that was asked for.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else if (error instanceof ConfigError) {
    // Keys and values in it may be those of somebody else's file.
    for (const problem of error.problems) console.error(line`${formatProblem(problem)}`);
    process.exitCode = exitCodes.usage;
  } else if (error instanceof StartError) {
    console.error(withVisible(error.message, process.argv));
    process.exitCode = exitCodes[error.kind];
  } else {
    console.error(
      error instanceof Error ? (process.env.TOCSIN_DEBUG ? error.stack : `tocsin: ${error.message}`) : error,
    );
    process.exitCode = exitCodes.failed;
  }
}

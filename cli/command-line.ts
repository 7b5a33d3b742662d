/** What the declarations of commands share: options that several have, examples, and the values that options take. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { StartError } from '../runtime/start-error.js';

/** Commands by name, each loaded when it is asked for. */
export type CommandLoaders = Readonly<Record<string, () => Promise<{ readonly command: Command }>>>;

/** The configuration that is meant where none is named. */
export const usualConfig = 'tocsin.yaml';

/** A number of an option, 0 or more. */
export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new StartError(`${text} is no number`);
  return value;
};

/** Command lines to copy, at the end of a help text. */
export const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

/**
 * Gives a command `--config`. It is no mandatory option of commander: that would be reported before an option that is
 * mistyped (`--conifg`).
 */
export const withConfig = (command: Command): Command =>
  withOptionalConfig(command).hook('preAction', (_this, called) => {
    if (called.getOptionValue('config') === undefined)
      throw new StartError(
        `tocsin ${pathOf(called)} needs --config FILE (or a ${usualConfig} in this folder): \`tocsin init\` writes one`,
      );
  });

/** As `withConfig`, where a command also works without a configuration. */
export const withOptionalConfig = (command: Command): Command =>
  command
    .option('-c, --config <file>', `configuration file; ${usualConfig} of this folder where it is not given`)
    .hook('preAction', (_this, called) => {
      if (called.getOptionValue('config') === undefined && existsSync(usualConfig))
        called.setOptionValueWithSource('config', usualConfig, 'default');
    });

/** The name of a command with those above it, without the program's. */
export function pathOf(command: Command): string {
  const above = command.parent;
  return above?.parent ? `${pathOf(above)} ${command.name()}` : command.name();
}

/**
 * A command that asks a running tocsin.
 *
 * @param about what its configuration file is for
 */
export const ofRunning = (
  command: Command,
  about = 'its configuration: address and token are taken from there',
): Command =>
  command
    .option('--url <url>', 'address of a running tocsin; TOCSIN_URL, or that of --config, where it is not given')
    .option('-c, --config <file>', about)
    .option('--token-file <file>', 'file with the bearer token')
    .option('--json', 'print the answer as JSON');

/** Who says something, for the log. */
export const withAuthor = (command: Command): Command =>
  command.option('--by <name>', 'who says so', process.env.USER ?? 'unknown');

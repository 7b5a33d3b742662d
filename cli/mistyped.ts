/** A word where a command below another one is left out: commander takes it for an argument of that one. */
import type { Command } from 'commander';
import { suggest } from '../config/suggest.js';
import { StartError } from '../runtime/start-error.js';

/** What is wrong with a word that is no command below `parent`, with the one that was meant where one is near. */
export function noCommand(parent: Command, word: string): StartError {
  const meant = nearest(parent, word);
  const hint =
    meant === undefined ? `see tocsin ${parent.name()} --help` : `did you mean tocsin ${parent.name()} ${meant}?`;
  return new StartError(`unknown command '${word}' (${hint})`);
}

/** The command below `parent` that a word is near to. */
export const nearest = (parent: Command, word: string): string | undefined =>
  suggest(
    word,
    parent.commands.map((command) => command.name()),
  );

/** Makes `usual`, which takes no arguments and is what `parent` does without a name, refuse words as commands that are none. */
export const refuseWords = (parent: Command, usual: Command): Command =>
  usual.allowExcessArguments(true).hook('preAction', (_command, { args: [word] }) => {
    if (word !== undefined) throw noCommand(parent, word);
  });

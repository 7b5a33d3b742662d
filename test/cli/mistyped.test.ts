import type { Command } from 'commander';
import { commands } from '../../cli/commands.js';

const said = async (name: string, ...words: string[]): Promise<string> => {
  const { command } = await commands[name]!();
  const quiet = (one: Command): void => {
    one.exitOverride().configureOutput({ writeErr: (text) => (heard += text), writeOut: () => undefined });
    one.commands.forEach(quiet);
  };
  let heard = '';
  quiet(command);
  try {
    await command.parseAsync(words, { from: 'user' });
  } catch (error) {
    heard += (error as Error).message;
  }
  return heard;
};

test.each([
  ['alerts', 'lits', 'list'],
  ['alerts', 'shwo', 'show'],
  ['alerts', 'folow', 'follow'],
  ['feedback', 'lsit', 'list'],
  ['feedback', 'revok', 'revoke'],
  ['models', 'lits', 'list'],
  ['models', 'verfy', 'verify'],
  ['features', 'lits', 'list'],
  ['calendar', 'ad', 'add'],
  ['snapshot', 'crate', 'create'],
  ['heal', 'stauts', 'status'],
  ['watermark', 'rset', 'reset'],
])('tocsin %s %s: a mistyped command is named with the one that was meant', async (command, word, meant) => {
  expect(await said(command, word)).toMatch(new RegExp(`[Uu]nknown command '${word}'[^]*[Dd]id you mean .*${meant}`));
});

test('what is near to no command is said to be none', async () => {
  expect(await said('alerts', 'xyzzy')).toBe("unknown command 'xyzzy' (see tocsin alerts --help)");
  expect(await said('feedback', '3f9a1c20b7d4e8')).toMatch(/^feedback 3f9a1c20b7d4e8: say what it was: anomaly/);
});

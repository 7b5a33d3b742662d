// Loads every command as Node does: jest sees all that a library exports, Node of some libraries only a part.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compile } from './build.mjs';

const folder = join('.cache', 'modules');
await compile(folder);
const commands = join(folder, 'cli', 'commands');
const failures = [];
for (const name of readdirSync(commands).filter((file) => file.endsWith('.js'))) {
  try {
    await import(pathToFileURL(join(commands, name)).href);
  } catch (error) {
    failures.push(`${name}: ${error.message.split('\n')[0]}`);
  }
}
if (failures.length > 0) console.error(failures.join('\n'));
process.exit(failures.length > 0 ? 1 : 0);

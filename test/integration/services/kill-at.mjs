// Ends the process by SIGKILL at the Nth change of a folder, in the middle of it: `--import` it, with KILL_AT and KILL_IN.
// What is written at that moment is half written. The number of changes goes to standard error where it comes to no end.
import { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { KILL_AT, KILL_IN } = process.env;
let changes = 0;
const isMeant = (path) => String(path).startsWith(KILL_IN);
const counted = (path) => isMeant(path) && ++changes === Number(KILL_AT);
const kill = () => process.kill(process.pid, 'SIGKILL');

const { open } = promises;
promises.open = async (path, flags, ...rest) => {
  const file = await open(path, flags, ...rest);
  if (flags !== 'wx' || !counted(path)) return file;
  const { writeFile } = file;
  file.writeFile = async (bytes) => {
    await writeFile.call(file, bytes.slice(0, bytes.length >> 1));
    kill();
  };
  return file;
};
for (const name of ['rename', 'rm']) {
  const original = promises[name];
  promises[name] = async (path, ...rest) => {
    if (counted(path)) kill();
    return original(path, ...rest);
  };
}
syncBuiltinESMExports();
process.on('exit', () => process.stderr.write(`${changes} changes\n`));

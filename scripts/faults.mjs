// The fault suite, with what it is to draw from:
//
//   npm run test:faults -- [FILE ...] [--seed N] [--kills N] [--state leveldb|redis]
//
// FILE is a part of a name in test/faults (all without). The same seed draws the same faults.
import { parseArgs } from 'node:util';
import { runJest } from './jest.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, kills: { type: 'string' }, state: { type: 'string' } },
});
for (const name of ['seed', 'kills']) {
  if (values[name] === undefined || /^[1-9][0-9]*$/.test(values[name])) continue;
  console.error(`--${name} must be a whole number above 0, not ${values[name]}`);
  process.exit(2);
}
if (values.state !== undefined && !['leveldb', 'redis'].includes(values.state)) {
  console.error(`--state must be leveldb or redis, not ${values.state}`);
  process.exit(2);
}
const asked = Object.entries(values).map(([name, value]) => [`FAULTS_${name.toUpperCase()}`, value]);
const files = positionals.map((name) => `test/faults/.*${name}`);
const status = await runJest([...files, '--selectProjects', 'faults', '--runInBand'], {
  env: Object.fromEntries(asked),
});
process.exit(typeof status === 'number' ? status : 1);

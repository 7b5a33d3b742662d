/** Runs the benches, all or those named: `npm run bench`, `npm run bench -- file-to-windows`. */
import { run as fileToWindows } from './file-to-windows.js';
import { run as kafkaToWindows } from './kafka-to-windows.js';
import { run as mineTemplates } from './mine-templates.js';
import { run as state } from './state.js';
import { run as registryDecode } from './registry-decode.js';

const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  'file-to-windows': () => fileToWindows(),
  'kafka-to-windows': () => kafkaToWindows(),
  'mine-templates': () => mineTemplates(),
  state: () => state(),
  'registry-decode': () => registryDecode(),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) await benches[name]();
}

// Feeds mutated inputs to everything that takes bytes from outside: `npm run test:fuzz -- --count 1000000 --seed 7`.
// Targets of a kind run in a process of their own. It must neither end nor stand still nor grow, whatever it is fed.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' }, // inputs in all
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string', multiple: true }, // only these, by a part of their names
    from: { type: 'string', default: '0' }, // take up at this input, to see a failure again
    json: { type: 'boolean', default: false },
  },
});

/** No input takes so long by itself; a busy machine does. */
const hangMs = 60_000;
/** Live memory may move by as much between the first and the last third of a run, bytes. */
const mostGrowth = 24 * 1024 * 1024;
/** Slow ones get fewer inputs. */
const shares = { windows: 0.1, 'http-requests': 0.1, 'http-bodies': 0.25, schemas: 0.1 };

const outfile = `dist/fuzz-${process.pid}.mjs`;
await build({
  entryPoints: ['test/fuzz/child.ts'],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
});

/** Runs the child on some targets; resolves with what became of each, by name. */
function run(args) {
  return new Promise((resolve) => {
    const flags = ['--expose-gc', '--enable-source-maps', '--max-old-space-size=512'];
    const child = spawn(process.execPath, [...flags, outfile, ...args.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const found = new Map();
    let current;
    let listed;
    let why;
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        why = `stands still for ${hangMs / 1000} s`;
        child.kill('SIGKILL');
      }, hangMs);
    };
    alive();
    createInterface({ input: child.stdout }).on('line', (line) => {
      alive();
      if (!line.startsWith('{"')) return;
      const message = JSON.parse(line);
      if (message.targets) {
        listed = message.targets;
        return;
      }
      if (current?.target !== message.target) current = { at: 0, seconds: 0, began: performance.now() };
      Object.assign(current, message);
      current.seconds = (performance.now() - current.began) / 1000;
      found.set(message.target, current);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const isOver = current && (current.done !== undefined || current.failed !== undefined);
      if (why || (current && !isOver)) current.failed ??= why ?? `ends by itself, code ${code}, signal ${signal}`;
      resolve({ found, listed, code });
    });
  });
}

/** By how much live memory has moved from the first third of a run to its last, bytes: medians, so that no peak counts. */
function growth(heap) {
  const third = Math.max(1, Math.floor(heap.length / 3));
  const median = (some) => [...some].sort((a, b) => a - b)[Math.floor(some.length / 2)];
  return median(heap.slice(-third)) - median(heap.slice(1, 1 + third));
}

let failures = 0;
const rows = [];

/** Judges a target, and says what it found. */
function report(name, result) {
  if (result.done !== undefined && growth(result.heap) > mostGrowth)
    result.failed = `grows by ${Math.round(growth(result.heap) / 1024)} KiB`;
  if (result.failed) {
    failures++;
    console.error(`FAIL ${name} at input ${result.at}, seed ${values.seed}: ${result.failed}`);
    console.error(
      `  again: npm run test:fuzz -- --target ${name} --seed ${values.seed} --from ${result.at} --count 64`,
    );
    for (const input of (result.inputs ?? []).slice(0, 16)) console.error(`  ${input.slice(0, 400)}`);
  }
  const row = { target: name, inputs: result.done ?? result.at, seconds: Math.round(result.seconds * 10) / 10 };
  if (result.heap) row.growthKiB = Math.round(growth(result.heap) / 1024);
  rows.push({ ...row, failed: result.failed ? 1 : 0 });
  if (!values.json) console.log(`${result.failed ? 'FAIL' : 'ok  '} ${JSON.stringify(row)}`);
}

try {
  const { listed } = await run([]);
  if (!listed) throw new Error('the program that fuzzes does not start');
  const chosen = listed.filter((name) => !values.target || values.target.some((part) => name.includes(part)));
  const share = (name) => shares[name] ?? (name.startsWith('codec-') ? 0.2 : 1);
  const weight = chosen.reduce((sum, name) => sum + share(name), 0);
  const kind = (name) => name.split('-')[0];
  for (const one of new Set(chosen.map(kind))) {
    const names = chosen.filter((name) => kind(name) === one);
    const counted = names.map(
      (name) => `${name}=${Math.max(64, Math.round((Number(values.count) * share(name)) / weight))}`,
    );
    const { found, code } = await run([values.seed, values.from, ...counted]);
    for (const name of names)
      report(name, found.get(name) ?? { at: 0, seconds: 0, failed: `was not reached, code ${code}` });
  }
} finally {
  rmSync(outfile, { force: true });
}
const inputs = rows.reduce((sum, row) => sum + row.inputs, 0);
if (values.json) console.log(JSON.stringify({ seed: Number(values.seed), inputs, failures, rows }));
else console.log(`${inputs} inputs, ${rows.length} targets, ${failures} failed, seed ${values.seed}`);
process.exitCode = failures === 0 ? 0 : 1;

// What `npm test` runs: the checks of every commit with the unit tests, the long tests, then the integration tests on
// real services, a bounded part of the fault suite, and the deploy tests whose tools take minutes to install (the others
// are `npm run check:deploy`).
// Before its end each test that failed is named with its reason. Files of tests on real services that failed are run once
// more, by themselves: a test that passes then is counted as passed, and named as unstable, which is a fault of its own.
// Its last line is "N passed, N failed" (with ", N skipped" if any were): tests, and one failure for each other step
// that failed. Where the services cannot be installed, the integration tests fail with CI=true and are skipped without.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runJest } from './jest.mjs';

const counts = mkdtempSync(join(tmpdir(), 'tocsin-counts-'));
const total = { passed: 0, failed: 0, skipped: 0 };
/** What the last lines say of each test that failed. */
const named = [];

/** Runs a command with its output shown (or, for a step that speaks for itself on failure, collected). */
function run(command, args, stdio = 'inherit') {
  return spawnSync(command, args, { stdio, encoding: 'utf8', env: { ...process.env, TOCSIN_TEST_COUNTS: counts } });
}

/** Where the jest run of a project leaves its counts. */
const countsOf = (project) => join(counts, `${project}.json`);

/** What the jest run of a project left; undefined if it left nothing, since it did not get that far. */
function takeCounts(project) {
  const file = countsOf(project);
  if (!existsSync(file)) return undefined;
  const found = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  return found;
}

function add(project, found) {
  for (const key of Object.keys(total)) total[key] += found[key];
  for (const { file, test, why } of found.failures) named.push(`FAILED ${project} ${file}: ${test}: ${why}`);
}

/** A step that failed without a test that did. */
function addStep(what) {
  total.failed += 1;
  named.push(`FAILED ${what}`);
}

/** Runs the jest tests of a project; resolves to what it left. */
async function start(project, minutes, args, env) {
  const status = await runJest([...args, '--selectProjects', project], {
    env: { TOCSIN_TEST_COUNTS: counts, ...env },
    isCounted: () => existsSync(countsOf(project)),
    minutes,
  });
  if (typeof status === 'string') console.log(`WARN ${project}: jest ${status}, and was ended`);
  const found = takeCounts(project);
  // Results that are in count, whatever kept the process. A run that failed with no failed test has crashed.
  return found && (found.failed > 0 || typeof status === 'string' || status === 0) ? found : undefined;
}

/** Runs the jest tests of a project and counts them; a run that crashed is one failure. */
async function jest(project, minutes, args = [], { again = false, env = {} } = {}) {
  const found = await start(project, minutes, args, env);
  if (!found) return addStep(`${project}: jest crashed, or had to be ended before its results were in`);
  const files = [...new Set(found.failures.map(({ file }) => file))];
  // Where many files fail, the tests are right.
  const second = again && files.length > 0 && files.length <= 4 ? await rerun(project, files, env) : undefined;
  if (!second) return add(project, found);
  const key = ({ file, test }) => `${file} ${test}`;
  const stillFailed = new Set(second.failures.map(key));
  const unstable = found.failures.filter((one) => !stillFailed.has(key(one)));
  for (const one of unstable) named.push(`UNSTABLE ${project} ${key(one)}: ${one.why}`);
  add(project, {
    ...found,
    passed: found.passed + unstable.length,
    failed: found.failed - unstable.length,
    failures: found.failures.filter((one) => stillFailed.has(key(one))),
  });
}

/** Runs files that failed once more; resolves to undefined where that crashed. */
async function rerun(project, files, env) {
  console.log(`Once more, by themselves: ${files.join(' ')}`);
  return start(project, 15, ['--runInBand', '--runTestsByPath', ...files], env);
}

const checked = run(process.execPath, ['scripts/check.mjs']).status === 0;
const unit = takeCounts('unit');
if (unit) add('unit', unit);
if (!checked && !(unit && unit.failed > 0)) addStep('a check, see above');
await jest('long', 15);

const installed = run(process.execPath, ['scripts/services/main.mjs', 'install'], ['ignore', 'inherit', 'pipe']);
if (installed.status === 0) {
  await jest('integration', 50, ['--runInBand'], { again: true });
  await jest('faults', 15, ['test/faults/kills', '--runInBand'], { again: true });
} else {
  const listed = run(
    'npx',
    ['jest', '--selectProjects', 'integration', 'faults', '--listTests'],
    ['ignore', 'pipe', 'inherit'],
  );
  const files = listed.stdout.split('\n').filter((line) => line.endsWith('.ts')).length;
  const inCi = process.env.CI === 'true' || process.env.CI === '1';
  total[inCi ? 'failed' : 'skipped'] += files;
  const why = installed.stderr.trim().replace(/\s*\n\s*/g, ' | ');
  console.log(`${inCi ? 'FAIL' : 'SKIP'} ${files} files of integration and fault tests: ${why}`);
}

// A tool that cannot be had is a line, and its tests are skipped.
run(process.execPath, ['scripts/deploy/tools.mjs', '--quick']);
const deploy = ['chart', 'image', 'jobs', 'pipelines'].map((name) => `test/deploy/tools/${name}`);
await jest('deploy', 20, [...deploy, '--runInBand'], { env: { TOCSIN_DEPLOY: 'quick' } });
console.log('SKIP deploy tests that take longer, and what needs OpenTofu: npm run check:deploy');

rmSync(counts, { recursive: true });
for (const line of named) console.log(line);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed === 0 ? 0 : 1);

// What `npm test` runs: the checks of every commit with the unit tests, the long tests, then the integration tests on
// real services, a bounded part of the fault suite, and the deploy tests whose tools take minutes to install (the others
// are `npm run check:deploy`).
// Its last line is "N passed, N failed" (with ", N skipped" if any were): tests, and one failure for each other step
// that failed. Where the services cannot be installed, the integration tests fail with CI=true and are skipped without.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runJest } from './jest.mjs';

const counts = mkdtempSync(join(tmpdir(), 'tocsin-counts-'));
const total = { passed: 0, failed: 0, skipped: 0 };

/** Runs a command with its output shown (or, for a step that speaks for itself on failure, collected). */
function run(command, args, stdio = 'inherit') {
  return spawnSync(command, args, { stdio, encoding: 'utf8', env: { ...process.env, TOCSIN_TEST_COUNTS: counts } });
}

/** Where the jest run of a project leaves its counts. */
const countsOf = (project) => join(counts, `${project}.json`);

/** Adds what the jest run of a project left; false if it left nothing, since it did not get that far. */
function addCounts(project) {
  const file = countsOf(project);
  if (!existsSync(file)) return false;
  const found = JSON.parse(readFileSync(file, 'utf8'));
  for (const key of Object.keys(total)) total[key] += found[key];
  return found;
}

/** Runs the jest tests of a project and counts them; a run that failed with no failed test (a crash) is one failure. */
async function jest(project, minutes, args = [], files = [], env = {}) {
  const status = await runJest([...files, '--selectProjects', project, ...args], {
    env: { TOCSIN_TEST_COUNTS: counts, ...env },
    isCounted: () => existsSync(countsOf(project)),
    minutes,
  });
  const found = addCounts(project);
  if (typeof status === 'string') console.log(`WARN ${project}: jest ${status}, and was ended`);
  // Results that are in count, whatever kept the process.
  if (!found || (found.failed === 0 && typeof status === 'number' && status !== 0)) total.failed += 1;
}

const checked = run(process.execPath, ['scripts/check.mjs']).status === 0;
const unit = addCounts('unit');
if (!checked && !(unit && unit.failed > 0)) total.failed += 1;
await jest('long', 10);

const installed = run(process.execPath, ['scripts/services/main.mjs', 'install'], ['ignore', 'inherit', 'pipe']);
if (installed.status === 0) {
  await jest('integration', 45, ['--runInBand']);
  await jest('faults', 15, ['--runInBand'], ['test/faults/kills']);
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
await jest('deploy', 20, ['--runInBand'], deploy, { TOCSIN_DEPLOY: 'quick' });
console.log('SKIP deploy tests that take longer, and what needs OpenTofu: npm run check:deploy');

rmSync(counts, { recursive: true });
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed === 0 ? 0 : 1);

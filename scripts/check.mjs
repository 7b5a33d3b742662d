// Everything that must hold before a commit, in one command. The steps run side by side and speak when they are done;
// lint and format look only at files whose contents changed since the last run (a fresh checkout looks at all).
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/** Runs one step, prints what it had to say and how long it took; false if it failed. */
const run = (step) =>
  new Promise((resolve) => {
    const began = performance.now();
    const child = spawn('npm', ['run', '--silent', step], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('close', (status) => {
      process.stdout.write(Buffer.concat(output));
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${step} (${seconds} s)`);
      resolve(status === 0);
    });
  });

const inTurn = async () => {
  let passed = true;
  for (const step of ['types', 'imports', 'modules', 'format:check', 'lint']) passed = (await run(step)) && passed;
  return passed;
};
const passed = await Promise.all([run('test:unit'), inTurn()]);
process.exit(passed.every(Boolean) ? 0 : 1);

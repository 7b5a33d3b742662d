// Everything that must hold before a commit, in one command; stops at the first failure.
import { spawnSync } from 'node:child_process';

for (const step of ['format:check', 'lint', 'types', 'imports', 'test:unit']) {
  const began = process.hrtime.bigint();
  const { status } = spawnSync('npm', ['run', '--silent', step], { stdio: 'inherit' });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${step} (${seconds.toFixed(1)} s)`);
  if (status !== 0) process.exit(status ?? 1);
}

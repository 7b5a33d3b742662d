import { spawnSync } from 'node:child_process';

test('a reader that has seen enough ends a command without a fault', () => {
  // The reader is gone before the first byte is written.
  const script = `{ sleep 0.3; ${process.execPath} dist/cli/main.js --help; echo "code $?" >&2; } | true`;
  const { stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('code 0\n');
});

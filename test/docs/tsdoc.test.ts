/** Every export of the rooms that others build on says what it is. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const rooms = ['records', 'models', 'formats', 'operators', 'runtime', 'topologies', 'connectors'];
const declared = /^export (?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/;

test('each has a comment', () => {
  const files = execFileSync('git', ['ls-files', ...rooms], { encoding: 'utf8' }).split('\n');
  const missing: string[] = [];
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const lines = readFileSync(file, 'utf8').split('\n');
    const named = new Set<string>();
    lines.forEach((line, i) => {
      const name = declared.exec(line)?.[1];
      if (name === undefined) return;
      // Of overloads the first one has it.
      if (!named.has(name) && !lines[i - 1]?.trimEnd().endsWith('*/')) missing.push(`${file}:${i + 1} ${name}`);
      named.add(name);
    });
  }
  expect(missing).toEqual([]);
});

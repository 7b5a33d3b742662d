/** Every export of the rooms that others build on says what it is. */
import { readFileSync } from 'node:fs';
import { lowerRooms, sourcesOf } from './sources.js';

const declared = /^export (?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/;

test('each has a comment', () => {
  const missing: string[] = [];
  for (const file of sourcesOf(lowerRooms)) {
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

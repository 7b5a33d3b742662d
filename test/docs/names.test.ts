/** One name, one thing: no type is declared twice, but in the page of the console, a program of its own. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const rooms = [
  'records',
  'config',
  'models',
  'formats',
  'operators',
  'runtime',
  'topologies',
  'connectors',
  'training',
].concat(['service', 'offline', 'console', 'cli']);
const declared = /^(?:export )?(?:abstract )?(?:interface|type|class) ([A-Z]\w*)/gm;

test('no type has the name of another one', () => {
  const files = execFileSync('git', ['ls-files', ...rooms], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file.endsWith('.ts') && !file.startsWith('console/page/'));
  const places = new Map<string, Set<string>>();
  for (const file of files)
    for (const [, name] of readFileSync(file, 'utf8').matchAll(declared))
      places.set(name, (places.get(name) ?? new Set()).add(file));
  const twice = [...places].filter(([, at]) => at.size > 1).map(([name, at]) => `${name}: ${[...at].join(', ')}`);
  expect(twice).toEqual([]);
});

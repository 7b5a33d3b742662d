/** One name, one thing: no type is declared twice, but in the page of the console, a program of its own. */
import { readFileSync } from 'node:fs';
import { publishedRooms, sourcesOf } from './sources.js';

const declared = /^(?:export )?(?:abstract )?(?:interface|type|class) ([A-Z]\w*)/gm;

test('no type has the name of another one', () => {
  const files = sourcesOf(publishedRooms).filter((file) => !file.startsWith('console/page/'));
  const places = new Map<string, Set<string>>();
  for (const file of files)
    for (const [, name] of readFileSync(file, 'utf8').matchAll(declared))
      places.set(name!, (places.get(name!) ?? new Set()).add(file));
  const twice = [...places].filter(([, at]) => at.size > 1).map(([name, at]) => `${name}: ${[...at].join(', ')}`);
  expect(twice).toEqual([]);
});

/** The words of CONTRIBUTING.md that a machine can hold: what the lexicon replaced does not come back. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const rooms = [
  ...[
    'records',
    'config',
    'models',
    'formats',
    'operators',
    'runtime',
    'topologies',
    'connectors',
    'training',
    'service',
  ],
  ...['offline', 'lab', 'cli', 'bench', 'test'],
];
const self = 'test/docs/words.test.ts';

/** Text files of the project, by path from its root. */
function* texts(): Generator<readonly [string, string]> {
  for (const room of rooms) {
    for (const name of readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })) {
      const path = `${room}/${name}`;
      if (path.endsWith('.ts') && path !== self) yield [path, readFileSync(join(root, path), 'utf8')];
    }
  }
}

/** `path:line: what was found`. */
function found(pattern: RegExp): string[] {
  return [...texts()].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, i) => {
      const hit = pattern.exec(line);
      return hit ? [`${path}:${i + 1}: ${hit[0]}`] : [];
    }),
  );
}

test('limits are called max and min', () => {
  expect(found(/\b(?:const|let|readonly|private|function) (?:most|least)[A-Z]\w*/)).toEqual([]);
});

test.each(['deed', 'deeds', 'annex', 'gist', 'obey', 'knownBeforehand', 'OwnModel'])(
  'no code calls a thing %s',
  (word) => {
    expect(
      found(new RegExp(`\\b${word}\\b(?! B\\))`)).filter((hit) => !hit.startsWith('models/templates/mask.ts')),
    ).toEqual([]);
  },
);

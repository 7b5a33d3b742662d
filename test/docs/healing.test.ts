import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { guards } from '../../operators/heal/guards.js';
import { parseConfig } from '../../config/load.js';

const text = readFileSync(join(resolve(__dirname, '../..'), 'docs/healing.md'), 'utf8');

test('every configuration of docs/healing.md is valid, the first is a dry run that asks', () => {
  const examples = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => parseConfig(yaml!, 'healing.md', {}));
  expect(examples.length).toBeGreaterThan(1);
  expect(examples[0]!.healing.rules[0]).toMatchObject({ dry_run: true, approval: true });
  expect(examples[1]!.healing.rules[0]).toMatchObject({ dry_run: false, approval: true });
});

test('every guard is in the table, and no other', () => {
  const [, table] = /## Guards([^]*?)\n## /.exec(text)!;
  const named = [...table!.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
    cell!.match(/[a-z ]+/g)!.map((name) => name.trim()),
  );
  expect(named.filter((name) => name !== '')).toEqual(Object.keys(guards));
});

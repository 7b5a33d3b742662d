import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from '../../cli/commands/docs.js';
import { schemas } from '../../models/features/schemas.js';
import { forEachFamily } from '../../models/detectors/families.js';

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test('the generated pages are as the code says; `npm run docs` writes them', async () => {
  for (const [path, text] of Object.entries(await pages())) expect(read(path)).toBe(text);
});

test('docs/detection.md names every feature with its unit', () => {
  const page = read('docs/detection.md');
  // The table of features comes first; an aspect further down may have the name of a feature.
  const found = [...page.matchAll(/^\| `(\w+)` \| ([^|]*) \|/gm)].reverse();
  const rows = new Map(found.map(([, name, unit]) => [name, unit!.trim()]));
  for (const { id, columns } of schemas.values()) {
    expect(page).toContain(`\`${id}\``);
    for (const { name, unit } of columns) {
      const shown = name.startsWith('template_') ? 'template_0' : name;
      expect([name, rows.get(shown)]).toEqual([name, unit]);
    }
  }
});

test('docs/detection.md names every detector that is trained', () => {
  const page = read('docs/detection.md');
  for (const kind of forEachFamily((family) => family.kind)) expect(page).toContain(`\`${kind}\``);
});

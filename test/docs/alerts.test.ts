import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calendarMisfits, templateMisfits } from '../../service/configuration.js';
import { parseConfig } from '../../config/load.js';
import { exampleSummaryView, exampleView } from '../../connectors/webhook/example.js';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'alerts.md'), 'utf8');
const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, block]) => block);

test('every configuration on docs/alerts.md passes lint', () => {
  expect(blocks.length).toBeGreaterThan(3);
  for (const block of blocks) {
    const text = `sources: [{ type: file, path: app.log }]\n${block}`;
    expect(() => parseConfig(text, 'alerts.md', {}, [templateMisfits, calendarMisfits])).not.toThrow();
  }
});

test('docs/alerts.md names all that templates see', () => {
  const [, single, summary] = /^Names: `([^`]+)`\. In a summary: `([^`]+)`/m.exec(page)!;
  const names = (text: string): Set<string> => new Set(text.replace(/\([^)]*\)/g, '').match(/\w+/g));
  // `level` and `route` are for our own recipes.
  const seen = Object.keys(exampleView).filter((name) => name !== 'level' && name !== 'route');
  expect([...names(single!)].sort()).toEqual(seen.sort());
  expect([...names(summary!)].sort()).toEqual(Object.keys(exampleSummaryView).sort());
});

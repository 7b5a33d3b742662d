import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { rules, rulesFile, runbookPage } from '../../cli/assets/rules.js';

const page = readFileSync(runbookPage, 'utf8');
const entries = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((entry) => [entry.slice(0, entry.indexOf('\n')), entry]),
);

test('the runbook has an entry of each rule, in their order, and no other', () => {
  expect([...entries.keys()]).toEqual(rules.map(({ alert }) => alert));
});

test.each(rules.map(({ alert }) => alert))('%s says what it means, and what to do first', (alert) => {
  expect(entries.get(alert)).toMatch(/^\*\*Means\.\*\* /m);
  expect(entries.get(alert)).toMatch(/^1\. /m);
});

test('each rule links its entry, where the page is served', () => {
  const links = (text: string): unknown[] =>
    (parse(text) as { groups: [{ rules: { annotations: { runbook_url: string } }[] }] }).groups[0].rules.map(
      ({ annotations }) => annotations.runbook_url,
    );
  expect(links(rulesFile())).toEqual(rules.map(({ alert }) => `docs/runbook.md#${alert.toLowerCase()}`));
  expect(links(rulesFile('https://wiki.example.com/tocsin'))[0]).toBe('https://wiki.example.com/tocsin#tocsindown');
});

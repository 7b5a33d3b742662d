/** Rows that broke a rule of `features.suite`, by rule: how many, and the last one. */
import { count, isoOrNull, listOf, row, text, textOrNull, timeOrNull, yes } from './filter.js';
import { route, type ApiRoute } from './route.js';
import type { ConsoleParts } from './served.js';

const answer = row({
  suite: { ...textOrNull, description: 'The file of the rules; null where no suite is configured.' },
  leavesOut: { ...yes, description: 'Whether such rows are neither scored nor learnt from.' },
  items: listOf(
    row({
      rule: text,
      rows: {
        ...count,
        description: 'Rows in the dead letters: of the last 2,000 when this process started, and all since.',
      },
      column: { ...text, description: 'The column that the rule is about.' },
      entity: { ...textOrNull, description: 'Of the last row.' },
      at: { ...timeOrNull, description: 'Event time of the last row: the end of its window.' },
      number: { type: ['integer', 'null'], description: 'Its dead letter: `tocsin dlq show NUMBER`.' },
      value: { ...textOrNull, description: 'What the last row has in the column, as JSON.' },
      sample: { ...textOrNull, description: 'The last row as JSON, masked and cut.' },
    }),
  ),
});

export function quarantineRoutes({ config, metrics, view }: ConsoleParts): ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/quarantine',
      tag: 'pipeline',
      scope: 'read',
      summary: 'Rules of the suite that feature rows are held against: how many rows broke each, and the last of them.',
      answer,
      handle: async () => {
        const { suite } = config.features;
        const found = view.letters.quarantined;
        // Rules that no row broke are known from the metric alone, which has a series of each from the start.
        const names = new Set([...found.keys(), ...(await metrics.quarantined.counts()).keys()]);
        const items = [...names].map((rule) => {
          const last = found.get(rule);
          return {
            rule,
            rows: last?.rows ?? 0,
            column: rule.split(' ')[1] ?? '',
            entity: last?.entity ?? null,
            at: isoOrNull(last?.at),
            number: last?.number ?? null,
            value: last?.value ?? null,
            sample: last?.text ?? null,
          };
        });
        items.sort((a, b) => b.rows - a.rows || (a.rule < b.rule ? -1 : 1));
        return { suite: suite?.path ?? null, leavesOut: suite?.leave_out ?? false, items };
      },
    }),
  ];
}

/** What differs: what was put into a range is named first. */
import fc from 'fast-check';
import { featureDifferences, templateDifferences } from '../../console/view/differs.js';
import { RowMemory } from '../../console/view/row-memory.js';
import { logs1 } from '../../models/features/schemas.js';
import type { FeatureRow, TemplateCount } from '../../records/row.js';
import { cart } from '../builders/alert.js';

const minute = 60_000;
const names = logs1.columns.map(({ name }) => name);
const range = { from: 60 * minute, to: 80 * minute };
const noise = fc.double({ min: -1, max: 1, noNaN: true });

test('the feature that moved in the range is first', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(noise, { minLength: names.length, maxLength: names.length }), { minLength: 80, maxLength: 80 }),
      fc.nat({ max: names.length - 1 }),
      fc.constantFrom(-1, 1),
      (values, moved, sign) => {
        const windows = values.map((features, i) => ({
          end: (i + 1) * minute,
          features: features.map((value, j) => (j === moved && i >= 60 ? value + 6 * sign : value)),
        }));
        const first = featureDifferences(windows, range, names)[0]!;
        expect(first.feature).toBe(names[moved]);
        expect(Math.sign(first.difference)).toBe(sign);
      },
    ),
    { numRuns: 20 },
  );
});

const template = (id: number, count: number, typical: number, novel = false): TemplateCount => ({
  ...{ id, count, typical, novel },
  text: `template ${id}`,
  sample: `line of ${id}`,
});

function remembered(rows: readonly (readonly TemplateCount[])[]): RowMemory {
  const memory = new RowMemory();
  rows.forEach((templates, i) =>
    memory.see({
      row: {
        ...{
          type: 'row',
          schema: logs1,
          templates,
          lines: 1,
          direction: 0,
          rules: [],
          flags: [],
          warm: true,
          known: 1,
        },
        subject: { entity: cart.key, key: '', start: i * minute, end: (i + 1) * minute },
        vector: new Float64Array(names.length),
        actual: new Float64Array(names.length),
        typical: new Float64Array(names.length),
      } satisfies FeatureRow,
    }),
  );
  return memory;
}

test('a template that was put into the range is first, and new', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 3, max: 9 }), { minLength: 80, maxLength: 80 }), (counts) => {
      const memory = remembered(
        counts.map((count, i) => [
          template(1, count, 6),
          template(2, 12 - count, 6),
          ...(i >= 62 && i < 78 ? [template(3, 20, i === 62 ? 0 : 0.5, i === 62)] : []),
        ]),
      );
      const [first] = templateDifferences(memory.templates(cart.key), range);
      expect(first).toMatchObject({ template: 'template 3', what: 'new', inside: 20 });
    }),
    { numRuns: 20 },
  );
});

test('a template that a window does not name has not vanished; one that it names with no line has', () => {
  const rows = Array.from({ length: 80 }, (_, i) =>
    i < 60 ? [template(1, 6, 6), template(2, 6, 6)] : [template(2, 0, 6)],
  );
  expect(templateDifferences(remembered(rows).templates(cart.key), range)).toMatchObject([
    { template: 'template 2', what: 'vanished', inside: 0, outside: 6 },
  ]);
});

test('memory is bounded: entities that are watched stay, the oldest rows and templates go', () => {
  const memory = new RowMemory({ maxRows: 100, maxEntities: 1, maxTemplates: 5, maxCounts: 10 });
  const many = remembered([]);
  expect(many.templates(cart.key)).toEqual([]);
  for (let i = 0; i < 1000; i++)
    memory.see({
      row: {
        ...{ type: 'row', schema: logs1, lines: 1, direction: 0, rules: [], flags: [], warm: true, known: 1 },
        templates: [template(i % 50, 1, 1)],
        subject: {
          entity: i % 2 ? cart.key : 'service{service="pay"}',
          key: '',
          start: i * minute,
          end: (i + 1) * minute,
        },
        vector: new Float64Array(1),
        actual: new Float64Array(1),
        typical: new Float64Array(1),
      } satisfies FeatureRow,
    });
  expect(memory.rows('service{service="pay"}', 0, 1e12).length).toBeLessThanOrEqual(125);
  expect(memory.rows(cart.key, 0, 1e12)).toHaveLength(0);
  expect(memory.templates('service{service="pay"}').length).toBeLessThanOrEqual(5);
});

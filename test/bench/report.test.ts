import { chart } from '../../bench/chart.js';
import { addEvent, closedRows, Counts, difference, windowMs } from '../../bench/lines/reference.js';
import { losses, type Measured } from '../../bench/report.js';

const measured = (...ratios: [string, number][]): Measured => ({
  machine: { cpus: 2, model: '', memory: 0, node: '' },
  rounds: 5,
  figures: [],
  ratios: ratios.map(([name, value]) => ({ name, value })),
});

test('a loss of more than a quarter is one; less, a gain, and what only one of both has are none', () => {
  const recorded = measured(['a', 1], ['b', 1], ['c', 1], ['gone', 1]);
  expect(losses(measured(['a', 0.74], ['b', 0.75], ['c', 3], ['new', 0.1]), recorded)).toEqual([
    'a: 0.74, recorded 1.00',
  ]);
});

test('rows are compared one by one, those of open windows not at all', () => {
  const counts = new Counts();
  const line = '2026-01-01 00:00:00,000 INFO [worker-7] shop - 12 orders';
  addEvent(counts, { time: 1_767_225_600_000, seed: 1, level: 'INFO' }, line);
  addEvent(counts, { time: 1_767_225_600_000 + windowMs, seed: 2, level: 'WARN' }, line);
  const reference = counts.rows();
  expect(reference).toHaveLength(4);
  expect(difference(reference, reference, 'LT')).toBeUndefined();
  expect(
    difference(['L 1767225600000 INFO 1'], closedRows(reference, 1_767_225_600_000 + windowMs), 'L'),
  ).toBeUndefined();
  expect(difference(['L 1767225600000 INFO 2'], reference, 'L')).toBe(
    'row 1: L 1767225600000 INFO 2, expected L 1767225600000 INFO 1',
  );
  expect(difference([], reference, 'L')).toContain('row 1: none');
});

test('the chart has a bar a ratio, and names that are no markup', () => {
  const svg = chart('a < b', [
    { name: 'x & "y"', value: 0.5 },
    { name: 'z', value: 2 },
  ]);
  expect(svg.match(/<rect /g)).toHaveLength(2);
  expect(svg).toContain('x &amp; &quot;y&quot;');
  expect(svg).toContain('a &lt; b');
});

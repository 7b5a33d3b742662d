/** What a run would refuse as late is known from a sample. */
import type { TriedLine } from '../../../offline/try/fates.js';
import { outOfOrder } from '../../../offline/try/order.js';
import { entity } from '../../../records/entity.js';

const minute = 60_000;
const limits = { pane: minute, lateness: 10_000, jump: 60 * minute };
const at = (...minutes: number[]): TriedLine[] =>
  minutes.map((each, i) => ({
    line: i + 1,
    text: '',
    status: 'read',
    record: { entity: entity('service', { service: 'cart' }), time: each * minute, value: NaN },
  }));

test('lines in order are not late', () => {
  expect(outOfOrder(at(1000, 1001, 1001, 1002), limits)).toBeUndefined();
});

test('lines behind a closed pane are, and the farthest says how much lateness there would have to be', () => {
  expect(outOfOrder(at(1000, 1001, 1005, 1001, 1002, 1006), limits)).toEqual({ lines: 2, farthest: 4 * minute });
  expect(outOfOrder(at(1000, 1001, 1005, 1001, 1002, 1006), { ...limits, lateness: 5 * minute })).toBeUndefined();
});

test('a single line far ahead makes none of the others late', () => {
  expect(outOfOrder(at(1000, 5000, 1001, 1002, 1003), limits)).toBeUndefined();
});

test('several files in one: the second is late but for its end', () => {
  const first = Array.from({ length: 50 }, (_, i) => 1000 + i);
  expect(outOfOrder(at(...first, ...first), limits)).toEqual({ lines: 48, farthest: 49 * minute });
});

/** A source whose lines are refused is warned of: at once, and as the refused lines grow tenfold. */
import { noLines } from '../../../operators/decode/fate.js';
import { LineShare, refusedWarning, type RefusedShare } from '../../../service/tasks/line-shares.js';

const lines = (all: number, refused: number, reason = 'no time') => ({
  ...noLines(),
  in: all,
  refused,
  reasons: { [reason]: refused },
});
function share(): { add: LineShare['add']; warned: RefusedShare[] } {
  const warned: RefusedShare[] = [];
  const one = new LineShare('a.log', (found) => warned.push(found));
  return { add: (counts) => one.add(counts), warned };
}

test('nothing is said of few lines, nor of a share of at most 5 %', () => {
  const { add, warned } = share();
  add(lines(19, 19));
  expect(warned).toEqual([]);
  add(lines(361, 0));
  expect(warned).toEqual([]);
});

test('one warning, then another at ten times as many, with reasons in order of frequency', () => {
  const { add, warned } = share();
  add(lines(100, 6));
  add(lines(100, 50));
  add(lines(100, 3, 'too long'));
  expect(warned.map(({ refused }) => refused)).toEqual([6]);
  add(lines(100, 40, 'too long'));
  expect(warned.map(({ refused }) => refused)).toEqual([6, 99]);
  expect(Object.keys(warned[1]!.reasons)).toEqual(['no time', 'too long']);
  expect(refusedWarning(warned[1]!)).toContain('99 of 400 lines of a.log cannot be read');
});

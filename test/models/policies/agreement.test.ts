import { combine, armsOf } from '../../../models/policies/arms.js';
import {
  agreementCodec,
  carryAgreement,
  createAgreement,
  judgeAgreement,
  observeAgreement,
  type Agreement,
} from '../../../models/policies/agreement.js';
import { uniform } from '../../../models/policies/chance.js';
import { decode, encode } from '../../../records/wire/codec.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
const minute = 60_000;

/** Four weeks of five-minute windows with about ten episodes a week; `gone` detectors see those of another time. */
function live(gone: readonly number[], weeks = 4): Agreement {
  const state = createAgreement(names.length);
  const rows = weeks * 2016;
  const odd = Array.from({ length: rows }, (_, row) => uniform(7, row, 1) < 0.005);
  for (let row = 0; row < rows; row++) {
    const u = names.map((_, i) => {
      const sees = odd[gone.includes(i) ? (row + 577) % rows : row] && uniform(i, row, 2) < 0.7;
      return sees || uniform(i, row, 3) < 0.0005 ? 0.5 : -3;
    });
    observeAgreement(state, row * 5 * minute, u);
    if (row % 288 === 287) judgeAgreement(state, 1);
  }
  return state;
}

test('detectors that see the same are in step', () => {
  expect(live([]).out).toEqual(names.map(() => false));
});

test.each([[[2]], [[0, 1]], [[0, 1, 2]]])(
  'detectors %j that see another time are out of step, together too',
  (gone) => {
    expect(live(gone).out).toEqual(names.map((_, i) => gone.includes(i)));
  },
);

test('nobody is judged before there is enough, and nobody who is never unusual', () => {
  expect(live([0], 0.2).out).toEqual(names.map(() => false));
  const state = live([]);
  state.episodes[3] = 0;
  state.common = state.common.map(() => 0);
  judgeAgreement(state, 1);
  expect(state.out).toEqual(names.map(() => false));
});

test('who comes back into step is believed again within some weeks', () => {
  const state = live([0]);
  const rows = 6 * 2016;
  for (let row = 0; row < rows; row++) {
    const time = (row + rows) * 5 * minute;
    observeAgreement(
      state,
      time,
      names.map(() => (uniform(7, row, 4) < 0.005 ? 0.5 : -3)),
    );
    if (row % 288 === 287) judgeAgreement(state, 1);
  }
  expect(state.out[0]).toBe(false);
});

test('who is out of step has no part in the combinations; what is left of the core stands for it, and all others where nothing is', () => {
  const arms = armsOf(names, ['a', 'b', 'c', 'd']);
  const u = [3, 3, -1, -1, 0, 0.5, 1, 0, 0, 0];
  const out = (...which: number[]): boolean[] => names.map((_, i) => which.includes(i));
  const coreMedian = (...which: number[]): number => combine(arms, u, out(...which))[4]!;
  expect(coreMedian()).toBe(1);
  expect(coreMedian(0)).toBe(2);
  expect(coreMedian(0, 1)).toBe(-1);
  expect(coreMedian(0, 1, 2, 3)).toBe(0);
});

test('counts go over by name, and the state and its bytes are inverse', () => {
  const state = live([0]);
  expect(decode(agreementCodec, encode(agreementCodec, state))).toEqual(state);
  const to = ['g', 'new', 'a'];
  const carried = carryAgreement(state, names, to);
  expect(carried.episodes).toEqual([state.episodes[6], 0, state.episodes[0]]);
  expect(carried.out).toEqual([false, false, true]);
  // Pair of the first and the third in the new order; of the first and the seventh in the old.
  expect(carried.common[1]).toBe(state.common[15]);
});

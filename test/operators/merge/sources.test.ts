/** What is kept of all sources says what looking at each of them again would. */
import fc from 'fast-check';
import { Sources } from '../../../operators/merge/sources.js';
import type { StateStores } from '../../../records/store.js';
import type { Mark } from '../../../records/windows.js';
import { TestStores } from '../../builders/windows.js';

const names = ['a', 'b', 'c', 'd'];
const kinds = ['data', 'idle', 'stalled', 'end', 'lost', 'reset', 'live'] as const;

const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ listed: fc.uniqueArray(fc.constantFrom(...names)), version: fc.nat(9) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      source: fc.constantFrom(...names),
      incarnation: fc.constantFrom(1, 1, 1, 1, 2),
      kind: fc.constantFrom<Mark['kind'][]>('data', 'data', 'data', ...kinds),
      watermark: fc.nat(6),
    }),
  },
);

it('gives the same answers to marks in any order as a shard that has just been restored', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const stores = new TestStores();
      const kept = new Sources(stores, 2);
      const twin = new TestStores();
      kept.list({ version: 0, sources: names });
      new Sources(twin, 2).list({ version: 0, sources: names });
      steps.forEach((one, offset) => {
        const fresh = new Sources(twin, 2);
        if ('listed' in one) {
          for (const sources of [kept, fresh]) sources.list({ version: one.version, sources: one.listed });
        } else {
          const { source, incarnation, kind, watermark } = one;
          const tag = { source, incarnation, epoch: 1, offset, n: 0 };
          const mark: Mark = { type: 'mark', tag, kind, watermark };
          const [a, b] = [kept, fresh].map((sources) => sources.take(tag) ?? sources.mark(mark, 3));
          expect(a).toEqual(b);
        }
        expect(kept.complete()).toEqual(new Sources(twin, 2).complete());
      });
    }),
    { numRuns: 300 },
  );
});

it('looks at all sources once for each time that they have moved on together, not once a mark', () => {
  const many = Array.from({ length: 500 }, (_, i) => `s${i}`);
  let looks = 0;
  const stores = new TestStores();
  const counting: StateStores = {
    open(name, codec) {
      const store = stores.open(name, codec);
      const get = (key: string): ReturnType<typeof store.get> => {
        if (name === 'sources') looks++;
        return store.get(key);
      };
      return { ...store, get };
    },
  };
  const sources = new Sources(counting);
  sources.list({ version: 1, sources: many });
  for (let round = 1; round <= 10; round++)
    for (const [i, source] of many.entries()) {
      const tag = { source, incarnation: 1, epoch: 1, offset: round, n: i };
      sources.take(tag);
      sources.mark({ type: 'mark', tag, kind: 'data', watermark: 60_000 * round }, 0);
      expect(sources.complete()?.upTo).toBe(
        i + 1 === many.length ? 60_000 * round : round === 1 ? undefined : 60_000 * (round - 1),
      );
    }
  // Until all have said where they are, each asks for the first that has not: half of all, on average.
  const first = (many.length * many.length) / 2;
  expect(looks - first).toBeLessThan(10 * many.length * 8);
});

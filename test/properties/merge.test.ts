import { pipe } from 'rxjs';
import fc from 'fast-check';
import { merge, type MergeOptions } from '../../operators/merge.js';
import type { StateStores } from '../../records/store.js';
import type { Closed } from '../../records/window.js';
import type { WindowsRecord } from '../../records/windows.js';
import { canonical, due, isWindow, quiet, reference, silentFor } from './reference.js';
import { cuts, run, uncut, type Run } from './runs.js';
import { arrivalOf, began, pane, streams, windowPanes } from './sources.js';

const options: MergeOptions = {
  pane,
  windowPanes,
  silentFor,
  forgetAfter: 1000 * silentFor,
  maxEntities: 100,
  shard: 'windows/0',
  sessions: {
    nextDue: (_, events, after) => (!events.has(1) && after < due ? due : undefined),
    quiet: () => quiet,
  },
};
const topology = (stores: StateStores) => merge(stores, options, pipe());

const windowsOf = ({ batches }: Run<Closed>): string[] => batches.flat().filter(isWindow).map(canonical).sort();
const rejectsOf = ({ rejected }: Run<Closed>, reason: string): number =>
  rejected.filter((one) => one.reason === reason).length;

/** Boundaries ascend, each is the last of its batch, and what stands before it ends at it, in its order. */
function checkOrder(batches: readonly (readonly Closed[])[]): void {
  let before = 0;
  const full = batches.filter(({ length }) => length > 0);
  for (const [i, batch] of full.entries()) {
    const last = batch[batch.length - 1]!;
    expect(last.type).toBe('boundary');
    const windows = batch.filter(isWindow);
    // Nothing is said of empty boundaries, but that all is over.
    if (i < full.length - 1) expect(windows).not.toEqual([]);
    if (last.type === 'boundary') {
      expect(last.end).toBeGreaterThanOrEqual(before);
      before = last.end;
      expect(windows.filter(({ end }) => end !== last.end)).toEqual([]);
    }
    const ranks = windows.map((item) =>
      item.type !== 'session' ? `0 ${item.entity}` : `${item.phase === 'score' ? 1 : 2} ${item.entity} ${item.key}`,
    );
    expect(ranks).toEqual([...ranks].sort());
  }
}

test('any interleaving, cuts, repeats, zombies and restarts: the windows of the reference', async () => {
  const seen = { orders: new Set<string>(), cuts: new Set<string>(), repeats: 0, zombies: 0, restarts: 0, windows: 0 };
  const kinds = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      streams.chain((sent) => fc.tuple(fc.constant(sent), arrivalOf(sent), arrivalOf(sent))),
      cuts,
      async ([sent, one, other], cut) => {
        const want = reference(sent);
        for (const [arrival, how] of [
          [one, uncut],
          [one, cut],
          [other, cut],
        ] as const) {
          const ran = await run(arrival.records, how, topology);
          expect(windowsOf(ran)).toEqual(want);
          expect(rejectsOf(ran, 'repeat')).toBe(arrival.repeats);
          expect(rejectsOf(ran, 'zombie')).toBe(arrival.zombies);
          expect(ran.rejected).toHaveLength(arrival.repeats + arrival.zombies);
          expect(ran.positions).toHaveLength(ran.inputs);
          expect(ran.positions).not.toContain(Number.NaN);
          checkOrder(ran.batches);
          seen.restarts += ran.restarts;
          seen.repeats += arrival.repeats;
          seen.zombies += arrival.zombies;
        }
        seen.orders.add(one.order).add(other.order);
        seen.cuts.add(JSON.stringify(cut));
        seen.windows += want.length;
        for (const window of want) {
          const kind = window
            .split(' ')
            .filter((word) => /^(log|series|session|score|release|.*(mixed|capped).*)$/.test(word));
          kinds.set(kind.join(' '), (kinds.get(kind.join(' ')) ?? 0) + 1);
        }
      },
    ),
    { numRuns: 50 },
  );
  // The runs did differ, and every kind of thing did happen.
  expect(seen.orders.size).toBeGreaterThan(50);
  expect(seen.cuts.size).toBeGreaterThan(40);
  for (const count of [seen.repeats, seen.zombies, seen.restarts, seen.windows]) expect(count).toBeGreaterThan(150);
  expect([...kinds.keys()].filter((kind) => /mixed/.test(kind) && /release/.test(kind))).not.toEqual([]);
});

test('the same arrival cut otherwise and restarted leaves the same batches and the same state, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(
      streams.chain((sent) => arrivalOf(sent)),
      cuts,
      async ({ records }, cut) => {
        const whole = await run(records, uncut, topology);
        const parts = await run(records, cut, topology);
        const full = ({ batches }: Run<Closed>) => batches.filter(({ length }) => length > 0);
        expect(full(parts)).toEqual(full(whole));
        expect(parts.state).toEqual(whole.state);
      },
    ),
    { numRuns: 30 },
  );
});

test('a partial for a closed window is rejected as late and changes nothing else', async () => {
  let late = 0;
  await fc.assert(
    fc.asyncProperty(
      streams.chain((sent) => fc.tuple(fc.constant(sent), arrivalOf(sent))),
      fc.nat(),
      async ([sent, { records }], place) => {
        const without = await run(records, uncut, topology);
        // Behind the end of every source, under the tag that its first source would give next, for the first pane.
        const all = records.flatMap((record) =>
          'tag' in record && record.tag.source === 'logs/0' ? [record.tag] : [],
        );
        const tag = {
          ...all[0]!,
          epoch: Math.max(...all.map(({ epoch }) => epoch)),
          offset: 1_000_000,
          n: place % 7,
        };
        const found = sent.flat().find((record) => record.type !== 'mark' && record.type !== 'definition');
        if (!found) return;
        const extra: WindowsRecord = { ...found, pane: began, tag };
        const ran = await run([...records, extra], uncut, topology);
        const closed = ran.batches.flat().some((item) => item.type === 'boundary' && item.end > began);
        if (!closed) return;
        late++;
        expect(rejectsOf(ran, 'late-partial')).toBe(1);
        expect(ran.batches.flat()).toEqual(without.batches.flat());
      },
    ),
    { numRuns: 30 },
  );
  expect(late).toBeGreaterThan(20);
});

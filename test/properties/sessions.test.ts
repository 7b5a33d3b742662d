/** A session class that learns as it goes: the same rows however its lines come in. */
import { pipe } from 'rxjs';
import fc from 'fast-check';
import { kernelRarity } from '../../models/detectors/kernel-rarity.js';
import { mapBatch } from '../../operators/map-batch.js';
import { learnSessions } from '../../operators/learn-sessions.js';
import { merge } from '../../operators/merge.js';
import { scoreSessions } from '../../operators/score-sessions.js';
import { SessionClasses } from '../../operators/sessions/session-class.js';
import { bool } from '../../records/wire/codec.js';
import type { Decided, DecidedRecord } from '../../records/decided.js';
import { hex } from '../../records/wire/hash.js';
import type { SessionRelease, SessionRow } from '../../records/row.js';
import type { StateStores } from '../../records/store.js';
import type { Boundary, Closed, SessionWindow } from '../../records/window.js';
import { cuts, run, uncut, type Run } from './runs.js';
import { arrivalOf, began, jobs, pane, streams, windowPanes } from './sources.js';

const kernel = { score: async (query: Parameters<typeof kernelRarity>[0]) => kernelRarity(query) };
const hour = 3_600_000;
/** What the class knows before: templates 1, 3 and 4 at once, within hours, and after half a day. */
const past = new Map(
  [1, 3, 4].map((id, i) => [id, { count: 1, first: began + 5 * i * hour, last: began + 5 * i * hour }]),
);

type Out = Decided | Boundary;

/** Merge, score, decide by a fixed threshold, learn. Signatures 2 and 4 are one template once 2 is defined. */
function topology(stores: StateStores) {
  const defined = stores.open('defined', bool);
  const isDefined = (signature: number): boolean => defined.get(hex(signature)) === true;
  const templateOf = (signature: number) => ({ id: isDefined(signature) && signature === 2 ? 4 : signature });
  const classes = new SessionClasses(stores, templateOf);
  if (classes.view(jobs).past === 0) for (let i = 0; i < 30; i++) classes.learn(jobs, past, false);

  type Other = Exclude<Closed, SessionWindow>;
  const chain = pipe(
    mapBatch<Closed, Closed>((batch) => {
      for (const item of batch.items) if (item.type === 'definition') defined.put(hex(item.signature), true);
      return batch;
    }),
    scoreSessions<Other>(
      classes,
      (id) => ({ text: `template ${id}`, sample: '' }),
      async () => kernel,
    ),
    mapBatch<Other | SessionRow | SessionRelease, DecidedRecord>(({ items, ...batch }) => ({
      ...batch,
      items: items.flatMap((item): DecidedRecord[] => {
        if (item.type === 'release' || item.type === 'boundary') return [item];
        if (item.type !== 'session') return [];
        const { key, entity } = item.session;
        return [{ type: 'decided', decision: { entity, key, fired: item.u >= 1 }, session: item } as Decided];
      }),
    })),
    learnSessions(stores, classes),
    mapBatch<DecidedRecord, Out>((batch) => ({
      ...batch,
      items: batch.items.filter((item) => item.type !== 'release'),
    })),
  );
  const options = {
    pane,
    windowPanes,
    silentFor: 0,
    forgetAfter: 1e12,
    maxEntities: 100,
    shard: 'windows/0',
    sessions: classes,
  };
  return merge(stores, options, chain);
}

const rowsOf = ({ batches }: Run<Out>): string[] =>
  batches
    .flat()
    .flatMap((item) => {
      if (item.type !== 'decided' || !item.session) return [];
      const { session, u, templates, past: behind, reasons } = item.session;
      return [JSON.stringify([session.end, session.key, session.flags, u, templates, behind, reasons])];
    })
    .sort();

test('any interleaving, cuts, repeats and restarts: the same rows, scored by the same past', async () => {
  const seen = { orders: new Set<string>(), restarts: 0, rows: 0, rare: 0, pasts: new Set<number>() };
  await fc.assert(
    fc.asyncProperty(
      streams.chain((sent) => fc.tuple(arrivalOf(sent), arrivalOf(sent))),
      cuts,
      async ([one, other], cut) => {
        const whole = await run(one.records, uncut, topology);
        const restarted = await run(other.records, cut, topology);
        expect(rowsOf(restarted)).toEqual(rowsOf(whole));
        seen.orders.add(one.order).add(other.order);
        seen.restarts += restarted.restarts;
        for (const item of whole.batches.flat()) {
          if (item.type !== 'decided' || !item.session) continue;
          seen.rows++;
          if (item.decision.fired) seen.rare++;
          seen.pasts.add(item.session.past);
        }
      },
    ),
    { numRuns: 50 },
  );
  expect(seen.orders.size).toBeGreaterThan(50);
  expect(seen.restarts).toBeGreaterThan(50);
  expect(seen.rows).toBeGreaterThan(200);
  expect(seen.rare).toBeGreaterThan(20);
  // Classes did learn on the way.
  expect(seen.pasts.size).toBeGreaterThan(3);
});

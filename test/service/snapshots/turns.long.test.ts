/** A shard that goes back to a snapshot: what it decides from then on is what a shard decides that never saw what was left out. */
import fc from 'fast-check';
import { kernelRarity } from '../../../models/detectors/kernel-rarity.js';
import { mergeDefaults } from '../../../operators/merge.js';
import type { Tracked } from '../../../records/decided.js';
import { encodeDecision } from '../../../records/score.js';
import type { TimeRange } from '../../../records/snapshot.js';
import type { WindowsRecord } from '../../../records/windows.js';
import { decode, uint } from '../../../records/wire/codec.js';
import type { ChannelItem } from '../../../runtime/channel-source.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import type { Sink } from '../../../runtime/source.js';
import { Task } from '../../../runtime/task.js';
import { decodeKept, encodeKept, type KeptShard } from '../../../service/snapshots/kept-shard.js';
import { snapshotTurns } from '../../../service/snapshots/turns.js';
import { detect, type DetectParts } from '../../../topologies/detect.js';
import { delivered, histories, pane, plans } from '../../properties/delivery.js';

const name = 'windows/0';
const ignored = { write: () => undefined, flush: async () => undefined } as unknown as Sink<never>;
const parts: Omit<DetectParts, 'stores'> = {
  windows: { ...mergeDefaults, shard: name },
  artefacts: { loaded: () => undefined, load: async () => undefined },
  calibration: () => undefined,
  kernel: async () => ({ score: async (query: Parameters<typeof kernelRarity>[0]) => kernelRarity(query) }),
  rules: [],
  select: { policy: 'mixture', budget: () => 3 },
  track: { tag: { source: name, incarnation: 1, epoch: 1 } },
};

interface Run {
  readonly without?: readonly TimeRange[];
  /** Records a batch. */
  readonly slice?: number;
  /** After so many calls of the state, the process is gone; then it is started again. */
  readonly kills?: readonly number[];
}

/** Decisions as text, by what they are about, and the last boundary. */
async function run(
  records: readonly WindowsRecord[],
  { without, slice = 3, kills = [] }: Run = {},
): Promise<{ readonly decided: ReadonlyMap<string, string>; readonly closed: number }> {
  const items = records.map((record, at): ChannelItem<WindowsRecord> => ({ offset: at, record }));
  const kept = new Map<string, KeptShard>();
  const decided = new Map<string, string>();
  const backend = new MemoryBackend();
  for (const [turn, calls] of [...kills, Number.POSITIVE_INFINITY].entries()) {
    let left = calls;
    let at = 0;
    const step = (): void => {
      if (left-- <= 0) throw new Error('killed');
    };
    const task = new Task<ChannelItem<WindowsRecord>, Tracked>({
      name: 'detect/0',
      topology: (stores) => detect({ ...parts, stores, ...(without ? { without } : {}) }),
      source: {
        async *open(position) {
          for (at = position?.offset ?? 0; at < items.length; at += slice) {
            const some = items.slice(at, at + slice);
            yield { items: some, rejected: [], position: { source: name, offset: at + some.length } };
          }
        },
      },
      sink: {
        write: (out) => {
          for (const item of out) {
            if (item.type !== 'decided') continue;
            const { end, entity, key } = item.decision;
            const subject = `${end} ${entity} ${key}`;
            const text = Buffer.from(encodeDecision(item.decision)).toString('hex');
            // A restart decides again what was not checkpointed.
            if (turn === 0) expect(decided.get(subject)).toBeUndefined();
            decided.set(subject, text);
          }
        },
        flush: async () => step(),
      },
      deadLetters: ignored,
      backend: {
        claim: (task, now) => backend.claim(task, now),
        write: async (...args) => {
          step();
          await backend.write(...args);
          step();
        },
        close: async () => undefined,
      },
      checkpointBatches: 1,
      turns: snapshotTurns({
        shard: 0,
        shards: 1,
        store: {
          put: async (one) => {
            step();
            kept.set(one.snapshot, decodeKept(encodeKept(one)));
            step();
          },
          get: async (id) => kept.get(id),
        },
        records: async function* (from, to) {
          yield* items.slice(from, to);
        },
        detect: parts,
      }),
    });
    await task.start();
    await task.done.catch((error: unknown) => {
      if (!(error as Error).message.includes('killed')) throw error;
    });
  }
  const { entries } = await backend.claim('detect/0', 1);
  const boundary = entries.find(({ store }) => store === 'boundary');
  return { decided: new Map([...decided].sort()), closed: boundary ? decode(uint, boundary.value) : 0 };
}

const places = fc.record({ snapshot: fc.nat(60), revert: fc.nat(60), panes: fc.integer({ min: 1, max: 30 }) });

/** A history with a snapshot and a way back to it, at the last of which `range` was closed or not. */
function scene(
  all: Parameters<typeof delivered>[0],
  plan: Parameters<typeof delivered>[1],
  { snapshot, revert, panes }: { readonly snapshot: number; readonly revert: number; readonly panes: number },
) {
  const records = delivered(all, plan);
  const first = 1 + (snapshot % records.length);
  const second = first + 1 + (revert % (records.length - first + 1));
  const marks = records.slice(0, first).flatMap((record) => (record.type === 'mark' ? [record.watermark] : []));
  const from = Math.max(...marks, 0);
  const without = [{ from, to: from + panes * pane }];
  const withTurns: WindowsRecord[] = [...records];
  withTurns.splice(first, 0, { type: 'snapshot', id: 'one' });
  withTurns.splice(second, 0, { type: 'revert', id: 'back', snapshot: 'one', without });
  return { records, withTurns, second, without };
}

const after = ({ decided }: Awaited<ReturnType<typeof run>>, known: ReadonlyMap<string, string>): [string, string][] =>
  [...decided].filter(([subject]) => !known.has(subject));

test('what is decided behind a revert is what is decided without ever seeing what it left out', async () => {
  const seen = { decided: 0, changed: 0 };
  await fc.assert(
    fc.asyncProperty(histories, plans, places, async (all, plan, where) => {
      const { records, withTurns, second, without } = scene(all, { ...plan, restarts: [] }, where);
      // What was decided before the revert stays decided; those are the same with and without the snapshot.
      const { decided: known, closed } = await run(withTurns.slice(0, second));
      const range = { ...without[0]!, to: Math.min(without[0]!.to, closed) };
      const gone = after(await run(withTurns), known);
      const never = after(await run(records, { without: range.from < range.to ? [range] : [] }), known);
      const usual = after(await run(records), known);
      expect(gone).toEqual(never);
      seen.decided += gone.length;
      if (JSON.stringify(gone) !== JSON.stringify(usual)) seen.changed++;
    }),
    { numRuns: 40 },
  );
  expect(seen.decided).toBeGreaterThan(50);
  expect(seen.changed).toBeGreaterThan(3);
});

test('a process that is killed anywhere in it decides the same, at any cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      histories,
      plans,
      places,
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.nat(25), { minLength: 1, maxLength: 4 }),
      async (all, plan, where, slice, kills) => {
        const { withTurns } = scene(all, { ...plan, restarts: [] }, where);
        const usual = await run(withTurns);
        expect(await run(withTurns, { slice, kills })).toEqual(usual);
      },
    ),
    { numRuns: 40 },
  );
});

test('a snapshot and a revert that come again change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(histories, plans, places, async (all, plan, where) => {
      const { withTurns } = scene(all, { ...plan, restarts: [] }, where);
      const twice = withTurns.flatMap((record): WindowsRecord[] =>
        record.type === 'snapshot' || record.type === 'revert' ? [record, record] : [record],
      );
      expect(await run(twice)).toEqual(await run(withTurns));
    }),
    { numRuns: 20 },
  );
});

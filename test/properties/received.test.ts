/**
 * Lines without a time have that of their reading. The clock goes on while a process is away, and yet each line is counted
 * once, at the time that was written down with it.
 */
import fc from 'fast-check';
import { received } from '../../connectors/received.js';
import { Sources } from '../../operators/merge/sources.js';
import type { Batch, Rejected } from '../../records/batch.js';
import { endOfSource, writtenItem, type SourceItem } from '../../records/raw.js';
import type { IngestRecord } from '../../records/windows.js';
import type { StateBackend } from '../../runtime/backend.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import type { Sink, Source } from '../../runtime/source.js';
import { Task } from '../../runtime/task.js';
import { ingest } from '../../topologies/ingest.js';
import { TestStores } from '../builders/windows.js';
import { records } from '../operators/ingest-run.js';

const source = 'file:app.log';
const began = Date.UTC(2026, 0, 5);

class Crash extends Error {}

/** Slices of a file, with a control of the clock now and then, and one that says that nothing comes. */
function file(items: readonly SourceItem[], slice: number, idleEvery: number): Source<SourceItem> {
  return {
    async *open(position): AsyncGenerator<Batch<SourceItem>> {
      let at = position?.offset ?? 0;
      const end = () => ({ source, offset: at });
      for (let n = 1; at < items.length; n++) {
        const from = at;
        at = Math.min(items.length, from + slice);
        yield { items: items.slice(from, at), rejected: [], position: end() };
        if (n % idleEvery === 0)
          yield { items: [{ type: 'idle', watermark: 0 }], rejected: [], position: end(), unrepeatable: true };
      }
      yield { items: [endOfSource], rejected: [], position: end(), unrepeatable: true };
    },
  };
}

test('killed anywhere while the clock goes on, each line is counted once', async () => {
  let [crashes, panes] = [0, 0];
  const life = fc.record({ dies: fc.integer({ min: 1, max: 60 }), slice: fc.integer({ min: 1, max: 6 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 5, max: 60 }),
      fc.array(life, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 90_000 }),
      fc.integer({ min: 1, max: 5 }),
      async (count, lives, step, idleEvery) => {
        let clock = began;
        const now = (): number => (clock += step);
        const items = records(Array.from({ length: count }, (_, i) => `request ${i} was served`));
        const backend = new MemoryBackend();
        const log: IngestRecord[] = [];
        const rejects: Rejected[] = [];
        for (const { dies, slice } of [...lives, { dies: Number.POSITIVE_INFINITY, slice: 3 }]) {
          let left = dies;
          const burn = (): void => {
            if (left-- <= 0) throw new Crash('killed');
          };
          const burning: StateBackend = {
            claim: (task, at) => backend.claim(task, at),
            async write(task, epoch, changes, position) {
              burn();
              await backend.write(task, epoch, changes, position);
              burn();
            },
            close: () => backend.close(),
          };
          const sink = <T>(into: T[]): Sink<T> => ({
            write(all) {
              for (const each of all) {
                burn();
                into.push(each);
              }
            },
            flush: async () => undefined,
          });
          const task = new Task<SourceItem, IngestRecord>({
            name: `ingest/${source}`,
            topology: (stores, epoch) =>
              ingest({ source, incarnation: 1, epoch, stores, format: 'auto', records: 'lines' }),
            source: received(file(items, slice, idleEvery), now),
            sink: sink(log),
            deadLetters: sink(rejects),
            backend: burning,
            journal: writtenItem,
            checkpointBatches: 3,
          });
          await task.start();
          await task.done.catch((error: unknown) => {
            expect((error as Error).cause).toBeInstanceOf(Crash);
            crashes++;
          });
          clock += 200_000;
        }
        const sources = new Sources(new TestStores());
        const counted = new Map<string, number>();
        for (const record of log) {
          if (sources.take(record.tag) || record.type !== 'log') continue;
          const key = `${record.entity} ${record.pane}`;
          expect(counted.has(key)).toBe(false);
          counted.set(key, record.aggregate.lines);
          expect(record.pane).toBeLessThanOrEqual(clock);
        }
        panes = Math.max(panes, counted.size);
        expect(rejects).toEqual([]);
        expect([...counted.values()].reduce((sum, n) => sum + n, 0)).toBe(count);
      },
    ),
    { numRuns: 150 },
  );
  expect(crashes).toBeGreaterThan(40);
  expect(panes).toBeGreaterThan(5);
}, 60_000);

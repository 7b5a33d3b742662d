/**
 * Controls come by the clock: after a crash the same source brings others, or none. Whatever was said before the crash
 * must stay as it was said, or readers count lines twice, or take what is new for a repeat.
 */
import fc from 'fast-check';
import { Sources } from '../../operators/merge/sources.js';
import type { Batch, Position, Rejected } from '../../records/batch.js';
import { endOfSource, writtenItem, type SourceItem } from '../../records/raw.js';
import { isProgress, type IngestRecord } from '../../records/windows.js';
import type { StateChanges, StateBackend } from '../../runtime/backend.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import type { Sink, Source } from '../../runtime/source.js';
import { Task } from '../../runtime/task.js';
import { ingest } from '../../topologies/ingest.js';
import { TestStores } from '../builders/windows.js';
import { records } from '../operators/ingest-run.js';

const minute = 60_000;
const began = Date.UTC(2026, 0, 5);
const source = 'logs/0';

/** A life of the process: when it dies, counted in things done, and what it finds at the end of what is there. */
interface Life {
  readonly dies: number;
  readonly slice: number;
  /** At the end: how many panes beyond what is there the clock raises the watermark, and how many lines come then. */
  readonly idle: readonly { readonly panes: number; readonly more: number }[];
  /** The source is read to its end. */
  readonly ends?: true;
}

const life: fc.Arbitrary<Life> = fc.record({
  dies: fc.integer({ min: 1, max: 60 }),
  slice: fc.integer({ min: 1, max: 6 }),
  idle: fc.array(fc.record({ panes: fc.nat(4), more: fc.integer({ min: 1, max: 9 }) }), { maxLength: 6 }),
});
/** Steps between the lines of the source, s; a step back makes a line late or not, as the controls have it. */
const lines = fc.array(fc.record({ step: fc.integer({ min: -50, max: 100 }), service: fc.nat(2) }), {
  minLength: 5,
  maxLength: 40,
});

class Crash extends Error {}

/** Counts what is done towards the outside, and dies when it is enough: before or after it took effect. */
class Fuse {
  private left: number;
  constructor(count: number) {
    this.left = count;
  }
  burn(): void {
    if (this.left-- <= 0) throw new Crash('killed');
  }
}

/** `there`: how much of the source has been written so far; a control comes at its end only. */
function scripted(
  items: readonly SourceItem[],
  { slice, idle, ends }: Life,
  there: { lines: number },
): Source<SourceItem> {
  return {
    async *open(position): AsyncGenerator<Batch<SourceItem>> {
      let at = position?.offset ?? 0;
      const controls = [...idle];
      const end = (): Position => ({ source, offset: at });
      for (;;) {
        if (at < there.lines) {
          const next = Math.min(there.lines, at + slice);
          const batch = items.slice(at, next);
          at = next;
          yield { items: batch, rejected: [], position: end() };
          continue;
        }
        const control = controls.shift();
        if (control) {
          const watermark = began + (at + control.panes) * minute;
          yield { items: [{ type: 'idle', watermark }], rejected: [], position: end(), unrepeatable: true };
        } else if (at === items.length) break;
        there.lines = Math.min(items.length, there.lines + (control?.more ?? slice));
      }
      if (ends) yield { items: [endOfSource], rejected: [], position: end(), unrepeatable: true };
    },
  };
}

test('killed anywhere, and with other controls in every life, each line is counted once or rejected', async () => {
  let crashes = 0;
  let idles = 0;
  let repeats = 0;
  await fc.assert(
    fc.asyncProperty(lines, fc.array(life, { minLength: 1, maxLength: 5 }), async (steps, lives) => {
      let time = began;
      const items = records(
        steps.map(({ step, service }) => {
          time = Math.max(began, time + step * 1000);
          return JSON.stringify({ time: new Date(time).toISOString(), service: `s${service}`, message: 'done' });
        }),
      ).map((item) => ('bytes' in item ? { ...item, timestamp: time } : item));
      const backend = new MemoryBackend();
      const log: IngestRecord[] = [];
      const there = { lines: 0 };
      const deadLetters: Rejected[] = [];
      const last: Life = { dies: Number.POSITIVE_INFINITY, slice: 3, idle: [], ends: true };
      for (const one of [...lives, last]) {
        const fuse = new Fuse(one.dies);
        const burning: StateBackend = {
          claim: (task, now) => backend.claim(task, now),
          async write(task, epoch, changes: StateChanges, position) {
            fuse.burn();
            await backend.write(task, epoch, changes, position);
            fuse.burn();
          },
          close: () => backend.close(),
        };
        const sink = <T>(into: T[]): Sink<T> => ({
          write(all) {
            for (const each of all) {
              fuse.burn();
              into.push(each);
            }
          },
          flush: async () => undefined,
        });
        const task = new Task<SourceItem, IngestRecord>({
          name: 'ingest/logs/0',
          topology: (stores, epoch) => ingest({ source, incarnation: 1, epoch, stores, format: 'json' }),
          source: scripted(items, one, there),
          sink: sink(log),
          deadLetters: sink(deadLetters),
          backend: burning,
          journal: writtenItem,
          checkpointBatches: 3,
        });
        await task.start();
        await task.done.catch((error: unknown) => {
          expect((error as Error).cause).toBeInstanceOf(Crash);
          crashes++;
        });
      }
      // What readers make of the log.
      const sources = new Sources(new TestStores());
      const counted = new Map<string, number>();
      let open = 0;
      for (const record of log) {
        const ignored = sources.take(record.tag);
        if (ignored) {
          expect(ignored).toBe('repeat');
          repeats++;
          continue;
        }
        if (record.type === 'mark' && isProgress(record)) {
          if (record.kind === 'idle') idles++;
          expect(record.watermark).toBeGreaterThanOrEqual(open);
          open = record.watermark;
        }
        if (record.type !== 'log') continue;
        // Nothing comes for a pane behind the mark that closed it, and no pane of a service comes twice.
        expect(record.pane).toBeGreaterThanOrEqual(open);
        const key = `${record.entity} ${record.pane}`;
        expect(counted.has(key)).toBe(false);
        counted.set(key, record.aggregate.lines);
      }
      const late = new Set(deadLetters.map(({ offset }) => offset)).size;
      const lined = [...counted.values()].reduce((sum, n) => sum + n, 0);
      expect(lined + late).toBe(items.length);
      expect(new Set(deadLetters.map(({ reason }) => reason))).toEqual(late > 0 ? new Set(['late']) : new Set());
    }),
    { numRuns: 150 },
  );
  expect(crashes).toBeGreaterThan(40);
  expect(idles).toBeGreaterThan(100);
  expect(repeats).toBeGreaterThan(40);
}, 60_000);

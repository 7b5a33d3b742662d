import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { concatMap, defer, delay, EMPTY, from, map, of, type Observable } from 'rxjs';
import type { Batch, Operator, Position } from '../../records/batch.js';
import { uint } from '../../records/wire/codec.js';
import type { StateStores } from '../../records/store.js';
import type { StateChanges } from '../../runtime/backend.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import type { Sink, Source } from '../../runtime/source.js';
import { TaskError, type TaskOptions } from '../../runtime/task-options.js';
import { Task } from '../../runtime/task.js';

const at = (offset: number): Position => ({ source: 'numbers', offset });

/** The numbers 0 to `end - 1` in slices of `size`; then it ends, or waits where `follow` is set. */
function numbers(end: number, size: number, follow = false): Source<number> {
  return {
    async *open(position, { stop, drain }) {
      for (let next = position?.offset ?? 0; next < end && !stop.aborted;) {
        const items = Array.from({ length: Math.min(size, end - next) }, (_, i) => next + i);
        next += items.length;
        yield { items, position: at(next), rejected: [] };
      }
      while (follow && !stop.aborted && !drain.aborted) await sleep(2);
    },
  };
}

/** Running sums: what comes out depends on all that went in before. */
const sums = (stores: StateStores): Operator<number, string> => {
  const total = stores.open('total', uint);
  return map((batch: Batch<number>) => ({
    ...batch,
    items: batch.items.map((item) => {
      total.put('all', (total.get('all') ?? 0) + item);
      return `${item}:${total.get('all')}`;
    }),
  }));
};

const expectedSums = (count: number): string[] => Array.from({ length: count }, (_, n) => `${n}:${(n * (n + 1)) / 2}`);

/** Keeps what was flushed. */
class MemorySink<B> implements Sink<B> {
  readonly flushed: B[] = [];
  readonly epochs = new Set<number>();
  private waiting: B[] = [];

  async write(items: readonly B[], { epoch }: { epoch: number }): Promise<void> {
    this.waiting.push(...items);
    this.epochs.add(epoch);
  }

  async flush(): Promise<void> {
    this.flushed.push(...this.waiting);
    this.waiting = [];
  }
}

/** Output with repeats dropped, as a reader drops them by their tags. */
const once = (written: readonly string[]): string[] => [...new Set(written)];

function build(options: Partial<TaskOptions<number, string>> = {}): {
  task: Task<number, string>;
  backend: MemoryBackend;
  sink: MemorySink<string>;
  deadLetters: MemorySink<unknown>;
} {
  const backend = (options.backend as MemoryBackend | undefined) ?? new MemoryBackend();
  const sink = (options.sink as MemorySink<string> | undefined) ?? new MemorySink<string>();
  const deadLetters = new MemorySink<unknown>();
  const task = new Task<number, string>({
    name: 'test/0',
    topology: sums,
    source: numbers(100, 7),
    deadLetters,
    ...options,
    backend,
    sink,
  });
  return { task, backend, sink, deadLetters };
}

const failOn =
  (item: number): ((stores: StateStores) => Operator<number, string>) =>
  (stores) => {
    const inner = sums(stores);
    return (input) =>
      inner(
        input.pipe(
          map((batch) => {
            if (batch.items.includes(item)) throw new Error(`cannot handle ${item}`);
            return batch;
          }),
        ),
      );
  };

test('a bounded run handles everything, checkpoints at its end and says so', async () => {
  const { task, backend, sink } = build();
  await task.start();
  await task.done;
  expect(sink.flushed).toEqual(expectedSums(100));
  expect((await backend.claim('test/0', 1)).position).toEqual(at(100));
  expect(task.progress()).toMatchObject({
    phase: 'ended',
    position: at(100),
    checkpoint: at(100),
    batches: 15,
    items: 100,
    outputs: 100,
    rejected: 0,
  });
});

test('any slicing, checkpointing and crashing gives the same outputs', async () => {
  let crashes = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ size: fc.integer({ min: 1, max: 40 }), every: fc.integer({ min: 1, max: 9 }), at: fc.nat(99) }),
        {
          maxLength: 4,
        },
      ),
      async (attempts) => {
        const backend = new MemoryBackend();
        const sink = new MemorySink<string>();
        for (const { size, every, at: crashAt } of attempts) {
          const { task } = build({
            backend,
            sink,
            source: numbers(100, size),
            checkpointBatches: every,
            topology: failOn(crashAt),
          });
          await task.start();
          await task.done.catch(() => crashes++);
        }
        const { task } = build({ backend, sink });
        await task.start();
        await task.done;
        expect(once(sink.flushed)).toEqual(expectedSums(100));
        expect(sink.epochs.size).toBeLessThanOrEqual(attempts.length + 1);
      },
    ),
    { numRuns: 50 },
  );
  expect(crashes).toBeGreaterThan(20);
});

test('an error of the topology stops the task, names task and place, and checkpoints nothing', async () => {
  const { task, backend } = build({ topology: failOn(50) });
  await task.start();
  await expect(task.done).rejects.toThrow(TaskError);
  await expect(task.done).rejects.toThrow('task test/0 stopped after numbers offset 49: cannot handle 50');
  expect((await backend.claim('test/0', 1)).position).toBeUndefined();
  expect(task.progress()).toMatchObject({ phase: 'failed', error: expect.stringContaining('cannot handle 50') });
});

test('what an operator finds wrong as it is subscribed stops the start, and is what is said', async () => {
  const stored = new MemoryBackend();
  const first = build({ backend: stored });
  await first.task.start();
  await first.task.done;
  const newer = (stores: StateStores): Operator<number, string> => {
    return () => defer(() => (stores.open('total', uint, 7), EMPTY));
  };
  const { task } = build({ backend: stored, topology: newer });
  task.done.catch(() => undefined);
  await expect(task.start()).rejects.toThrow(
    /total of task test\/0 holds schema version \d+, this release reads version 7/,
  );
});

test('outputs are flushed before the checkpoint that covers them', async () => {
  const sink = new MemorySink<string>();
  const covered: [number, number][] = [];
  class Watched extends MemoryBackend {
    override async write(
      task: string,
      epoch: number,
      changes: StateChanges,
      position: Position | undefined,
    ): Promise<void> {
      covered.push([sink.flushed.length, position!.offset]);
      await super.write(task, epoch, changes, position);
    }
  }
  const { task } = build({ sink, backend: new Watched(), checkpointBatches: 2 });
  await task.start();
  await task.done;
  expect(covered.length).toBeGreaterThan(5);
  for (const [flushed, position] of covered) expect(flushed).toBe(position);
});

test('a sink that cannot flush stops the task without a checkpoint', async () => {
  const sink = new MemorySink<string>();
  sink.flush = () => Promise.reject(new Error('disk full'));
  const { task, backend } = build({ sink });
  await task.start();
  await expect(task.done).rejects.toThrow('task test/0 stopped after numbers offset 100: disk full');
  expect((await backend.claim('test/0', 1)).position).toBeUndefined();
});

test('one slice is in flight: a slow sink slows the source down', async () => {
  let pulled = 0;
  const source: Source<number> = {
    async *open() {
      for (; pulled < 5; pulled++) yield { items: [pulled], position: at(pulled + 1), rejected: [] };
    },
  };
  const seen: number[] = [];
  const sink: Sink<string> = {
    async write() {
      await sleep(5);
      seen.push(pulled);
    },
    flush: async () => undefined,
  };
  const deadLetters = { write: () => undefined, flush: async () => undefined };
  const task = new Task({ name: 't', topology: sums, source, sink, deadLetters, backend: new MemoryBackend() });
  await task.start();
  await task.done;
  expect(seen).toEqual([0, 1, 2, 3, 4]);
});

test('one batch may become many, also later: only the last carries the position', async () => {
  const spread: Operator<number, string> = (input) =>
    input.pipe(
      concatMap((batch): Observable<Batch<string>> =>
        from(batch.items.map((item, i) => [item, i === batch.items.length - 1] as const)).pipe(
          concatMap(([item, last]) =>
            of({
              items: [String(item)],
              rejected: item % 10 === 0 ? [{ reason: 'round', detail: '', source: 'numbers', offset: item }] : [],
              ...(last ? { position: batch.position } : {}),
            }).pipe(delay(item % 3)),
          ),
        ),
      ),
    );
  const { task, sink, deadLetters } = build({ topology: () => spread, source: numbers(40, 9) });
  await task.start();
  await task.done;
  expect(sink.flushed).toEqual(Array.from({ length: 40 }, (_, i) => String(i)));
  expect(deadLetters.flushed).toHaveLength(4);
  expect(task.progress().rejected).toBe(4);
});

test('what comes out while the sink is busy is written too', async () => {
  const slow = new MemorySink<string>();
  const write = slow.write.bind(slow);
  slow.write = async (items, context) => {
    await sleep(10);
    await write(items, context);
  };
  const late: Operator<number, string> = concatMap((batch) =>
    from([
      { items: ['first'], rejected: [] },
      { ...batch, items: ['second'] },
    ]).pipe(concatMap((output, i) => of(output).pipe(delay(i * 3)))),
  );
  const { task } = build({ sink: slow, topology: () => late, source: numbers(3, 1) });
  await task.start();
  await task.done;
  expect(slow.flushed).toEqual(['first', 'second', 'first', 'second', 'first', 'second']);
});

test('a topology that changes a position, or adds to it, is a bug that is told', async () => {
  const wrong = build({ topology: () => map((batch) => ({ ...batch, items: [], position: at(1) })) });
  await wrong.task.start();
  await expect(wrong.task.done).rejects.toThrow(/gave position numbers@1 for a batch that ends at numbers@7/);
  const more = build({
    topology: () => concatMap((batch) => of({ ...batch, items: [] }, { items: [], rejected: [] })),
  });
  await more.task.start();
  await expect(more.task.done).rejects.toThrow(/gave 1 batches after the one with position numbers@7/);
});

test('while the source waits, what was handled is checkpointed in time', async () => {
  const { task, sink } = build({ source: numbers(10, 10, true), checkpointMs: 20 });
  await task.start();
  for (let i = 0; i < 200 && !task.progress().checkpoint; i++) await sleep(5);
  expect(task.progress()).toMatchObject({ phase: 'waiting', checkpoint: at(10), checkpoints: 1 });
  expect(sink.flushed).toEqual(expectedSums(10));
  expect(await task.stop(1000)).toBe(true);
});

test('a busy task writes checkpoint after checkpoint, and none without a reason', async () => {
  const source: Source<number> = {
    async *open(_, { stop }) {
      for (let n = 0; n < 10; n++) {
        yield { items: [n], position: at(n + 1), rejected: [] };
        await sleep(20);
      }
      while (!stop.aborted) await sleep(2);
    },
  };
  const { task } = build({ source, checkpointMs: 1 });
  await task.start();
  while (task.progress().batches < 10) await sleep(5);
  await sleep(50);
  expect(task.progress()).toMatchObject({ checkpoint: at(10), checkpoints: 10 });
  await task.stop(1000);
  expect(task.progress().checkpoints).toBe(10);
});

test('a stopped task checkpoints where it stands, and another one goes on from there', async () => {
  const { task, backend, sink } = build({ source: numbers(1_000_000, 10), checkpointMs: 60_000 });
  await task.start();
  while (task.progress().batches < 20) await sleep(1);
  expect(await task.stop(1000)).toBe(true);
  await task.done;
  const { position, phase } = task.progress();
  expect(phase).toBe('stopped');
  const heir = build({ backend, sink, source: numbers(position!.offset + 50, 10) });
  await heir.task.start();
  await heir.task.done;
  expect(sink.flushed).toEqual(expectedSums(position!.offset + 50));
});

test('a slice that hangs is given up at the limit, and nothing of it is written', async () => {
  const { task, backend } = build({ topology: () => concatMap(() => new Promise<Batch<string>>(() => undefined)) });
  await task.start();
  expect(await task.stop(30)).toBe(false);
  await task.done;
  expect(task.progress().phase).toBe('stopped');
  expect((await backend.claim('test/0', 1)).position).toBeUndefined();
});

test('a closed task writes nothing more', async () => {
  const { task, backend, sink } = build({ source: numbers(1_000_000, 10), checkpointMs: 60_000 });
  await task.start();
  while (task.progress().batches < 5) await sleep(1);
  task.close();
  await task.done;
  await sleep(10);
  expect(sink.flushed).toEqual([]);
  expect((await backend.claim('test/0', 1)).position).toBeUndefined();
});

test('a task that was taken over stops with what happened', async () => {
  const backend = new MemoryBackend();
  const zombie = build({ backend, source: numbers(10, 10, true), checkpointMs: 30 });
  await zombie.task.start();
  await backend.claim('test/0', Date.now());
  await expect(zombie.task.done).rejects.toThrow(/task test\/0 was taken over/);
});

test('a task that is too far ahead pauses, checkpoints meanwhile, and goes on', async () => {
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let asked = 0;
  const { task, sink } = build({ checkpointMs: 5, mayRead: async () => (++asked > 3 ? gate : undefined) });
  await task.start();
  while (task.progress().phase !== 'paused' || task.progress().checkpoint?.offset !== 21) await sleep(2);
  expect(task.progress()).toMatchObject({ phase: 'paused', checkpoint: at(21) });
  open();
  await task.done;
  expect(sink.flushed).toEqual(expectedSums(100));
});

test('a drained task ends when its source is read to the end', async () => {
  const { task } = build({ source: numbers(30, 10, true) });
  await task.start();
  task.drain();
  await task.done;
  expect(task.progress()).toMatchObject({ phase: 'ended', checkpoint: at(30) });
});

test('other work gets its turn between slices', async () => {
  let turns = 0;
  const { task } = build({ source: numbers(1000, 10) });
  await task.start();
  const count = (): void => {
    turns++;
    if (task.progress().phase !== 'ended') setImmediate(count);
  };
  setImmediate(count);
  await task.done;
  expect(turns).toBeGreaterThan(50);
});

test('while it rebuilds its state nothing is checkpointed, and then all of it is', async () => {
  let isRebuilding = true;
  const { task, backend, sink } = build({
    source: numbers(20, 5, true),
    checkpointMs: 1,
    isRebuilding: () => isRebuilding,
  });
  await task.start();
  while (task.progress().items < 20) await sleep(2);
  await sleep(20);
  expect([task.progress().checkpoint, sink.flushed.length]).toEqual([undefined, 0]);
  expect((await backend.claim('test/0', 1)).position).toBeUndefined();
  await task.stop(1000);
  expect(sink.flushed).toEqual([]);

  const again = build({ source: numbers(20, 5, true), checkpointMs: 1, isRebuilding: () => isRebuilding });
  await again.task.start();
  while (again.task.progress().items < 20) await sleep(2);
  isRebuilding = false;
  again.task.drain();
  await again.task.done;
  expect(again.sink.flushed).toEqual(expectedSums(20));
  expect(again.task.progress().checkpoint).toEqual(at(20));
});

test('each page of a restore is progress: only one of which nothing comes is stuck', async () => {
  let clock = 0;
  let page: () => void = () => undefined;
  class Paged extends MemoryBackend {
    override async claim(...[task, now, dependent, paged]: Parameters<MemoryBackend['claim']>) {
      await new Promise<void>((resolve) => {
        page = () => {
          paged?.();
          resolve();
        };
      });
      return super.claim(task, now, dependent);
    }
  }
  const { task } = build({ backend: new Paged(), now: () => clock });
  const starting = task.start();
  clock = 61_000;
  expect(task.progress()).toMatchObject({ phase: 'restoring', since: 0 });
  page();
  expect(task.progress()).toMatchObject({ phase: 'restoring', since: 61_000 });
  await starting;
  await task.stop(1000);
});

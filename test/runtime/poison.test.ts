/** A topology that breaks on some items: they are left out, everything else is as if they had never been. */
import fc from 'fast-check';
import { map } from 'rxjs';
import type { Batch, Operator, Rejected } from '../../records/batch.js';
import { uint } from '../../records/wire/codec.js';
import type { StateStores } from '../../records/store.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import type { PoisonOptions } from '../../runtime/poison.js';
import type { Sink, Source } from '../../runtime/source.js';
import { Task } from '../../runtime/task.js';

const numbers = (end: number, size: number): Source<number> => ({
  async *open(position): AsyncGenerator<Batch<number>> {
    for (let next = position?.offset ?? 0; next < end;) {
      const items = Array.from({ length: Math.min(size, end - next) }, (_, i) => next + i);
      next += items.length;
      yield { items, rejected: [], position: { source: 'numbers', offset: next } };
    }
  },
});

/** Running sums. The state is half changed where it breaks: the item is counted, and what it gives is not. */
const sums =
  (breaks: (item: number) => boolean) =>
  (stores: StateStores): Operator<number, string> => {
    const total = stores.open('total', uint);
    return map((batch: Batch<number>) => ({
      ...batch,
      items: batch.items.map((item) => {
        total.put('', (total.get('') ?? 0) + item);
        if (breaks(item)) throw new RangeError(`cannot bear ${item}`);
        return `${item}:${total.get('')}`;
      }),
    }));
  };

const expected = (end: number, poison: ReadonlySet<number>): string[] => {
  let total = 0;
  return Array.from({ length: end }, (_, n) => n)
    .filter((n) => !poison.has(n))
    .map((n) => `${n}:${(total += n)}`);
};

const poison: PoisonOptions<number> = {
  offsetOf: (item) => item,
  deadLetter: (item) => ({ source: 'numbers', offset: item, bytes: Buffer.from(String(item)) }),
};

async function run(
  topology: (stores: StateStores) => Operator<number, string>,
  { end, size, every }: { end: number; size: number; every: number },
  options: PoisonOptions<number> = poison,
): Promise<{ out: Set<string>; deadLetters: Rejected[]; done: Promise<void>; epochs: number }> {
  const out = new Set<string>();
  const deadLetters: Rejected[] = [];
  const epochs = new Set<number>();
  const sink = <T>(add: (item: T) => void): Sink<T> => ({
    write(items, { epoch }) {
      epochs.add(epoch);
      items.forEach(add);
    },
    flush: async () => undefined,
  });
  const task = new Task<number, string>({
    name: 'sums',
    topology,
    source: numbers(end, size),
    // A repeat is known by what it says.
    sink: sink((item: string) => void out.add(item)),
    deadLetters: sink((item: Rejected) => void deadLetters.push(item)),
    backend: new MemoryBackend(),
    checkpointBatches: every,
    poison: options,
  });
  await task.start();
  await task.done.catch(() => undefined);
  return { out, deadLetters, done: task.done, epochs: epochs.size };
}

test('whatever breaks it goes to the dead letters with the error, and the others are as if it had never been', async () => {
  let poisoned = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(59), { maxLength: 4 }),
      fc.record({
        end: fc.constant(60),
        size: fc.integer({ min: 1, max: 25 }),
        every: fc.integer({ min: 1, max: 5 }),
      }),
      async (items, cut) => {
        const breaks = new Set(items);
        const { out, deadLetters, done } = await run(
          sums((item) => breaks.has(item)),
          cut,
        );
        await done;
        expect([...out]).toEqual(expected(60, breaks));
        const byOffset = new Map(deadLetters.map((deadLetter) => [deadLetter.offset, deadLetter]));
        expect([...byOffset.keys()].sort((a, b) => a - b)).toEqual([...breaks].sort((a, b) => a - b));
        for (const [offset, { reason, detail, bytes }] of byOffset) {
          expect([reason, detail]).toEqual(['poison', `RangeError: cannot bear ${offset}`]);
          expect(Buffer.from(bytes!).toString()).toBe(String(offset));
        }
        poisoned += breaks.size;
      },
    ),
    { numRuns: 40 },
  );
  expect(poisoned).toBeGreaterThan(40);
});

test('an error that does not come again is no fault of an item: nothing is left out', async () => {
  let failures = 0;
  const { out, deadLetters, done } = await run(
    sums((item) => item === 11 && failures++ === 0),
    { end: 20, size: 20, every: 1 },
  );
  await done;
  expect(failures).toBeGreaterThan(1);
  expect([[...out], deadLetters]).toEqual([expected(20, new Set()), []]);
});

test('on what may not be left out, and on errors from outside, the task stops as it always did', async () => {
  const cut = { end: 20, size: 5, every: 1 };
  const breaks = sums((item) => item === 7);
  const needed = { ...poison, offsetOf: (item: number) => (item === 7 ? undefined : item) };
  await expect((await run(breaks, cut, needed)).done).rejects.toThrow('cannot bear 7');
  const outside = { ...poison, isOutside: (error: Error) => error instanceof RangeError };
  const { done, deadLetters, epochs } = await run(breaks, cut, outside);
  await expect(done).rejects.toThrow('task sums stopped after numbers offset 5: cannot bear 7');
  expect([deadLetters, epochs]).toEqual([[], 1]);
});

/** What every state backend has to do. A new one passes this suite, or it is none. */
import fc from 'fast-check';
import type { Position } from '../../records/batch.js';
import { bytes, struct, text, uint, type Codec } from '../../records/wire/codec.js';
import { FencedError, type StateChanges, type StateBackend } from '../../runtime/backend.js';
import { StateVersionError, TaskState } from '../../runtime/state.js';

export interface StoreHarness {
  /** A backend on fresh storage. */
  create(): Promise<StateBackend>;
  /** Closes a backend and opens its storage again, as a restart does. */
  reopen(backend: StateBackend): Promise<StateBackend>;
  /** Closes a backend and removes its storage. */
  destroy(backend: StateBackend): Promise<void>;
}

const at = (offset: number): Position => ({ source: 'logs/0', offset });
const none: StateChanges = { puts: [], deletes: [], versions: new Map() };

export function storeConformance(name: string, harness: StoreHarness): void {
  describe(`state backend ${name}`, () => {
    let backend: StateBackend;

    beforeEach(async () => {
      backend = await harness.create();
    });
    afterEach(() => harness.destroy(backend));

    const restart = async (): Promise<void> => {
      backend = await harness.reopen(backend);
    };

    test('a first start has no position, no entries and the clock as its epoch', async () => {
      expect(await backend.claim('ingest/0', 1000)).toEqual({
        epoch: 1000,
        position: undefined,
        versions: new Map(),
        entries: [],
      });
    });

    test('a checkpoint is there after a restart: values, position and versions', async () => {
      const before = await TaskState.restore(backend, 'ingest/0', 1);
      before.open('counts', uint, 3).put('checkout', 42);
      before.open('names', text).put('checkout', 'café ☕');
      await before.checkpoint(at(7));
      await restart();
      const after = await TaskState.restore(backend, 'ingest/0', 1);
      expect(after.position).toEqual(at(7));
      expect(after.open('counts', uint, 3).get('checkout')).toBe(42);
      expect(after.open('names', text).get('checkout')).toBe('café ☕');
    });

    test('a restore tells of each page that has come', async () => {
      const before = await TaskState.restore(backend, 'ingest/0', 1);
      before.open('counts', uint).put('checkout', 42);
      await before.checkpoint(at(7));
      await restart();
      let pages = 0;
      await TaskState.restore(backend, 'ingest/0', 1, undefined, () => pages++);
      expect(pages).toBeGreaterThan(0);
    });

    test('what came after the last checkpoint is gone after a restart', async () => {
      const before = await TaskState.restore(backend, 'ingest/0', 1);
      const counts = before.open('counts', uint);
      counts.put('kept', 1);
      await before.checkpoint(at(1));
      counts.put('kept', 2);
      counts.put('lost', 3);
      await restart();
      const after = (await TaskState.restore(backend, 'ingest/0', 1)).open('counts', uint);
      expect([...after.keys()].map((key) => [key, after.get(key)])).toEqual([['kept', 1]]);
    });

    test('deleted entries stay deleted, and may come back', async () => {
      const before = await TaskState.restore(backend, 'ingest/0', 1);
      const counts = before.open('counts', uint);
      for (const key of ['a', 'b', 'c']) counts.put(key, 1);
      await before.checkpoint(at(1));
      counts.delete('a');
      counts.delete('b');
      counts.put('b', 2);
      await before.checkpoint(at(2));
      await restart();
      const after = (await TaskState.restore(backend, 'ingest/0', 1)).open('counts', uint);
      expect([...after.keys()].map((key) => [key, after.get(key)])).toEqual([
        ['b', 2],
        ['c', 1],
      ]);
    });

    test('a checkpoint without a position leaves the stored one', async () => {
      const { epoch } = await backend.claim('ledger', 1);
      await backend.write('ledger', epoch, none, at(5));
      await backend.write('ledger', epoch, none, undefined);
      expect((await backend.claim('ledger', 1)).position).toEqual(at(5));
    });

    test('epochs rise at each claim, also with a clock that goes back, and over a restart', async () => {
      expect((await backend.claim('ingest/0', 5000)).epoch).toBe(5000);
      expect((await backend.claim('ingest/0', 100)).epoch).toBe(5001);
      await restart();
      expect((await backend.claim('ingest/0', 5001)).epoch).toBe(5002);
      expect((await backend.claim('ingest/0', 9000)).epoch).toBe(9000);
    });

    test('who was taken over cannot write, and nothing of its checkpoint is there', async () => {
      const zombie = await TaskState.restore(backend, 'ingest/0', 1);
      const heir = await TaskState.restore(backend, 'ingest/0', 1);
      zombie.open('counts', uint).put('checkout', 1);
      await expect(zombie.checkpoint(at(100))).rejects.toThrow(FencedError);
      await expect(zombie.checkpoint(at(100))).rejects.toThrow(FencedError);
      heir.open('counts', uint).put('search', 2);
      await heir.checkpoint(at(3));
      const after = await backend.claim('ingest/0', 1);
      expect(after.position).toEqual(at(3));
      expect(after.entries.map(({ key }) => key)).toEqual(['search']);
    });

    test('tasks and stores do not see each other, whatever their names', async () => {
      const names = ['a', 'a/b', 'a/', 'ab', 'a\u0001'];
      for (const [i, task] of names.entries()) {
        const state = await TaskState.restore(backend, task, 1);
        for (const [j, store] of names.entries()) state.open(store, uint).put('key', i * 10 + j);
        await state.checkpoint(at(i));
      }
      await restart();
      for (const [i, task] of names.entries()) {
        const state = await TaskState.restore(backend, task, 1);
        expect(state.position).toEqual(at(i));
        for (const [j, store] of names.entries()) expect(state.open(store, uint).get('key')).toBe(i * 10 + j);
      }
    });

    test('values of many sizes come back as they were', async () => {
      const sizes = [0, 1, 4096, 1024 * 1024, 5 * 1024 * 1024];
      const value = (size: number): Uint8Array => Buffer.alloc(size, `${size}`);
      const before = await TaskState.restore(backend, 'ingest/0', 1);
      for (const size of sizes) before.open('blobs', bytes).put(String(size), value(size));
      await before.checkpoint(at(1));
      await restart();
      const after = (await TaskState.restore(backend, 'ingest/0', 1)).open('blobs', bytes);
      for (const size of sizes) expect(Buffer.from(value(size)).equals(after.get(String(size))!)).toBe(true);
    }, 30_000);

    test('state of another schema is refused with both versions and what to do', async () => {
      const before = await TaskState.restore(backend, 'detect/0', 1);
      before.open('baselines', uint, 2).put('checkout', 1);
      await before.checkpoint(at(1));
      await restart();
      const after = await TaskState.restore(backend, 'detect/0', 1);
      expect(() => after.open('baselines', uint, 3)).toThrow(StateVersionError);
      expect(() => after.open('baselines', uint, 3)).toThrow(/baselines of task detect\/0 .* version 2, .* version 3/);
      expect(() => after.open('baselines', uint, 3)).toThrow(/move the state away/);
    });

    test('state of an older schema is read by its own codec and written anew as a whole', async () => {
      const names: Codec<{ name: string }> = struct<{ name: string }>({ name: text });
      const lengths: Codec<{ name: string }> = {
        write: () => undefined,
        read: (from) => ({ name: 'x'.repeat(uint.read(from)) }),
      };
      const before = await TaskState.restore(backend, 'detect/0', 1);
      for (const [key, length] of [
        ['a', 1],
        ['b', 3],
      ] as const)
        before.open('names', uint).put(key, length);
      await before.checkpoint(at(1));
      const older = new Map([[1, lengths]]);
      const migrated = await TaskState.restore(backend, 'detect/0', 1);
      expect(migrated.open('names', names, 2, older).get('b')).toEqual({ name: 'xxx' });
      expect(await migrated.checkpoint(at(2))).toMatchObject({ puts: 2, deletes: 0 });
      await restart();
      const after = (await TaskState.restore(backend, 'detect/0', 1)).open('names', names, 2);
      expect([...after.keys()].map((key) => after.get(key))).toEqual([{ name: 'x' }, { name: 'xxx' }]);
      // The release before does not take it for its own.
      const back = await TaskState.restore(backend, 'detect/0', 1);
      expect(() => back.open('names', uint)).toThrow(/holds schema version 2, .* A newer release wrote it/);
    });

    test('a checkpoint that cannot be encoded names the store and the key, and leaves the last one', async () => {
      const state = await TaskState.restore(backend, 'ingest/0', 1);
      state.open('counts', uint).put('good', 1);
      await state.checkpoint(at(1));
      state.open('counts', uint).put('worse', -1);
      await expect(state.checkpoint(at(2))).rejects.toThrow(/store counts of task ingest\/0: .*"worse"/);
      expect((await backend.claim('ingest/0', 1)).position).toEqual(at(1));
    });

    test('any run of puts, deletes, checkpoints and restarts leaves what a Map would hold', async () => {
      const key = fc.constantFrom('', 'a', 'b', 'ab', 'é', '\u{1f600}', '\uffee', 'z');
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key, value: fc.nat() }) },
        { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
        { weight: 2, arbitrary: fc.record({ do: fc.constant('checkpoint' as const) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('iterate' as const) }) },
      );
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const task = `model/${run++}`;
          let live = new Map<string, number>();
          let stored = new Map<string, number>();
          let state = await TaskState.restore(backend, task, 1);
          const inOrder = (map: Map<string, number>): [string, number][] =>
            [...map].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          for (const [i, now] of steps.entries()) {
            const store = state.open('store', uint);
            if (now.do === 'put') {
              store.put(now.key, now.value);
              live.set(now.key, now.value);
            } else if (now.do === 'delete') {
              store.delete(now.key);
              live.delete(now.key);
            } else if (now.do === 'checkpoint') {
              await state.checkpoint(at(i));
              stored = new Map(live);
            } else if (now.do === 'crash') {
              state = await TaskState.restore(backend, task, 1);
              live = new Map(stored);
            } else {
              expect([...store.keys()].map((each) => [each, store.get(each)])).toEqual(inOrder(live));
            }
            expect(state.open('store', uint).size).toBe(live.size);
          }
          const last = state.open('store', uint);
          expect([...last.keys()].map((each) => [each, last.get(each)])).toEqual(inOrder(live));
        }),
        { numRuns: 60 },
      );
    });
  });
}

import fc from 'fast-check';
import { decode, uint, type Codec } from '../../records/wire/codec.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { compareBytes } from '../../records/wire/order.js';
import { SortedKeys } from '../../runtime/sorted-keys.js';
import { TaskState } from '../../runtime/state.js';

test('restored values are decoded when they are first asked for, and once', async () => {
  const backend = new MemoryBackend();
  const before = await TaskState.restore(backend, 'task', 1);
  before.open('counts', uint).put('a', 1);
  before.open('counts', uint).put('b', 2);
  await before.checkpoint(undefined);
  let reads = 0;
  const counted: Codec<number> = {
    write: (to, value) => uint.write(to, value),
    read(from) {
      reads++;
      return uint.read(from);
    },
  };
  const store = (await TaskState.restore(backend, 'task', 2)).open('counts', counted);
  expect([store.size, [...store.keys()], reads]).toEqual([2, ['a', 'b'], 0]);
  expect([store.get('b'), store.get('b'), store.get('none'), reads]).toEqual([2, 2, undefined, 1]);
});

test('a checkpoint writes what changed and nothing else', async () => {
  const backend = new MemoryBackend();
  const state = await TaskState.restore(backend, 'task', 1);
  const store = state.open('counts', uint);
  for (let i = 0; i < 100; i++) store.put(`key ${i}`, i);
  expect(await state.checkpoint(undefined)).toEqual({ puts: 100, deletes: 0, bytes: 100 });
  store.put('key 7', 300);
  store.delete('key 8');
  store.delete('not there');
  expect(await state.checkpoint(undefined)).toEqual({ puts: 1, deletes: 1, bytes: 2 });
  expect(await state.checkpoint(undefined)).toEqual({ puts: 0, deletes: 0, bytes: 0 });
});

test('a live object that is changed and put again is written', async () => {
  const backend = new MemoryBackend();
  const boxed: Codec<{ n: number }> = {
    write: (to, value) => uint.write(to, value.n),
    read: (from) => ({ n: uint.read(from) }),
  };
  const state = await TaskState.restore(backend, 'task', 1);
  const store = state.open('boxes', boxed);
  store.put('a', { n: 1 });
  await state.checkpoint(undefined);
  const box = store.get('a')!;
  box.n = 2;
  store.put('a', box);
  await state.checkpoint(undefined);
  const { entries } = await backend.claim('task', 1);
  expect(entries.map(({ value }) => decode(uint, value))).toEqual([2]);
});

test('after a checkpoint that failed each further one tells of the cause, and writes nothing', async () => {
  const backend = new MemoryBackend();
  const state = await TaskState.restore(backend, 'task', 1);
  const write = jest.spyOn(backend, 'write').mockRejectedValueOnce(new Error('the disk is full'));
  await expect(state.checkpoint(undefined)).rejects.toThrow('the disk is full');
  await expect(state.checkpoint(undefined)).rejects.toThrow('the disk is full');
  expect(write).toHaveBeenCalledTimes(1);
});

test('one name opened with two versions is a mistake that is told', async () => {
  const state = await TaskState.restore(new MemoryBackend(), 'task', 1);
  state.open('counts', uint, 1);
  expect(() => state.open('counts', uint, 2)).toThrow('store counts of task task was opened with versions 1 and 2');
});

test('keys compare as their bytes do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareBytes(a, b))).toBe(bytes);
    }),
  );
  expect(compareBytes('\uffee', '\u{1f600}')).toBeLessThan(0);
});

test('sorted keys stay sorted over thousands of changes', () => {
  const model = new Set<string>();
  const keys = new SortedKeys([]);
  let seed = 1;
  for (let i = 0; i < 20_000; i++) {
    seed = (seed * 48271) % 0x7fffffff;
    const key = String(seed % 3000);
    if (model.delete(key)) keys.remove(key);
    else {
      model.add(key);
      keys.add(key);
    }
  }
  expect(model.size).toBeGreaterThan(1000);
  expect([...keys]).toEqual([...model].sort(compareBytes));
});

test('an iteration sees what is added ahead, not what is removed ahead, and each key once', () => {
  const keys = new SortedKeys(['a', 'c', 'e', 'g']);
  const seen: string[] = [];
  for (const key of keys) {
    seen.push(key);
    if (key === 'a') keys.remove('a');
    if (key === 'c') {
      keys.add('d');
      keys.add('b');
      keys.remove('e');
    }
  }
  expect(seen).toEqual(['a', 'c', 'd', 'g']);
});

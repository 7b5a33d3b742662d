/** What every channel has to do, on disk or in Kafka. A new one passes this suite, or it is none. */
import fc from 'fast-check';
import type { ChannelReader, ChannelRecord, ChannelWriter } from '../../records/store.js';

export interface ChannelUnderTest {
  readonly shards: number;
  /** A writer on the channel. One at a time: the last one is closed before. */
  writer(): Promise<ChannelWriter>;
  /** A reader of its own, as another task would have. */
  reader(): Promise<ChannelReader>;
  destroy(): Promise<void>;
}

export interface ChannelHarness {
  /** A fresh channel. */
  create(shards: number): Promise<ChannelUnderTest>;
  /** How long a flushed record may take to be seen, ms. */
  readonly patienceMs: number;
}

/** Reads until `count` records are there, or until patience ends. */
async function readSome(
  reader: ChannelReader,
  shard: number,
  from: number,
  count: number,
  patienceMs: number,
): Promise<ChannelRecord[]> {
  const records: ChannelRecord[] = [];
  const until = performance.now() + patienceMs;
  while (records.length < count && performance.now() < until) {
    const offset = records.length > 0 ? records.at(-1)!.offset + 1 : from;
    const more = await reader.read(shard, offset, count - records.length);
    if (more.length === 0) await reader.wait(shard, offset, 50);
    records.push(...more);
  }
  return records;
}

const bytesOf = (value: string): Uint8Array => Buffer.from(value);
const values = (records: readonly ChannelRecord[]): string[] =>
  records.map(({ value }) => Buffer.from(value).toString('utf8'));

export function channelConformance(name: string, harness: ChannelHarness): void {
  const { patienceMs } = harness;
  describe(`channel ${name}`, () => {
    let channel: ChannelUnderTest;
    let open: (ChannelReader | ChannelWriter)[] = [];
    const writerOf = async (): Promise<ChannelWriter> => {
      const writer = await channel.writer();
      open.push(writer);
      return writer;
    };
    const readerOf = async (): Promise<ChannelReader> => {
      const reader = await channel.reader();
      open.push(reader);
      return reader;
    };

    beforeEach(async () => {
      channel = await harness.create(3);
    });
    afterEach(async () => {
      for (const each of open.reverse()) await each.close();
      open = [];
      await channel.destroy();
    });

    test('a new channel is empty at offset 0', async () => {
      await writerOf();
      const reader = await readerOf();
      expect(await reader.read(0, 0, 10)).toEqual([]);
      expect(await reader.wait(0, 0, 20)).toBe(false);
    });

    test('records come back in order, by shard, with ascending offsets', async () => {
      const writer = await writerOf();
      for (let i = 0; i < 30; i++) writer.append(i % 3, `key ${i}`, bytesOf(`value ${i}`));
      await writer.flush();
      const reader = await readerOf();
      for (let shard = 0; shard < 3; shard++) {
        const records = await readSome(reader, shard, 0, 10, patienceMs);
        expect(values(records)).toEqual(Array.from({ length: 10 }, (_, i) => `value ${i * 3 + shard}`));
        for (let i = 1; i < 10; i++) expect(records[i]!.offset).toBeGreaterThan(records[i - 1]!.offset);
      }
    });

    test('nothing is visible before it is flushed', async () => {
      const writer = await writerOf();
      const reader = await readerOf();
      writer.append(1, '', bytesOf('early'));
      expect(await reader.wait(1, 0, 100)).toBe(false);
      expect(await reader.read(1, 0, 10)).toEqual([]);
      await writer.flush();
      expect(values(await readSome(reader, 1, 0, 1, patienceMs))).toEqual(['early']);
    });

    test('an empty flush is fine, and flushes at the same time all hold', async () => {
      const writer = await writerOf();
      await writer.flush();
      const flushes: Promise<void>[] = [];
      for (let i = 0; i < 20; i++) {
        writer.append(0, '', bytesOf(String(i)));
        flushes.push(writer.flush());
      }
      await Promise.all(flushes);
      const reader = await readerOf();
      expect(values(await readSome(reader, 0, 0, 20, patienceMs))).toEqual(
        Array.from({ length: 20 }, (_, i) => String(i)),
      );
    });

    test('whoever waits is woken by a flush', async () => {
      const writer = await writerOf();
      const reader = await readerOf();
      const waited = reader.wait(2, 0, patienceMs);
      writer.append(2, '', bytesOf('wake up'));
      await writer.flush();
      expect(await waited).toBe(true);
    });

    test('reading goes on from any offset, also backwards, and at most `max` at a time', async () => {
      const writer = await writerOf();
      for (let i = 0; i < 50; i++) writer.append(0, '', bytesOf(String(i)));
      await writer.flush();
      const reader = await readerOf();
      const all = await readSome(reader, 0, 0, 50, patienceMs);
      for (const start of [40, 3, 3, 49, 0]) {
        const some = await readSome(reader, 0, all[start]!.offset, 1, patienceMs);
        expect([some[0]!.offset, ...values(some)]).toEqual([all[start]!.offset, String(start)]);
      }
      expect((await reader.read(0, all[10]!.offset, 7)).length).toBeLessThanOrEqual(7);
    });

    test('a writer opened again goes on after the last record', async () => {
      const first = await writerOf();
      first.append(0, '', bytesOf('one'));
      await first.flush();
      await first.close();
      const second = await writerOf();
      second.append(0, '', bytesOf('two'));
      await second.flush();
      const reader = await readerOf();
      expect(values(await readSome(reader, 0, 0, 2, patienceMs))).toEqual(['one', 'two']);
    });

    test('values of many sizes come back as they were', async () => {
      const writer = await writerOf();
      const sizes = [0, 1, 1000, 65_535, 700_000];
      for (const size of sizes) writer.append(0, 'é', Buffer.alloc(size, `${size}`));
      await writer.flush();
      const reader = await readerOf();
      const records = await readSome(reader, 0, 0, sizes.length, patienceMs);
      expect(records.map(({ value }) => value.length)).toEqual(sizes);
      for (const [i, size] of sizes.entries()) {
        expect(Buffer.alloc(size, `${size}`).equals(records[i]!.value)).toBe(true);
      }
    });

    test('what was appended may be changed by the caller afterwards', async () => {
      const writer = await writerOf();
      const shared = Buffer.from('before');
      writer.append(0, '', shared);
      shared.write('after!');
      await writer.flush();
      const reader = await readerOf();
      expect(values(await readSome(reader, 0, 0, 1, patienceMs))).toEqual(['before']);
    });

    test('a shard that is not there is refused by name', async () => {
      const writer = await writerOf();
      expect(() => writer.append(3, '', bytesOf('x'))).toThrow(/no shard 3/);
    });

    test('any appends, flushes and reads give each shard its records once and in order', async () => {
      const step = fc.oneof(
        fc.record({ do: fc.constant('append' as const), shard: fc.nat(2), size: fc.nat(300) }),
        fc.record({ do: fc.constant('flush' as const) }),
        fc.record({ do: fc.constant('read' as const), shard: fc.nat(2), max: fc.integer({ min: 1, max: 5 }) }),
      );
      const writer = await writerOf();
      const reader = await readerOf();
      const written: string[][] = [[], [], []];
      const read: string[][] = [[], [], []];
      const next = [0, 0, 0];
      let n = 0;
      const readOnce = async (shard: number, max: number): Promise<void> => {
        const records = await reader.read(shard, next[shard]!, max);
        if (records.length > 0) next[shard] = records.at(-1)!.offset + 1;
        read[shard]!.push(...values(records));
      };
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          for (const now of steps) {
            if (now.do === 'append') {
              const value = `${n++}`.padEnd(now.size, '.');
              writer.append(now.shard, '', bytesOf(value));
              written[now.shard]!.push(value);
            } else if (now.do === 'flush') await writer.flush();
            else await readOnce(now.shard, now.max);
          }
          for (let shard = 0; shard < 3; shard++) {
            expect(read[shard]).toEqual(written[shard]!.slice(0, read[shard]!.length));
          }
        }),
        { numRuns: 20, endOnFailure: true },
      );
      await writer.flush();
      for (let shard = 0; shard < 3; shard++) {
        const until = performance.now() + patienceMs;
        while (read[shard]!.length < written[shard]!.length && performance.now() < until) await readOnce(shard, 1000);
        expect(read[shard]).toEqual(written[shard]);
      }
    }, 30_000);
  });
}

import { setTimeout as sleep } from 'node:timers/promises';
import { liveInput, received } from '../../connectors/received.js';
import { longestLine } from '../../connectors/file/lines.js';
import type { Batch, Position } from '../../records/batch.js';
import { writtenItem, type SourceItem } from '../../records/raw.js';
import { decode, encode } from '../../records/wire/codec.js';

const name = 'file:stdin';
const never = new AbortController().signal;

/** What a program writes, with pauses, ms. */
async function* writing(...pieces: (string | number)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces)
    if (typeof piece === 'number') await sleep(piece);
    else yield Buffer.from(piece);
}

async function read(pieces: AsyncIterable<Buffer>, position?: Position): Promise<Batch<SourceItem>[]> {
  let now = 1_000_000;
  const idle = { afterMs: 40, watermark: () => now };
  const batches: Batch<SourceItem>[] = [];
  const source = received(liveInput(name, idle, pieces), () => (now += 1000));
  for await (const batch of source.open(position, { stop: never, drain: never })) batches.push(batch);
  return batches;
}

const lines = (batches: readonly Batch<SourceItem>[]): [number, number, string][] =>
  batches.flatMap(({ items }) =>
    items.flatMap((item): [number, number, string][] =>
      item.type === undefined
        ? [[item.offset, item.timestamp, Buffer.from(item.bytes.subarray(item.start, item.end)).toString()]]
        : [],
    ),
  );

test('lines have the time of the piece that ended them, and are written down before they are handled', async () => {
  const batches = await read(writing('one\ntw', 'o\nthree'));
  const [first, second, third] = lines(batches);
  expect([first![0], second![0], third![0]]).toEqual([0, 4, 8]);
  expect(first![1]).toBeLessThan(second![1]);
  expect(second![1]).toBeLessThan(third![1]);
  for (const { items, unrepeatable } of batches) expect(unrepeatable).toBe(items.length > 0 ? true : undefined);
});

test('another program goes on behind the checkpoint: nothing of it is passed over', async () => {
  const batches = await read(writing('four\n'), { source: name, offset: 100 });
  expect(lines(batches)).toMatchObject([[100, expect.any(Number), 'four']]);
  expect(batches.at(-1)?.position).toEqual({ source: name, offset: 105 });
});

test('a silence goes by the clock', async () => {
  const batches = await read(writing('one\n', 150, 'two\n'));
  const controls = batches.flatMap(({ items }) => items.flatMap(({ type }) => (type === undefined ? [] : [type])));
  expect(controls.slice(0, 3)).toEqual(['live', 'live', 'idle']);
  expect(lines(batches).map(([, , text]) => text)).toEqual(['one', 'two']);
});

test('what is refused goes before the lines of its piece', async () => {
  const batches = await read(writing('x'.repeat(longestLine + 1), '\nshort\n'));
  const refused = batches.filter(({ rejected }) => rejected.length > 0);
  expect(refused.map(({ items }) => items)).toEqual([[]]);
  expect(batches.indexOf(refused[0]!)).toBeLessThan(batches.findIndex((batch) => lines([batch]).length > 0));
});

test('a stored record is that which was read, and a control is stored as it was before', () => {
  const bytes = Buffer.from('one two three');
  const whole = {
    bytes,
    start: 4,
    end: 7,
    offset: 4,
    timestamp: 5,
    appended: true,
    topic: 'app',
    inputs: { key: 'k' },
  };
  expect(decode(writtenItem, encode(writtenItem, whole))).toEqual({
    ...whole,
    bytes: new Uint8Array(Buffer.from('two')),
    start: 0,
    end: 3,
    origin: undefined,
  });
  const control = { type: 'reset', watermark: 7, said: 8, counted: undefined, last: undefined } as const;
  expect(decode(writtenItem, encode(writtenItem, control))).toEqual(control);
  expect(Buffer.from(encode(writtenItem, { type: 'idle', watermark: 7 })).toString('hex')).toBe('0007000000');
});

import { decodeDeadLetter } from '../../records/dead-letter.js';
import { deadLetterSink } from '../../service/channels.js';

/** What is kept of these bytes. */
async function kept(bytes: Buffer, isRaw: boolean): Promise<Buffer> {
  const values: Uint8Array[] = [];
  const writer = {
    append: (_shard: number, _key: string, value: Uint8Array) => void values.push(value),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const sink = deadLetterSink(writer, isRaw, () => undefined);
  await sink.write([{ reason: 'not-json', detail: '', source: 'app/0', offset: 1, bytes }], {
    position: { source: 'app/0', offset: 1 },
  } as never);
  return Buffer.from(decodeDeadLetter(values[0]!).bytes!);
}

test('secrets in refused text are masked before it is stored, unless it is kept raw', async () => {
  const line = Buffer.from('{"user": "ann@example.org", "password": "hunter2", "note": "ünï"');
  expect((await kept(line, false)).toString()).toBe('{"user": "***", "password": ***, "note": "ünï"');
  expect((await kept(line, true)).equals(line)).toBe(true);
});

test('what is no text is kept as it came', async () => {
  const bytes = Buffer.from([0, 1, 0xff, ...Buffer.from('password=hunter2'), 0xfe]);
  expect((await kept(bytes, false)).equals(bytes)).toBe(true);
});

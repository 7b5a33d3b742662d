/**
 * A process that is killed: a task that reads a segment log, sums, and writes another one, with its state in LevelDB;
 * beside it a writer that fills the input and tells on stdout what was acknowledged.
 */
import { join } from 'node:path';
import { map } from 'rxjs';
import { openLevelBackend } from '../../connectors/leveldb/backend.js';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import { SegmentLogWriter } from '../../connectors/segment-log/writer.js';
import { decode, encode, struct, uint } from '../../records/wire/codec.js';
import { channelSink } from '../../runtime/channel-sink.js';
import { channelSource, type ChannelItem } from '../../runtime/channel-source.js';
import { Task } from '../../runtime/task.js';

interface Sum {
  readonly offset: number;
  readonly sum: number;
}

const sumCodec = struct<Sum>({ offset: uint, sum: uint });
const [folder, mode, begin] = process.argv.slice(2);
const segmentBytes = 20_000;

const backend = await openLevelBackend(join(folder!, 'state'));
const input = await SegmentLogWriter.open({ folder: join(folder!, 'input'), shards: 1, segmentBytes });
const output = await SegmentLogWriter.open({ folder: join(folder!, 'output'), shards: 1, segmentBytes });
const reader = await SegmentLogReader.open({ folder: join(folder!, 'input'), writer: input });

const task = new Task<ChannelItem<number>, Sum>({
  name: 'sum',
  topology: (stores) => {
    const total = stores.open('total', uint);
    const squares = stores.open('squares', uint);
    return map((batch) => ({
      ...batch,
      items: batch.items.map(({ offset, record }) => {
        const sum = (total.get('all') ?? 0) + record;
        total.put('all', sum);
        squares.put(`${offset % 50}`, sum);
        squares.delete(`${(offset + 25) % 50}`);
        return { offset, sum };
      }),
    }));
  },
  source: channelSource({ reader, shard: 0, name: 'input', decode: (value) => decode(uint, value), maxRecords: 20 }),
  sink: channelSink<Sum>({
    writer: output,
    shards: 1,
    key: () => '',
    shardOf: () => 0,
    encode: (sum) => encode(sumCodec, sum),
  }),
  deadLetters: { write: () => undefined, flush: async () => undefined },
  backend,
  checkpointMs: 5,
});
task.done.catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
await task.start();

if (mode === 'fill') {
  // Whoever listens may go away first.
  process.stdout.on('error', () => undefined);
  const { next } = await reader.range(0);
  if (next < Number(begin)) throw new Error(`acknowledged up to ${begin}, found ${next}`);
  for (let n = next; ;) {
    for (let i = 0; i < 10; i++) input.append(0, '', encode(uint, n++));
    await input.flush();
    process.stdout.write(`${n} ${task.progress().checkpoint?.offset ?? 0}\n`);
  }
} else {
  task.drain();
  await task.done;
  await reader.close();
  await input.close();
  await output.close();
  await backend.close();
}

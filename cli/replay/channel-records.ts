/** Reads a whole channel of a state folder, beside a run or after it. */
import type { Config } from '../../config/schema.js';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import type { ChannelRecord } from '../../records/store.js';
import { exitCodes, UserError } from '../exit-codes.js';
import { channelFolder, shardsOf, type ChannelName } from '../pipeline/channels.js';

const mostAtOnce = 1000;

export interface OpenedChannel {
  readonly shards: number;
  /** The records of a shard, from the first that retention has left to the last that is durable now. */
  records(shard: number): AsyncGenerator<ChannelRecord>;
  /** Offset of a shard's first record: above 0 where retention has removed what was before it. */
  first(shard: number): Promise<number>;
  close(): Promise<void>;
}

/** @throws UserError where the configuration has its channels elsewhere, or where there is no log yet */
export async function openChannel(config: Config, name: ChannelName): Promise<OpenedChannel> {
  if (config.channels.backend !== 'segment-log')
    throw new UserError(
      `channels.backend is ${config.channels.backend}: this command reads the segment logs of an embedded run; ` +
        'give it a configuration with channels.backend: segment-log',
    );
  const shards = shardsOf(config, name);
  let reader: SegmentLogReader;
  try {
    reader = await SegmentLogReader.open({ folder: channelFolder(config, name), shards });
  } catch (error) {
    throw new UserError((error as Error).message, exitCodes.failed);
  }
  return {
    shards,
    async *records(shard) {
      for (let next = 0; ;) {
        const records = await reader.read(shard, next, mostAtOnce);
        if (records.length === 0) return;
        yield* records;
        next = records[records.length - 1].offset + 1;
      }
    },
    first: async (shard) => (await reader.range(shard)).first,
    close: () => reader.close(),
  };
}

/** What a log has now that was not read before, for those who look at it again and again. */
import { readableBy } from '../../records/wire/codec.js';
import type { ChannelItem } from '../../runtime/channel-source.js';
import type { TailReader } from './controls-log.js';

const pageSize = 1000;
/** What does not come within this time is read at the next look, ms. */
const waitMs = 100;

/**
 * Records of a shard that are there now.
 *
 * @param from first offset; where retention has deleted it, the first that there is
 * @param decode - throws on what cannot be read, which is nothing here
 * @param passed - called with the offset behind each record, also behind one that cannot be read
 */
export async function* newRecords<T extends object>(
  reader: TailReader,
  shard: number,
  from: number,
  decode: (value: Uint8Array) => T,
  passed: (next: number) => void = () => undefined,
): AsyncGenerator<ChannelItem<T>> {
  const { first, next } = await reader.range(shard);
  for (let at = Math.max(first, from); at < next;) {
    const records = await reader.read(shard, at, pageSize);
    if (records.length === 0 && !(await reader.wait(shard, at, waitMs))) return;
    for (const { offset, value } of records) {
      at = offset + 1;
      passed(at);
      const record = readableBy(decode, value);
      if (record) yield { offset, record };
    }
  }
}

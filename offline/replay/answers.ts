/** What people answered, by the windows log: the last verdict on each window or session that was not taken back. */
import type { Config } from '../../config/schema.js';
import { subjectOf } from '../../records/score.js';
import type { Verdict } from '../../records/verdict.js';
import { decodeWindowsRecord } from '../../records/windows.js';
import { openChannel } from './channel-records.js';

export { subjectOf };

/** Whether it was called an anomaly, by `subjectOf`. Throws a StartError where there is no log. */
export async function answersIn(config: Config): Promise<Map<string, boolean>> {
  const said = new Map<string, Verdict>();
  const windows = await openChannel(config, 'windows');
  try {
    for (let shard = 0; shard < windows.shards; shard++)
      for await (const { value } of windows.records(shard)) {
        const record = decodeWindowsRecord(value);
        if (record.type === 'verdict') said.set(record.verdict.id, record.verdict);
        else if (record.type === 'revocation') said.delete(record.verdict.id);
      }
  } finally {
    await windows.close();
  }
  return new Map([...said.values()].map(({ context, value }) => [subjectOf(context), value === 'anomaly']));
}

/** The first messages of a stream, as an ingest task would be handed them. */
import { DeliverPolicy } from '@nats-io/jetstream';
import type { Config } from '../../config/schema.js';
import { Durable, isWorkQueue } from '../../connectors/nats/durable.js';
import { rawOf } from '../../connectors/nats/source.js';
import { StreamFault } from '../../connectors/nats/trouble.js';
import { StartError } from '../../runtime/start-error.js';
import { openLink, selectionOf, type StreamConfig } from '../../service/intake/streams.js';
import type { SourceSample, Taken } from './sample.js';

/**
 * Reads what a stream still has from its beginning, by a consumer that acknowledges nothing and is forgotten.
 *
 * @throws StartError where the servers do not answer or there is no such stream
 */
export async function streamSample(
  settings: NonNullable<Config['nats']>,
  source: StreamConfig,
  limit: number,
): Promise<readonly SourceSample[]> {
  const { stream, subjects } = source;
  const link = await openLink(settings);
  try {
    if (isWorkQueue(await new Durable(link, selectionOf(source)).info()))
      throw new StreamFault(`stream ${stream} is a work queue: a look would take from it; try lines of it in a file`);
    const consumer = await link.client.consumers.get(stream, {
      deliver_policy: DeliverPolicy.All,
      // Several at once need a server of version 2.10.
      ...(subjects.length === 0 ? {} : { filter_subjects: subjects.length === 1 ? subjects[0] : [...subjects] }),
    });
    const taken: Taken[] = [];
    for (let left = (await consumer.info()).num_pending; left > 0 && taken.length <= limit;) {
      const messages = await consumer.fetch({ max_messages: Math.min(left, limit + 1 - taken.length), expires: 5000 });
      let came = 0;
      for await (const message of messages) {
        came++;
        taken.push({ offset: message.seq, raw: rawOf(message) });
      }
      if (came === 0) break;
      left -= came;
    }
    return [{ source: `nats:${stream}`, taken: taken.slice(0, limit), areValues: true, isCut: taken.length > limit }];
  } catch (error) {
    throw new StartError(link.describe(error), 'unavailable');
  } finally {
    await link.close();
  }
}

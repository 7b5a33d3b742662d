/** Checks NATS: servers, streams, subjects, and who reads them now. */
import { RetentionPolicy } from '@nats-io/jetstream';
import type { Config } from '../../config/schema.js';
import { Durable } from '../../connectors/nats/durable.js';
import { NatsLink } from '../../connectors/nats/link.js';
import { selectionOf, type StreamConfig } from '../intake/streams.js';
import { failing, ok, warning, within, type Finding } from './finding.js';

const nanosPerMinute = 60_000_000_000;

/** Looks, and writes nothing. */
export async function checkNats({ nats, sources }: Config): Promise<Finding[]> {
  if (!nats) return [];
  let link: NatsLink;
  try {
    link = await NatsLink.open(nats);
  } catch (error) {
    return [failing('nats', (error as Error).message)];
  }
  try {
    const { version, jetstream } = link.connection.info ?? {};
    const findings = [
      ok(
        'nats',
        `nats-server ${version ?? ''} answers at ${nats.servers.join(', ')}${jetstream === true ? ', with JetStream' : ''}`,
      ),
    ];
    for (const source of sources) if (source.type === 'nats') findings.push(...(await checkStream(link, source)));
    return findings;
  } finally {
    await link.close();
  }
}

async function checkStream(link: NatsLink, source: StreamConfig): Promise<Finding[]> {
  const { stream, subjects } = source;
  const about = `stream ${stream}`;
  try {
    const selection = selectionOf(source);
    const info = await within(new Durable(link, selection).info());
    const counts = await within(messagesOf(link, stream, subjects, info.state.messages));
    const { retention, max_age: age } = info.config;
    return [
      counts === 0
        ? warning(
            about,
            `no message${subjects.length > 0 ? ` of ${subjects.join(', ')}` : ''}: nothing can be learnt before some come`,
          )
        : ok(about, `${counts} messages, sequences ${info.state.first_seq} to ${info.state.last_seq}`),
      ...(age > 0 && age < 60 * nanosPerMinute
        ? [
            warning(
              about,
              `messages are deleted after ${Math.round(age / nanosPerMinute)} min: a longer stop of tocsin loses lines; raise max_age`,
            ),
          ]
        : []),
      ...(retention === RetentionPolicy.Interest
        ? [
            warning(
              about,
              'it keeps what a consumer waits for: what came before the first start of tocsin is not there',
            ),
          ]
        : []),
    ];
  } catch (error) {
    return [failing(about, link.describe(error))];
  }
}

/** Messages that are read of a stream. */
async function messagesOf(link: NatsLink, stream: string, subjects: readonly string[], all: number): Promise<number> {
  if (subjects.length === 0) return all;
  let count = 0;
  for (const subject of subjects) {
    const { state } = await link.streams.streams.info(stream, { subjects_filter: subject });
    count += Object.values(state.subjects ?? {}).reduce((sum, messages) => sum + messages, 0);
  }
  return count;
}

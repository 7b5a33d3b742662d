/** The durable consumer of a source: made again at each opening behind the checkpoint, so that nothing is read out of order. */
import {
  AckPolicy,
  DeliverPolicy,
  ReplayPolicy,
  RetentionPolicy,
  type Consumer,
  type StreamInfo,
} from '@nats-io/jetstream';
import type { NatsLink } from './link.js';
import { isStreamMissing, StreamFault } from './trouble.js';

/** Which messages of which stream are read, and by whom. */
export interface StreamSelection {
  readonly stream: string;
  /** Filters; all of the stream where there are none. */
  readonly subjects: readonly string[];
  /** What its durable consumers are called by; a number follows. */
  readonly consumer: string;
  /** When the stream was created, ms: it is another one where that differs. Undefined takes any. */
  readonly created?: number;
}

/** Where to begin: the sequence of the first message to read, or the time of it, ms. */
export type From = number | 'earliest' | 'latest' | { readonly time: number };

/** A consumer that delivers from a place on. */
export interface Begun {
  readonly consumer: Consumer;
  /** Sequence of the first message that may come. */
  readonly from: number;
  readonly info: StreamInfo;
}

const nanos = 1_000_000;
/** What is not acknowledged for so long comes again, and is recognised: the checkpoint is waited for that long, ms. */
const ackWaitMs = 600_000;

/** When a stream was created, ms since 1970: what tells it from another one of its name. */
export const createdAt = ({ created }: StreamInfo): number => Date.parse(created);

/** Whether a stream deletes what is acknowledged, and lets one consumer read a subject. */
export const isWorkQueue = ({ config }: StreamInfo): boolean => config.retention === RetentionPolicy.Workqueue;

/** Makes and deletes the durable consumers of one source. */
export class Durable {
  /** Number in the name of the consumer that is read by now. */
  private number = 0;

  constructor(
    private readonly link: NatsLink,
    private readonly selection: StreamSelection,
  ) {}

  /** @throws StreamFault where the stream is not there, is another one, or ends before what was read of it */
  async info(from?: number): Promise<StreamInfo> {
    const { stream, created } = this.selection;
    let info: StreamInfo;
    try {
      info = await this.link.streams.streams.info(stream);
    } catch (error) {
      if (isStreamMissing(error))
        throw new StreamFault(
          `there is no stream ${stream} at ${this.link.settings.servers.join(', ')}: create it, or correct sources[].stream`,
        );
      throw error;
    }
    if (created !== undefined && createdAt(info) !== created)
      throw new StreamFault(
        `stream ${stream} was deleted and created again while it was read: start tocsin again, and it is read from its beginning`,
      );
    const { last_seq: last } = info.state;
    if (from !== undefined && last + 1 < from)
      throw new StreamFault(
        `stream ${stream} ends at sequence ${last} and was read up to ${from - 1}: its server has lost its end, or an older copy was restored. Restore the newer one; or give the source another name, and the stream is read again from its beginning`,
      );
    return info;
  }

  /**
   * A consumer that delivers what is behind a place, in order. Those of before are deleted, on streams that keep what
   * no consumer has acknowledged only when the new one holds it.
   *
   * @throws StreamFault where another process reads by the same name, or the stream cannot be read on
   */
  async begin(from: From): Promise<Begun> {
    const { stream, consumer: base } = this.selection;
    const info = await this.info(typeof from === 'number' ? from : undefined);
    const others = await this.numbers();
    const last = Math.max(0, ...others);
    if (this.number > 0 && last > this.number)
      throw new StreamFault(
        `another process reads stream ${stream} by the consumer ${base}: give each installation its own sources[].consumer, or stop one`,
      );
    const isQueue = isWorkQueue(info);
    const nameOf = (number: number): string => `${base}-${number}`;
    const { consumers } = this.link.streams;
    const forget = async (): Promise<void> => {
      for (const number of others) await consumers.delete(stream, nameOf(number)).catch(() => undefined);
    };
    const number = Math.max(last, this.number) + 1;
    if (isQueue) await forget();
    const made = await this.make(nameOf(number), from, info);
    this.number = number;
    if (!isQueue) await forget();
    const begun = isQueue && typeof from === 'number' ? from : made;
    return { consumer: await this.link.client.consumers.get(stream, nameOf(number)), from: begun, info };
  }

  private async make(name: string, from: From, info: StreamInfo): Promise<number> {
    const { stream, subjects } = this.selection;
    const { state } = info;
    const isQueue = isWorkQueue(info);
    const first =
      from === 'earliest' || isQueue ? Math.max(1, state.first_seq) : from === 'latest' ? state.last_seq + 1 : from;
    const place = isQueue
      ? { deliver_policy: DeliverPolicy.All }
      : typeof first === 'number'
        ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: first }
        : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(first.time).toISOString() };
    try {
      const { delivered } = await this.link.streams.consumers.add(stream, {
        durable_name: name,
        ack_policy: AckPolicy.Explicit,
        ack_wait: ackWaitMs * nanos,
        max_deliver: -1,
        // What was read and is not checkpointed: about a second of reading.
        max_ack_pending: -1,
        replay_policy: ReplayPolicy.Instant,
        ...place,
        ...(subjects.length === 1 ? { filter_subject: subjects[0] } : {}),
        ...(subjects.length > 1 ? { filter_subjects: [...subjects] } : {}),
      });
      return typeof first === 'number' ? first : delivered.stream_seq + 1;
    } catch (error) {
      const { message } = error as Error;
      if (
        /filter_subjects|filtered consumer not unique|multiple non-filtered|filter subject|deliver all/i.test(message)
      )
        throw new StreamFault(
          `stream ${stream} cannot be read so: ${message}${subjects.length > 1 ? '; several subjects need NATS 2.10' : ''}`,
          { cause: error },
        );
      throw error;
    }
  }

  /** Numbers of the consumers that are called so. */
  private async numbers(): Promise<number[]> {
    const { stream, consumer: base } = this.selection;
    const found: number[] = [];
    for await (const { name } of this.link.streams.consumers.list(stream)) {
      const number = name.startsWith(`${base}-`) ? name.slice(base.length + 1) : '';
      if (/^\d{1,15}$/.test(number)) found.push(Number(number));
    }
    return found;
  }
}

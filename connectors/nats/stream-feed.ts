/** What a consumer has delivered of a stream and no task has taken yet, and what waits for a checkpoint to be acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RetentionPolicy, type JsMsg, type StreamInfo } from '@nats-io/jetstream';
import { Wake } from '../wake.js';
import { Durable, type Begun, type From, type StreamSelection } from './durable.js';
import type { NatsLink } from './link.js';
import { StreamFault } from './trouble.js';

/** Messages in order, and the sequence behind them. */
export interface StreamSlice {
  readonly messages: readonly JsMsg[];
  readonly next: number;
  /** Nothing was behind the last of them when it was delivered. */
  readonly isAtEnd: boolean;
}

/** Messages that a pull asks for: with what is queued here, all that is held of a stream. */
const pulled = 256;
const maxQueuedBytes = 4_194_304;
/** Between two tries to read on, ms. */
const retryMs = 500;

/** What a feed reads, and whom it tells of what it meets. */
export interface StreamFeedParts {
  readonly link: NatsLink;
  readonly selection: StreamSelection;
  /** Called where messages were deleted before they were read: at most `count` of them, and a message for people. */
  readonly lost: (count: number, message: string) => void;
  readonly warn: (message: string) => void;
}

/**
 * The checkpoint is the truth, and the acknowledgement follows it: a consumer begins behind the last checkpoint, and what
 * it delivers of what was read here before is recognised by its sequence.
 */
export class StreamFeed {
  private readonly durable: Durable;
  private readonly filled = new Wake();
  private readonly drained = new Wake();
  private readonly closing = new AbortController();
  private queue: JsMsg[] = [];
  private queuedBytes = 0;
  /** Sequence behind the last checkpoint, and behind what was delivered. */
  private checkpointed = 0;
  private received = 0;
  private next = 0;
  /** Delivered by the present consumer, in order. */
  private delivered = 0;
  private unacknowledged: JsMsg[] = [];
  private begun: Begun | undefined;
  private failure: Error | undefined;
  /** What the stream was when it was asked last, and when that was. */
  private asked: { readonly info?: StreamInfo; readonly at: number } = { at: Number.NEGATIVE_INFINITY };

  constructor(private readonly parts: StreamFeedParts) {
    this.durable = new Durable(parts.link, parts.selection);
  }

  /** Sequence behind what was taken. */
  get position(): number {
    return this.next;
  }

  /**
   * Begins to read.
   *
   * @param position - sequence behind the checkpoint, where there is one
   * @returns whether messages behind the position were deleted before they were read; undefined where it was stopped
   */
  async open(position: number | undefined, start: From, stop: AbortSignal): Promise<boolean | undefined> {
    const begun = await this.begin(position ?? start, stop);
    if (!begun) return undefined;
    this.next = this.received = this.checkpointed = begun.from;
    const { first_seq: first } = begun.info.state;
    const isLost = position !== undefined && this.wasDeleted([{ from: position, to: first }], begun.info);
    // Said once: what follows is expected from there on.
    if (isLost) this.next = first;
    void this.pump(begun);
    return isLost;
  }

  /** What came, in order; undefined where nothing is here. @throws Error where the stream cannot be read on */
  take(maxMessages: number, maxBytes: number): StreamSlice | undefined {
    if (this.queue.length === 0) {
      if (this.failure) throw this.failure;
      return undefined;
    }
    let count = 0;
    for (let bytes = 0; count < this.queue.length && count < maxMessages && bytes < maxBytes; count++)
      bytes += this.queue[count]!.data.length;
    const messages = this.queue.splice(0, count);
    for (const { data } of messages) this.queuedBytes -= data.length;
    this.next = messages[count - 1]!.seq + 1;
    this.drained.notify();
    return { messages, next: this.next, isAtEnd: messages[count - 1]!.info.pending === 0 };
  }

  /** Whether messages between were deleted before they were read; the server is asked where sequences leave a gap. */
  async hasLost(expected: number, { messages, next }: StreamSlice): Promise<boolean> {
    if (next - expected === messages.length) return false;
    try {
      // Where only some subjects are read there are gaps everywhere.
      if (this.isWholeStream || performance.now() - this.asked.at >= 1000)
        this.asked = { info: await this.durable.info(), at: performance.now() };
    } catch (error) {
      if (error instanceof StreamFault) throw error;
      return false;
    }
    const { info } = this.asked;
    return info !== undefined && this.wasDeleted(gapsIn(expected, messages), info);
  }

  /** What a checkpoint covers is acknowledged. @param position - sequence behind it */
  covered(position: number): void {
    this.checkpointed = Math.max(this.checkpointed, position);
    const rest: JsMsg[] = [];
    for (const message of this.unacknowledged) {
      if (message.seq < this.checkpointed) message.ack();
      else rest.push(message);
    }
    this.unacknowledged = rest;
  }

  /**
   * Sequence behind the end of the stream now, or undefined where no server answers. Where all of it that is asked for
   * was taken, the position is there, too: what follows is of other subjects.
   */
  async end(): Promise<number | undefined> {
    const consumer = this.begun?.consumer;
    if (!consumer) return undefined;
    try {
      const { state } = await this.durable.info();
      const { num_pending: pending, delivered } = await consumer.info();
      const isAll = pending === 0 && delivered.consumer_seq === this.delivered && this.queue.length === 0;
      if (isAll && consumer === this.begun?.consumer) this.next = Math.max(this.next, state.last_seq + 1);
      return Math.max(this.next, state.last_seq + 1);
    } catch (error) {
      if (error instanceof StreamFault) throw error;
      return undefined;
    }
  }

  wait(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
    return this.failure || this.queue.length > 0 ? Promise.resolve() : this.filled.wait(ms, ...signals);
  }

  /** Ends reading. The consumer stays: it holds what was not acknowledged. */
  close(): void {
    this.closing.abort();
    this.drained.notify();
    this.filled.notify();
  }

  /** A consumer behind a place; tried until the servers give one. */
  private async begin(from: From, ...stops: readonly AbortSignal[]): Promise<Begun | undefined> {
    const { link, warn } = this.parts;
    let said = Number.NEGATIVE_INFINITY;
    while (!stops.some(({ aborted }) => aborted)) {
      try {
        return await this.durable.begin(from);
      } catch (error) {
        if (error instanceof StreamFault) throw error;
        if (performance.now() - said >= 10_000 && !link.connection.isClosed()) {
          said = performance.now();
          warn(`${link.describe(error)}; tried again`);
        }
        await sleep(retryMs, undefined, { signal: AbortSignal.any([...stops]) }).catch(() => undefined);
      }
    }
    return undefined;
  }

  private async pump(first: Begun): Promise<void> {
    const { signal } = this.closing;
    try {
      for (let begun: Begun | undefined = first; begun && !signal.aborted;) {
        this.begun = begun;
        this.delivered = 0;
        this.unacknowledged = [];
        await this.read(begun);
        // A delivery was lost on its way, or the consumer was deleted.
        begun = await this.begin(this.checkpointed, signal);
      }
    } catch (error) {
      this.failure = error as Error;
      this.filled.notify();
    }
  }

  /** Reads by one consumer, as long as it delivers one after the other. */
  private async read({ consumer }: Begun): Promise<void> {
    const { signal } = this.closing;
    const messages = await consumer.consume({ max_messages: pulled, abort_on_missing_resource: true });
    const end = (): void => messages.stop();
    signal.addEventListener('abort', end);
    try {
      for await (const message of messages) {
        if (signal.aborted || message.info.deliverySequence !== this.delivered + 1) return;
        this.delivered++;
        this.got(message);
        while (this.queuedBytes >= maxQueuedBytes && !signal.aborted) await this.drained.wait(1000, signal);
      }
    } catch {
      // What is wrong is found when the next consumer is made.
    } finally {
      signal.removeEventListener('abort', end);
      messages.stop();
    }
  }

  private got(message: JsMsg): void {
    const { seq } = message;
    if (seq < this.checkpointed) {
      message.ack();
      return;
    }
    this.unacknowledged.push(message);
    if (seq < this.received) return;
    this.received = seq + 1;
    this.queue.push(message);
    this.queuedBytes += message.data.length;
    this.filled.notify();
  }

  private get isWholeStream(): boolean {
    return this.parts.selection.subjects.length === 0;
  }

  /** Whether what a gap holds is before the beginning of the stream, and says so. */
  private wasDeleted(gaps: readonly Gap[], { state, config }: StreamInfo): boolean {
    // What others acknowledge of other subjects leaves such a stream, too.
    if (!this.isWholeStream && config.retention !== RetentionPolicy.Limits) return false;
    const deleted = gaps.filter(({ from }) => from < state.first_seq);
    if (deleted.length === 0) return false;
    const { stream } = this.parts.selection;
    const last = Math.min(deleted[deleted.length - 1]!.to, state.first_seq);
    const count = deleted.reduce((sum, { from, to }) => sum + Math.min(to, state.first_seq) - from, 0);
    this.parts.lost(
      count,
      `${this.isWholeStream ? '' : 'up to '}${count} messages of stream ${stream} (sequences ${deleted[0]!.from} to ${last - 1}) were deleted before they were read: purged, or beyond the limits of the stream, which may be too small`,
    );
    return true;
  }
}

/** Sequences `[from, to)` that did not come. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

function gapsIn(expected: number, messages: readonly JsMsg[]): Gap[] {
  const gaps: Gap[] = [];
  let from = expected;
  for (const { seq } of messages) {
    if (seq > from) gaps.push({ from, to: seq });
    from = seq + 1;
  }
  return gaps;
}

/** What a consumer group member has fetched of one partition and no task has taken yet. */
import { valueLength } from './fetch/fetched-message.js';
import type { KafkaMessage } from 'kafkajs';
import type { OffsetRange } from './offsets.js';
import { Wake } from '../wake.js';

/** Where to begin: an offset, an end of what is there, or the first record at or after a broker time in ms. */
export type Start = number | 'earliest' | 'latest' | { readonly time: number };

/** Records that were deleted before they were read. */
export interface Lost {
  readonly source: string;
  /** Offsets `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

/** A position is beyond the end of its partition: the topic was re-created, or it lost its end. */
export class BeyondEndError extends Error {
  constructor(
    readonly topic: string,
    readonly partition: number,
    message: string,
    /** Broker time stamp of the last record before the position, ms, where it was read by this process. */
    readonly lastTime?: number,
  ) {
    super(message);
    this.name = 'BeyondEndError';
  }
}

/** Records in order, and the offset after them. */
export interface Slice {
  readonly messages: readonly KafkaMessage[];
  readonly next: number;
  /** Offset that should have been the first: none came between it and the first message. */
  readonly gap?: number;
}

/** What a feed asks of the consumer that fills it. */
export interface PartitionPort {
  seek(topic: string, partition: number, offset: number): void;
  pause(topic: string, partition: number): void;
  resume(topic: string, partition: number): void;
  range(topic: string, partition: number, maxAgeMs?: number): Promise<OffsetRange>;
  at(topic: string, partition: number, time: number): Promise<number>;
  lost(lost: Lost): void;
  /** Bytes that one partition may hold before it is paused. */
  limit(): number;
}

interface Fetched {
  readonly messages: readonly KafkaMessage[];
  /** Index of the first one that is not taken. */
  at: number;
  readonly next: number;
  /** Before the first one that is not taken. */
  gap?: number | undefined;
}

/** A record costs this much besides its value, about. */
const overhead = 64;

/**
 * The consumer pushes what it has fetched, a source takes it. Where it is full the partition is paused, so that a slow
 * source neither fills memory nor holds other partitions up: kafkajs fetches again only when all handlers of the last
 * fetch have returned. One assignment has one feed; once revoked it gives nothing more.
 */
export class PartitionStream {
  /** `topic/partition`: the name of the source in positions and dead letters. */
  readonly name: string;
  private queue: Fetched[] = [];
  private bytes = 0;
  private expectedOffset = 0;
  private positionOffset = 0;
  private opened = false;
  private isRevoked = false;
  private isGone = false;
  private lastTime: number | undefined;
  /** End of the partition when it was fetched from last. */
  private highWatermark = Number.POSITIVE_INFINITY;
  private failure: Error | undefined;
  private paused = true;
  private readonly filled = new Wake();
  private readonly drained = new Wake();

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly port: PartitionPort,
  ) {
    this.name = `${topic}/${partition}`;
  }

  /** Offset after what was taken. */
  get position(): number {
    return this.positionOffset;
  }

  /** Offset that the next fetch should give. */
  get expected(): number {
    return this.expectedOffset;
  }

  get isOpen(): boolean {
    return this.opened && !this.isRevoked && !this.failure;
  }

  get revoked(): boolean {
    return this.isRevoked;
  }

  get isFull(): boolean {
    return this.bytes >= this.port.limit();
  }

  /** All that was there when the partition was fetched from last is taken. */
  get isAtEnd(): boolean {
    return this.isEmpty && this.expectedOffset >= this.highWatermark;
  }

  /** Nothing is waiting to be taken. */
  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  /**
   * Begins to read, or goes somewhere else. What retention has deleted before it could be read is reported as lost.
   *
   * @returns the offset where it begins
   * @throws Error where an offset lies beyond the end of the partition
   */
  async open(start: Start): Promise<number> {
    const { topic, partition, port } = this;
    const { low, high } = await port.range(topic, partition);
    let offset: number;
    if (start === 'earliest') offset = low;
    else if (start === 'latest') offset = high;
    else if (typeof start === 'object') offset = await port.at(topic, partition, start.time);
    else offset = start;
    if (offset > high) {
      throw new BeyondEndError(
        topic,
        partition,
        `${this.name} ends at offset ${high} and the stored position is ${offset}: the topic was re-created or lost its end. Where it was re-created, say so: \`tocsin topics --recreated ${topic}\` reads it from the beginning.`,
      );
    }
    if (offset < low) {
      // From the beginning is from what is left; a position in the middle has lost something.
      if (offset > 0) this.reportLost(offset, low);
      offset = low;
    }
    if (this.isRevoked) return offset;
    this.queue = [];
    this.bytes = 0;
    this.positionOffset = this.expectedOffset = offset;
    this.opened = true;
    this.failure = undefined;
    port.seek(topic, partition, offset);
    this.resume();
    return offset;
  }

  /** The first offset whose record has this broker time or a later one, ms; the end where there is none. */
  at(time: number): Promise<number> {
    return this.port.at(this.topic, this.partition, time);
  }

  /** After a join: the consumer has forgotten where it was and whom it had paused. */
  rejoin(): void {
    const { topic, partition, port } = this;
    if (!this.isOpen) {
      port.pause(topic, partition);
      return;
    }
    port.seek(topic, partition, this.expectedOffset);
    if (this.isFull) this.pause();
    else this.resume();
  }

  /** The partition was deleted: its source ends with what was fetched. */
  end(): void {
    this.isGone = true;
    this.failure = undefined;
    this.filled.notify();
  }

  get gone(): boolean {
    return this.isGone;
  }

  /** Another member has it now, or the consumer ends. */
  revoke(): void {
    this.isRevoked = true;
    this.queue = [];
    this.bytes = 0;
    this.filled.notify();
    this.drained.notify();
  }

  /**
   * Takes in what was fetched. Records that were there before are left out.
   *
   * @param next offset after the last record, also one that consumers do not see (a transaction marker)
   */
  push(messages: readonly KafkaMessage[], next: number, highWatermark: number): void {
    if (!this.isOpen) return;
    if (highWatermark < this.expectedOffset) {
      this.fail(
        new BeyondEndError(
          this.topic,
          this.partition,
          `${this.name} ended at offset ${this.expectedOffset} and ends at ${highWatermark} now: the topic was re-created or its brokers lost acknowledged records. Where it was re-created, say so: \`tocsin topics --recreated ${this.topic}\` reads it from the beginning.`,
          this.lastTime,
        ),
      );
      return;
    }
    this.highWatermark = highWatermark;
    let first = 0;
    while (first < messages.length && Number(messages[first]!.offset) < this.expectedOffset) first++;
    if (first < messages.length) {
      const gap = Number(messages[first]!.offset) > this.expectedOffset ? { gap: this.expectedOffset } : {};
      let bytes = 0;
      for (let i = first; i < messages.length; i++) bytes += valueLength(messages[i]!) + overhead;
      this.queue.push({ messages, at: first, next, ...gap });
      this.bytes += bytes;
      this.lastTime = Number(messages[messages.length - 1]!.timestamp);
    }
    this.advance(next);
  }

  /** Nothing that consumers see lies before `next`. */
  advance(next: number): void {
    if (!this.isOpen || next <= this.expectedOffset) return;
    this.expectedOffset = next;
    if (this.queue.length === 0) this.positionOffset = next;
    this.filled.notify();
  }

  /**
   * The next records, or undefined where there are none yet.
   *
   * @throws Error where the partition cannot be read any more
   */
  take(maxRecords: number, maxBytes: number): Slice | undefined {
    if (this.failure) throw this.failure;
    const fetched = this.queue.at(0);
    if (!fetched) return undefined;
    const { messages, at, gap } = fetched;
    const limit = Math.min(messages.length, at + maxRecords);
    let bytes = 0;
    let end = at;
    while (end < limit && (end === at || bytes < maxBytes)) bytes += valueLength(messages[end++]!) + overhead;
    this.bytes -= bytes;
    let next: number;
    if (end === messages.length) {
      this.queue.shift();
      next = this.queue.length === 0 ? this.expectedOffset : fetched.next;
    } else {
      fetched.at = end;
      fetched.gap = undefined;
      next = Number(messages[end - 1]!.offset) + 1;
    }
    this.positionOffset = next;
    if (this.paused && this.bytes * 2 <= this.port.limit()) this.resume();
    if (!this.isFull) this.drained.notify();
    return {
      messages: at === 0 && end === messages.length ? messages : messages.slice(at, end),
      next,
      ...(gap === undefined ? {} : { gap }),
    };
  }

  /** Resolves when there is something to take, when the partition is revoked, after `ms`, or when a signal aborts. */
  async wait(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
    if (this.queue.length === 0 && !this.isRevoked && !this.isGone && !this.failure)
      await this.filled.wait(ms, ...signals);
  }

  /** Waits up to `ms` for room and pauses the partition where there is none then. */
  async makeRoom(ms: number): Promise<void> {
    if (!this.isFull) return;
    await this.drained.wait(ms);
    if (this.isFull && this.isOpen) this.pause();
  }

  /** What is there of the partition. */
  range(maxAgeMs = 0): Promise<OffsetRange> {
    return this.port.range(this.topic, this.partition, maxAgeMs);
  }

  /** Nothing can be read any more; the reader gets the error. */
  fail(error: Error): void {
    this.failure = error;
    this.filled.notify();
    this.drained.notify();
  }

  private pause(): void {
    this.paused = true;
    this.port.pause(this.topic, this.partition);
  }

  private resume(): void {
    this.paused = false;
    this.port.resume(this.topic, this.partition);
  }

  /**
   * Whether records are missing between two offsets; reported where they are. A gap may be a
   * transaction marker, or compaction; where the partition begins after it, it is a loss, and where it is unknown, too.
   */
  async hasLost(from: number, to: number): Promise<boolean> {
    const low = await this.range().then(
      (range) => range.low,
      () => to,
    );
    if (low > from) this.reportLost(from, Math.min(low, to));
    return low > from;
  }

  private reportLost(from: number, to: number): void {
    this.port.lost({
      source: this.name,
      from,
      to,
      message: `${to - from} records of ${this.name} (offsets ${from} to ${to - 1}) were deleted before they were read: give the topic a longer retention, or this consumer more members`,
    });
  }
}

/** A fetched record as a view on its batch: nothing of it becomes a text, a number object or a buffer unless asked for. */

/** What all records of a batch share; names and texts are those of kafkajs, which filters aborted transactions by them. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly partitionLeaderEpoch: number;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
  readonly lastOffsetDelta: number;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly maxTimestamp: string;
  /** 0 CreateTime, 1 LogAppendTime. */
  readonly timestampType: number;
  readonly magicByte: number;
}

type Headers = Record<string, Buffer | Buffer[] | null | undefined>;

/** The shape of kafkajs's message; `at`, `time`, `bytes`, `start` and `end` are for those who need no texts and copies. */
export class FetchedMessage {
  readonly attributes: number;

  constructor(
    readonly batchContext: BatchContext,
    /** Unpacked records of the batch. */
    readonly bytes: Buffer,
    /** Offset. */
    readonly at: number,
    /** Time stamp, ms. */
    readonly time: number,
    attributes: number,
    private readonly keyStart: number,
    private readonly keyEnd: number,
    /** Where the value is in `bytes`; `start` is -1 where there is none. */
    readonly start: number,
    readonly end: number,
    private readonly headerCount: number,
  ) {
    this.attributes = attributes;
  }

  get magicByte(): number {
    return this.batchContext.magicByte;
  }

  get isControlRecord(): boolean {
    return this.batchContext.isControlBatch;
  }

  get offset(): string {
    return String(this.at);
  }

  get timestamp(): string {
    return String(this.time);
  }

  get key(): Buffer | null {
    return this.keyStart < 0 ? null : this.bytes.subarray(this.keyStart, this.keyEnd);
  }

  get value(): Buffer | null {
    return this.start < 0 ? null : this.bytes.subarray(this.start, this.end);
  }

  /** By name; a name that comes twice has a list of its values. */
  get headers(): Headers {
    const headers: Headers = {};
    if (this.headerCount === 0) return headers;
    // They follow the value, behind their count.
    const reader = { at: this.end };
    varint(this.bytes, reader);
    for (let i = 0; i < this.headerCount; i++) {
      const keyLength = varint(this.bytes, reader);
      const name = this.bytes.toString('utf8', reader.at, (reader.at += Math.max(0, keyLength)));
      const length = varint(this.bytes, reader);
      const value = length < 0 ? null : this.bytes.subarray(reader.at, (reader.at += length));
      const before = headers[name];
      headers[name] =
        before === undefined
          ? value
          : Array.isArray(before)
            ? [...before, value as Buffer]
            : [before as Buffer, value as Buffer];
    }
    return headers;
  }
}

/** Bytes of a message's value, without a view of them where none is needed. */
export const valueLength = (message: { readonly value: Buffer | null }): number =>
  message instanceof FetchedMessage
    ? message.start < 0
      ? 0
      : message.end - message.start
    : (message.value?.length ?? 0);

/** A zigzag number of up to 53 bits (Protocol Buffers encoding), and on behind it. */
export function varint(bytes: Uint8Array, reader: { at: number }): number {
  let byte = bytes[reader.at++]!;
  let low = byte & 0x7f;
  if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
  let shift = 7;
  while (byte >= 0x80 && shift < 28) {
    byte = bytes[reader.at++]!;
    low |= (byte & 0x7f) << shift;
    shift += 7;
  }
  if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
  // Longer than 28 bits: no bit operations from here on.
  let value = low;
  let scale = 0x10000000;
  while (byte >= 0x80) {
    if (shift > 63) throw new Error('a number has more than 64 bits');
    byte = bytes[reader.at++]!;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    shift += 7;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/**
 * Decodes the record set of a fetch answer (Kafka protocol, "Record Batch", magic 2): numbers instead of big ones,
 * messages as views, the checksum checked. Older message sets (magic 0 and 1) are left to kafkajs.
 */
import { gunzipSync } from 'node:zlib';
import { crc32c } from './crc32c.js';
import { FetchedMessage, varint, type BatchContext } from './fetched-message.js';

/** Bytes before the records of a batch, from its first offset on. */
const overhead = 61;
/** Bytes that the length of a batch does not count: first offset and the length itself. */
const prefix = 12;
const magicAt = 16;
const gzip = 1;

/** What decompresses a codec of the attributes (1 gzip, 2 snappy, 3 LZ4, 4 zstd). */
export type Decompress = (codec: number, packed: Buffer) => Promise<Buffer>;

/** Whether the set begins with a batch that this decoder reads. */
export const isRecordBatch = (set: Buffer): boolean => set.length > magicAt && set[magicAt] === 2;

const int64 = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 0x100000000 + bytes.readUInt32BE(at + 4);

/**
 * All messages of the set. The last batch may be cut, which fetch answers are allowed to; it is left out.
 *
 * Errors are of the class `Error`: kafkajs takes others for the end of everything, and a fetch from another replica may
 * bring the batch whole.
 *
 * @throws Error where a batch is damaged, with its first offset
 */
export async function decodeRecordSet(set: Buffer, decompress: Decompress): Promise<FetchedMessage[]> {
  const messages: FetchedMessage[] = [];
  for (let at = 0; at + overhead <= set.length;) {
    const firstOffset = int64(set, at);
    const length = set.readInt32BE(at + 8);
    const end = at + prefix + length;
    if (length < overhead - prefix) throw damaged(firstOffset, `its length is ${length}`);
    if (end > set.length) break;
    const found = crc32c(set, at + 21, end);
    const said = set.readInt32BE(at + 17);
    if (found !== said) throw damaged(firstOffset, `its checksum is ${hex(said)} and its bytes have ${hex(found)}`);
    const attributes = set.readInt16BE(at + 21);
    const count = set.readInt32BE(at + 57);
    const batch = contextOf(set, at, firstOffset, attributes);
    const packed = set.subarray(at + overhead, end);
    const codec = attributes & 7;
    const unpacked = codec === 0 || count <= 0 ? packed : codec === gzip ? ungzip(packed) : decompress(codec, packed);
    const records = unpacked instanceof Promise ? await unpacked : unpacked;
    try {
      readRecords(records, count, firstOffset, int64(set, at + 27), int64(set, at + 35), batch, messages);
    } catch (error) {
      throw damaged(firstOffset, (error as Error).message);
    }
    at = end;
  }
  return messages;
}

const hex = (crc: number): string => (crc >>> 0).toString(16).padStart(8, '0');
const damaged = (firstOffset: number, why: string): Error =>
  new Error(`the record batch at offset ${firstOffset} is damaged: ${why}`);

function contextOf(set: Buffer, at: number, firstOffset: number, attributes: number): BatchContext {
  return {
    firstOffset: String(firstOffset),
    firstTimestamp: String(int64(set, at + 27)),
    partitionLeaderEpoch: set.readInt32BE(at + 12),
    inTransaction: (attributes & 0x10) > 0,
    isControlBatch: (attributes & 0x20) > 0,
    lastOffsetDelta: set.readInt32BE(at + 23),
    producerId: String(set.readBigInt64BE(at + 43)),
    producerEpoch: set.readInt16BE(at + 51),
    firstSequence: set.readInt32BE(at + 53),
    maxTimestamp: String(int64(set, at + 35)),
    timestampType: attributes & 8 ? 1 : 0,
    magicByte: 2,
  };
}

function readRecords(
  bytes: Buffer,
  count: number,
  firstOffset: number,
  firstTimestamp: number,
  maxTimestamp: number,
  batch: BatchContext,
  messages: FetchedMessage[],
): void {
  const reader = { at: 0 };
  for (let i = 0; i < count; i++) {
    const length = varint(bytes, reader);
    const end = reader.at + length;
    if (!(length > 0 && end <= bytes.length)) throw new Error(`record ${i} of ${count} is longer than its batch`);
    const attributes = (bytes[reader.at++]! << 24) >> 24;
    const timestamp = firstTimestamp + varint(bytes, reader);
    const offset = firstOffset + varint(bytes, reader);
    const keyLength = varint(bytes, reader);
    const keyStart = keyLength < 0 ? -1 : reader.at;
    if (keyLength > 0) reader.at += keyLength;
    const keyEnd = reader.at;
    const valueLength = varint(bytes, reader);
    const start = valueLength < 0 ? -1 : reader.at;
    if (valueLength > 0) reader.at += valueLength;
    const valueEnd = reader.at;
    if (!(valueEnd <= end)) throw new Error(`a field of record ${i} of ${count} is longer than the record`);
    const headers = valueEnd === end ? 0 : varint(bytes, reader);
    const time = batch.timestampType === 1 ? maxTimestamp : timestamp;
    messages.push(
      new FetchedMessage(batch, bytes, offset, time, attributes, keyStart, keyEnd, start, valueEnd, headers),
    );
    reader.at = end;
  }
}

/** In one piece: the trailer has the size modulo 2^32 (RFC 1952), so that zlib needs no second buffer. */
function ungzip(packed: Buffer): Buffer {
  const size = packed.length >= 18 ? packed.readUInt32LE(packed.length - 4) : 0;
  // A trailer that lies costs no more than a chunk of this size.
  const chunkSize = Math.min(Math.max(size, 1024), 16 * 1024 * 1024);
  try {
    return gunzipSync(packed, { chunkSize });
  } catch (error) {
    throw new Error(`a gzip batch cannot be unpacked: ${String(error)}`, { cause: error });
  }
}

/**
 * Puts the record decoder in the place of that of kafkajs, for every client of the process. kafkajs has no door for it, so
 * this is done only where kafkajs is exactly the version that the decoder was written for; with any other one, and where
 * `kafka.decoder` is `kafkajs`, its own decoder reads.
 */
import { createRequire } from 'node:module';
import { decodeRecordSet, isRecordBatch, type Decompress } from './record-set.js';

/** The version whose files are named below. */
const writtenFor = '2.2.4';

/** The reader of a fetch answer, as far as it is used. */
interface AnswerReader {
  readonly buffer: Buffer;
  offset: number;
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}
type DecodeMessages = (reader: AnswerReader) => Promise<unknown>;

let isInstalled: boolean | undefined;

/**
 * Installs the decoder once a process; call it before the first fetch.
 *
 * @returns whether fetches are read by it
 */
export function installFetchDecoder(): boolean {
  return (isInstalled ??= install());
}

function install(): boolean {
  try {
    const load = createRequire(import.meta.url);
    const { version } = load('kafkajs/package.json') as { version: string };
    if (version !== writtenFor) return false;
    const path = load.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages');
    const stock = load(path) as DecodeMessages;
    const { Codecs } = load('kafkajs/src/protocol/message/compression') as {
      Codecs: Record<number, (() => { decompress(packed: Buffer): Promise<Buffer> }) | undefined>;
    };
    const decompress: Decompress = (codec, packed) => {
      const known = Codecs[codec];
      if (!known) throw new Error(`a batch has the unknown codec ${codec}`);
      return known().decompress(packed);
    };
    const module = load.cache[path];
    if (!module) return false;
    module.exports = messagesDecoder(stock, decompress);
    return true;
  } catch {
    return false;
  }
}

/** Reads the record set that follows in a fetch answer; sets of older formats by `stock`. */
export const messagesDecoder =
  (stock: DecodeMessages, decompress: Decompress): DecodeMessages =>
  async (reader) => {
    const size = reader.buffer.readInt32BE(reader.offset);
    const start = reader.offset + 4;
    const set = size > 0 ? reader.buffer.subarray(start, start + size) : undefined;
    if (!set || set.length < size || !isRecordBatch(set)) return stock(reader);
    reader.offset = start + size;
    return decodeRecordSet(set, decompress);
  };

/** Reads what producers compress by other means than gzip: kafkajs has no codec for it and ends on the first batch. */
import { decompress as unzstd } from 'fzstd';
import kafkajs from 'kafkajs';
import { decompressFrame } from 'lz4-napi';
import { uncompress as unsnappy } from 'snappy';

// Its codecs are not among the names that Node finds in it.
const { CompressionCodecs, CompressionTypes } = kafkajs;

/** Java producers put snappy blocks into a stream format of their own, others send one block as it is. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeader = 16;

async function readSnappy(packed: Buffer): Promise<Buffer> {
  if (!packed.subarray(0, xerialMagic.length).equals(xerialMagic)) return Buffer.from(await unsnappy(packed));
  const blocks: Buffer[] = [];
  for (let at = xerialHeader; at < packed.length;) {
    const length = packed.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > packed.length) throw new Error('a snappy block is longer than its batch');
    blocks.push(Buffer.from(await unsnappy(packed.subarray(at, at + length))));
    at += length;
  }
  return Buffer.concat(blocks);
}

const readLz4 = (packed: Buffer): Promise<Buffer> => decompressFrame(packed);
const readZstd = (packed: Buffer): Promise<Buffer> => Promise.resolve(Buffer.from(unzstd(packed)));

/**
 * kafkajs tries most errors again and takes a `TypeError` or `RangeError` for the end of everything: a batch that cannot
 * be unpacked is of the first kind, since a fetch from another replica may bring it whole.
 */
const reader = (name: string, read: (packed: Buffer) => Promise<Buffer>) => () => ({
  compress: (): Promise<Buffer> => Promise.reject(new Error(`${name} is read only: tocsin writes gzip`)),
  async decompress(packed: Buffer): Promise<Buffer> {
    try {
      return await read(packed);
    } catch (error) {
      throw new Error(`a ${name} batch cannot be unpacked: ${String(error)}`, { cause: error });
    }
  },
});

/** Teaches kafkajs snappy, LZ4 and zstd, for every client of the process. */
export function learnCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = reader('snappy', readSnappy);
  CompressionCodecs[CompressionTypes.LZ4] = reader('LZ4', readLz4);
  CompressionCodecs[CompressionTypes.ZSTD] = reader('zstd', readZstd);
}

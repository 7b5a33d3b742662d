/** Walks the fields of a Protobuf message without its schema (protobuf.dev, "Encoding"). Nothing is copied. */

/** Wire types of the Protocol Buffers encoding; groups (3 and 4) are not read. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The bytes are no Protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const two32 = 4_294_967_296;
const scratch = new DataView(new ArrayBuffer(8));

/** One message, `bytes[at, end)`. Fields come as they were written: in any order, repeated or not. */
export class WireReader {
  field = 0;
  type = 0;
  /** Halves of a varint or fixed number, unsigned. */
  low = 0;
  high = 0;
  /** What a field of bytes holds: `bytes[from, to)`. */
  from = 0;
  to = 0;

  constructor(
    public bytes: Uint8Array,
    private at: number,
    private end: number,
  ) {}

  /** Begins anew with the message that a field of `other` holds. */
  enter(other: WireReader): this {
    this.bytes = other.bytes;
    this.at = other.from;
    this.end = other.to;
    return this;
  }

  /** The bytes of the message are one field of bytes, of less than 128: its number, or 0; `from` and `to` are set. */
  onlyShort(): number {
    const { bytes, at, end } = this;
    if (end - at < 2 || (bytes[at]! & 0x87) !== wireTypes.bytes || bytes[at + 1] !== end - at - 2) return 0;
    this.from = at + 2;
    this.to = end;
    return bytes[at]! >>> 3;
  }

  /** Goes to the next field; false at the end. @throws WireError where the bytes are no message */
  next(): boolean {
    if (this.at >= this.end) return false;
    // Nearly all tags have one byte.
    let tag = this.bytes[this.at]!;
    if (tag < 0x80) {
      this.at++;
      this.high = 0;
    } else {
      this.varint();
      if (this.high !== 0) throw new WireError('a field number is too large');
      tag = this.low;
    }
    this.field = tag >>> 3;
    this.type = tag & 7;
    if (this.field === 0) throw new WireError('a field has the number 0');
    if (this.type === wireTypes.varint) this.varint();
    else if (this.type === wireTypes.fixed64) {
      this.low = this.word();
      this.high = this.word();
    } else if (this.type === wireTypes.fixed32) {
      this.low = this.word();
      this.high = 0;
    } else if (this.type === wireTypes.bytes) {
      let length = this.at < this.end ? this.bytes[this.at]! : 0x80;
      if (length < 0x80) {
        this.at++;
        this.low = length;
        this.high = 0;
      } else {
        this.varint();
        length = this.high * two32 + this.low;
      }
      if (length > this.end - this.at) throw new WireError('a field is longer than its message');
      this.from = this.at;
      this.to = this.at += length;
    } else throw new WireError(`wire type ${this.type} is not read`);
    return true;
  }

  /** The message that a field of bytes holds. */
  message(): WireReader {
    return new WireReader(this.bytes, this.from, this.to);
  }

  text(): string {
    const { bytes, from, to } = this;
    return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
  }

  /** A fixed64 as the float that it stands for. */
  double(): number {
    scratch.setUint32(0, this.high);
    scratch.setUint32(4, this.low);
    return scratch.getFloat64(0);
  }

  /** Two's complement, to the nearest number beyond 2^53. */
  signed(): number {
    return (this.high | 0) * two32 + this.low;
  }

  unsigned(): number {
    return this.high * two32 + this.low;
  }

  /** Nanoseconds as whole ms, without loss; 0 stays 0. */
  millisOfNanos(): number {
    return this.high * 4294 + Math.floor((this.high * 967_296 + this.low) / 1_000_000);
  }

  private varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) throw new WireError('a number is cut short');
      const byte = this.bytes[this.at++]!;
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= (part & 0x0f) << 28;
        high = part >>> 4;
      } else if (shift < 63) high |= part << (shift - 32);
      else high |= (part & 1) << 31;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new WireError('a number has more than ten bytes');
  }

  private word(): number {
    const { bytes, at } = this;
    if (this.end - at < 4) throw new WireError('a number is cut short');
    this.at += 4;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }
}

/** Places of short texts that are remembered, a power of two, and the bytes of the longest one. */
const places = 256;
const longest = 48;

/** Texts of a few bytes that come again and again, such as names of attributes: the same text each time. */
export class ShortTexts {
  private readonly bytes = new Uint8Array(places * longest);
  private readonly sizes = new Int32Array(places).fill(-1);
  private readonly texts = new Array<string>(places).fill('');

  /** The text of the field of bytes at which a reader is. */
  of(reader: WireReader): string {
    const { bytes, from, to } = reader;
    const size = to - from;
    if (size > longest) return reader.text();
    let hash = size;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const place = (hash ^ (hash >>> 15)) & (places - 1);
    const base = place * longest;
    const known = this.bytes;
    if (this.sizes[place] === size) {
      let k = 0;
      while (k < size && known[base + k] === bytes[from + k]) k++;
      if (k === size) return this.texts[place]!;
    }
    for (let k = 0; k < size; k++) known[base + k] = bytes[from + k]!;
    this.sizes[place] = size;
    return (this.texts[place] = reader.text());
  }
}

/** One content of a followed file while it is read: what was handed on of it, and what was read of its unfinished line. */
import type { Batch } from '../../../records/batch.js';
import type { RawRecord } from '../../../records/raw.js';
import { LineCutter, type LineOptions } from '../lines.js';
import type { Content } from './content.js';
import { headBytes, type Generation } from './journal.js';

/** Bytes before the next that are read again with it: another content under the same inode has others there. */
const maxOverlap = 256;

/** The content is not the one that was read: it was cut, and perhaps written again. */
export class Replaced extends Error {
  override readonly name = 'Replaced';
}

/** A content that is read. */
export class Followed {
  /** Bytes of it whose lines were handed on. */
  read: number;
  /** The last read found nothing more. */
  isAtEnd = false;
  /** When it had more last, monotonic ms. */
  grewAt = performance.now();
  private cutter: LineCutter | undefined;
  /** Of the stream, where the cutter began, and the byte of the content there. */
  private cutAt = { offset: 0, from: 0 };
  /** Bytes that were put into the cutter. */
  private fed: number;
  private overlap: Buffer = Buffer.alloc(0);
  private changed: bigint | undefined;

  constructor(
    readonly generation: Generation,
    public content: Content,
    /** The file at the path. */
    public isLive: boolean,
    /** Its first bytes, as far as they were read. */
    private first: Buffer,
  ) {
    this.read = this.fed = generation.read;
  }

  get firstBytes(): Buffer {
    return this.first;
  }

  /** Whether enough more of its first bytes is known than was written down. */
  get knowsMore(): boolean {
    const { length } = this.generation.head;
    const known = this.first.length;
    return length < headBytes && (known >= headBytes || known >= Math.max(1, 2 * length));
  }

  /** What was handed on stays; what was read of the line after it is read again. */
  rewind(): void {
    if (this.fed === this.read) this.cutter = undefined;
    else this.begin();
  }

  /** Reads on from `read`. */
  begin(): void {
    this.cutter = undefined;
    this.fed = this.read;
    this.overlap = Buffer.alloc(0);
  }

  /** Goes on in another file that holds the same content. */
  async moveTo(content: Content): Promise<void> {
    await this.content.close();
    this.rewind();
    this.content = content;
    this.isLive = false;
    this.isAtEnd = false;
  }

  /** @throws Replaced where the file no longer begins with what was read, or is shorter */
  async check(): Promise<void> {
    const about = await this.content.about();
    if (!about || about.changed === this.changed) return;
    if (about.size < this.fed) throw new Replaced();
    if (this.first.length > 0 && !(await this.content.read(0, this.first.length)).equals(this.first))
      throw new Replaced();
    this.changed = about.changed;
  }

  /**
   * The lines that the next `size` bytes complete, at most; undefined where there are no more bytes.
   *
   * @param at - offset of the stream that the next line has
   * @param to - byte of the content that is not read
   * @throws Replaced where what was read before it is not there any more
   */
  async next(
    at: number,
    size: number,
    options: Omit<LineOptions, 'offset'>,
    to = Number.POSITIVE_INFINITY,
  ): Promise<Batch<RawRecord> | undefined> {
    const wanted = Math.min(size, to - this.fed);
    if (wanted <= 0) return undefined;
    const { overlap } = this;
    const bytes = await this.content.read(this.fed - overlap.length, overlap.length + wanted);
    if (this.isLive && !bytes.subarray(0, overlap.length).equals(overlap)) throw new Replaced();
    let piece = bytes.subarray(overlap.length);
    this.isAtEnd = piece.length < wanted;
    if (piece.length === 0) return undefined;
    this.grewAt = performance.now();
    if (this.first.length === this.fed && this.first.length < headBytes)
      this.first = Buffer.concat([this.first, piece]).subarray(0, headBytes);
    this.overlap = this.isLive ? Buffer.from(bytes.subarray(-maxOverlap)) : this.overlap.subarray(0, 0);
    piece = this.withoutHole(piece);
    if (piece.length === 0) return this.next(at, size, options, to);
    if (!this.cutter) {
      this.cutter = new LineCutter({ ...options, offset: at });
      this.cutAt = { offset: at, from: this.read };
    }
    this.fed += piece.length;
    return this.cut(this.cutter.push(piece));
  }

  /** The last line, where it has no line break; undefined where there is none. */
  finish(): Batch<RawRecord> | undefined {
    return this.cutter && this.fed > this.read ? this.cut(this.cutter.finish()) : undefined;
  }

  /** Bytes that `finish` would hand on. */
  get unfinished(): number {
    return this.cutter ? this.fed - this.read : 0;
  }

  private cut(batch: Batch<RawRecord>): Batch<RawRecord> {
    const { offset, from } = this.cutAt;
    this.read = from + ((batch.position?.offset ?? offset) - offset);
    return batch;
  }

  /** Where a file was cut under a writer that does not append, a hole of zeros is before what it wrote then. */
  private withoutHole(piece: Buffer): Buffer {
    if (this.cutter || this.read !== this.fed || piece[0] !== 0) return piece;
    if (this.first.subarray(0, this.fed).some((byte) => byte !== 0)) return piece;
    const hole = piece.findIndex((byte) => byte !== 0);
    const length = hole < 0 ? piece.length : hole;
    this.fed += length;
    this.read = this.fed;
    this.generation.read = this.read;
    return piece.subarray(length);
  }
}

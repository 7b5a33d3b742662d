/** What terminals, rotations and editors leave in lines: colours, NULs, byte order marks. */

const escape = 0x1b;
const bracket = 0x5b;
/** Escapes as text, and the colours that they begin. */
const written = ['#033[', '\\x1b['];
const writtenColour = /(?:#033|\\x1b)\[[0-9;]{0,16}m/g;

function hasWritten(bytes: Uint8Array): boolean {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return written.some((text) => all.includes(text));
}

/** A line without them. */
export interface Clean {
  bytes: Uint8Array;
  start: number;
  end: number;
  /** It is text in another encoding. */
  isWide: boolean;
}

/** Takes what is no text off lines, one after another. Neighbours share a buffer, which is looked through once. */
export class Cleaner {
  readonly clean: Clean = { bytes: new Uint8Array(), start: 0, end: 0, isWide: false };
  private shared: Uint8Array | undefined;
  private hasEscapes = false;
  private hasWritten = false;

  take(bytes: Uint8Array, start: number, end: number): Clean {
    const { clean } = this;
    clean.isWide = false;
    if (bytes !== this.shared) {
      this.shared = bytes;
      this.hasEscapes = bytes.includes(escape);
      this.hasWritten = bytes.includes(bracket) && hasWritten(bytes);
    }
    const first = bytes[start]!;
    if (start < end && (first === 0 || first >= 0xef)) {
      while (start < end && bytes[start] === 0) start++;
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf && start + 3 <= end)
        start += 3;
      else if (
        (bytes[start] === 0xff && bytes[start + 1] === 0xfe) ||
        (bytes[start] === 0xfe && bytes[start + 1] === 0xff)
      ) {
        clean.isWide = true;
      }
    }
    // UTF-16: every other byte of ASCII text is NUL.
    if (end - start >= 2 && (bytes[start + 1] === 0 || (bytes[start] === 0 && start + 1 < end))) {
      let nuls = 0;
      const stop = Math.min(end, start + 16);
      for (let i = start; i < stop; i++) if (bytes[i] === 0) nuls++;
      if (4 * nuls >= stop - start) clean.isWide = true;
    }
    clean.bytes = bytes;
    clean.start = start;
    clean.end = end;
    if (this.hasEscapes) this.uncolour(bytes, start, end);
    if (this.hasWritten) this.withoutWritten();
    return clean;
  }

  /** Takes off colours whose escape a shipper has written out: `#033[31m` of rsyslog, `\\x1b[31m`. */
  private withoutWritten(): void {
    const { bytes, start, end } = this.clean;
    const line = bytes.subarray(start, end);
    if (!hasWritten(line)) return;
    const out = Buffer.from(Buffer.from(line).toString('latin1').replace(writtenColour, ''), 'latin1');
    this.clean.bytes = out;
    this.clean.start = 0;
    this.clean.end = out.length;
  }

  /** Takes off the control sequences of ECMA-48: `ESC [ parameters letter`, and `ESC ] ... BEL`. */
  private uncolour(bytes: Uint8Array, start: number, end: number): void {
    let i = start;
    while (i < end && bytes[i] !== escape) i++;
    if (i === end) return;
    const out = Buffer.alloc(end - start);
    let length = 0;
    for (i = start; i < end; i++) {
      if (bytes[i] !== escape) {
        out[length++] = bytes[i]!;
        continue;
      }
      if (bytes[i + 1] === 0x5b) {
        for (i += 2; i < end && !(bytes[i]! >= 0x40 && bytes[i]! <= 0x7e); i++);
      } else if (bytes[i + 1] === 0x5d) {
        for (i += 2; i < end && bytes[i] !== 0x07 && bytes[i] !== escape; i++);
        if (bytes[i] === escape) i++;
      } else i++;
    }
    this.clean.bytes = out;
    this.clean.start = 0;
    this.clean.end = length;
  }
}

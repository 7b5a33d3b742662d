/** Walks JSON bytes once, checks them, and notes where the wanted fields stand. */

const quote = 0x22;
const escape = 0x5c;
const maxDepth = 64;

/** Wanted keys below an object. */
interface Node {
  /** Keys by their length. */
  readonly keys: Map<number, { readonly bytes: Uint8Array; readonly node: Node }[]>;
  /** Slot that the value goes to, with its rank among the paths of the slot; -1 for none. */
  slot: number;
  rank: number;
}

const node = (): Node => ({ keys: new Map(), slot: -1, rank: 0 });

/** What a value is, by its first byte. */
export const valueKinds = { absent: 0, text: 1, escapedText: 2, number: 3, other: 4 } as const;

/**
 * Finds fields by path in objects. `paths[slot]` are the candidates of a slot, best first; a dot in a path stands for
 * an object inside an object as well as for itself.
 */
export class JsonScan {
  /** Of each slot: a `valueKinds`, and where it stands (texts without their quotes). */
  readonly kind: Uint8Array;
  readonly from: Int32Array;
  readonly to: Int32Array;

  private readonly root = node();
  private readonly rank: Int32Array;
  private bytes: Uint8Array = new Uint8Array();
  private end = 0;
  private valueKind = 0;
  private valueFrom = 0;
  private valueTo = 0;

  constructor(paths: readonly (readonly string[])[]) {
    this.kind = new Uint8Array(paths.length);
    this.from = new Int32Array(paths.length);
    this.to = new Int32Array(paths.length);
    this.rank = new Int32Array(paths.length);
    paths.forEach((candidates, slot) => {
      candidates.forEach((path, rank) => {
        this.want([path], slot, rank);
        if (path.includes('.')) this.want(path.split('.'), slot, rank);
      });
    });
  }

  private want(keys: readonly string[], slot: number, rank: number): void {
    let at = this.root;
    for (const key of keys) {
      const bytes = Buffer.from(key);
      const same = at.keys.get(bytes.length) ?? [];
      at.keys.set(bytes.length, same);
      let child = same.find((known) => bytes.equals(known.bytes))?.node;
      if (!child) same.push({ bytes, node: (child = node()) });
      at = child;
    }
    // A key that two slots want goes to the first.
    if (at.slot < 0) {
      at.slot = slot;
      at.rank = rank;
    }
  }

  /** Scans the object that is `bytes[start, end)`; false where it is none. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    this.end = end;
    this.kind.fill(0);
    this.rank.fill(0x7fffffff);
    let i = this.blank(start);
    if (bytes[i] !== 0x7b || i >= end) return false;
    i = this.object(i, this.root, 0);
    return i >= 0 && this.blank(i) >= end;
  }

  private blank(i: number): number {
    const { bytes, end } = this;
    while (i < end && (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09)) i++;
    return i;
  }

  /** Index behind the object that opens at `i`, or -1. */
  private object(i: number, wanted: Node | undefined, depth: number): number {
    const { bytes, end } = this;
    if (depth > maxDepth) return -1;
    i = this.blank(i + 1);
    if (bytes[i] === 0x7d && i < end) return i + 1;
    for (;;) {
      if (i >= end || bytes[i] !== quote) return -1;
      const keyFrom = i + 1;
      i = this.text(i);
      if (i < 0) return -1;
      const child = wanted && this.child(wanted, keyFrom, i - 1);
      i = this.blank(i);
      if (i >= end || bytes[i] !== 0x3a) return -1;
      i = this.value(this.blank(i + 1), child, depth);
      if (i < 0) return -1;
      if (child && child.slot >= 0 && child.rank < this.rank[child.slot] && this.valueKind !== valueKinds.other) {
        this.rank[child.slot] = child.rank;
        this.kind[child.slot] = this.valueKind;
        this.from[child.slot] = this.valueFrom;
        this.to[child.slot] = this.valueTo;
      }
      i = this.blank(i);
      if (i >= end) return -1;
      if (bytes[i] === 0x7d) return i + 1;
      if (bytes[i] !== 0x2c) return -1;
      i = this.blank(i + 1);
    }
  }

  private child(wanted: Node, from: number, to: number): Node | undefined {
    const same = wanted.keys.get(to - from);
    if (!same) return undefined;
    for (const known of same) {
      let k = 0;
      while (k < known.bytes.length && known.bytes[k] === this.bytes[from + k]) k++;
      if (k === known.bytes.length) return known.node;
    }
    return undefined;
  }

  private array(i: number, depth: number): number {
    const { bytes, end } = this;
    if (depth > maxDepth) return -1;
    i = this.blank(i + 1);
    if (bytes[i] === 0x5d && i < end) return i + 1;
    for (;;) {
      i = this.value(i, undefined, depth);
      if (i < 0) return -1;
      i = this.blank(i);
      if (i >= end) return -1;
      if (bytes[i] === 0x5d) return i + 1;
      if (bytes[i] !== 0x2c) return -1;
      i = this.blank(i + 1);
    }
  }

  private value(i: number, wanted: Node | undefined, depth: number): number {
    const { bytes, end } = this;
    if (i >= end) return -1;
    const first = bytes[i];
    if (first === quote) {
      const behind = this.text(i);
      this.valueFrom = i + 1;
      this.valueTo = behind - 1;
      return behind;
    }
    if (first === 0x7b || first === 0x5b) {
      const behind = first === 0x7b ? this.object(i, wanted, depth + 1) : this.array(i, depth + 1);
      this.valueKind = valueKinds.other;
      return behind;
    }
    const from = i;
    while (i < end && bytes[i] !== 0x2c && bytes[i] !== 0x7d && bytes[i] !== 0x5d && bytes[i] > 0x20) i++;
    if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
      this.valueKind = valueKinds.number;
      this.valueFrom = from;
      this.valueTo = i;
      return isNumber(bytes, from, i) ? i : -1;
    }
    this.valueKind = valueKinds.other;
    return isWord(bytes, from, i) ? i : -1;
  }

  /** Index behind the text that opens at `i`, or -1; sets `valueKind`. */
  private text(i: number): number {
    const { bytes, end } = this;
    this.valueKind = valueKinds.text;
    for (i++; i < end; i++) {
      const byte = bytes[i];
      if (byte === quote) return i + 1;
      if (byte === escape) {
        this.valueKind = valueKinds.escapedText;
        i++;
      } else if (byte < 0x20) return -1;
    }
    return -1;
  }
}

function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (!(
      (byte >= 0x30 && byte <= 0x39) ||
      byte === 0x2e ||
      byte === 0x2d ||
      byte === 0x2b ||
      (byte | 0x20) === 0x65
    )) {
      return false;
    }
  }
  return to > from;
}

const literals = ['true', 'false', 'null'].map((word) => Buffer.from(word));
const isWord = (bytes: Uint8Array, from: number, to: number): boolean =>
  literals.some((word) => word.length === to - from && word.every((byte, i) => byte === bytes[from + i]));

/** Walks JSON bytes once, checks them, and notes where the wanted fields stand. */

const quote = 0x22;
const escape = 0x5c;
const maxDepth = 64;

/** Wanted keys below an object. */
interface Node {
  /** Keys by their length, with letters in either case. */
  readonly keys: Map<number, { readonly bytes: Uint8Array; readonly node: Node }[]>;
  /** Candidates that the value is one of. */
  readonly candidates: number[];
}

const node = (): Node => ({ keys: new Map(), candidates: [] });

/** What is wanted, by the paths in their order: hundreds of them are the same for every source. */
const trees = new Map<string, Node>();
const maxTrees = 32;

/** The tree of all paths; nothing changes it once it is there. */
function wantedOf(paths: readonly (readonly string[])[]): Node {
  const key = JSON.stringify(paths);
  let root = trees.get(key);
  if (root) return root;
  root = node();
  let candidate = 0;
  for (const candidates of paths) {
    for (const path of candidates) want(root, path.split('.').slice(0, maxDots), path, candidate++);
  }
  if (trees.size >= maxTrees) trees.clear();
  trees.set(key, root);
  return root;
}

/** Each way to cut a path into names: `a.b.c`, `a` `b.c`, `a.b` `c`, `a` `b` `c`. */
function want(at: Node, names: readonly string[], path: string, candidate: number): void {
  const add = (name: string): Node => {
    const bytes = Buffer.from(name).map((byte) => byte | 0x20);
    const same = at.keys.get(bytes.length) ?? [];
    at.keys.set(bytes.length, same);
    let child = same.find((known) => Buffer.from(known.bytes).equals(bytes))?.node;
    if (!child) same.push({ bytes, node: (child = node()) });
    return child;
  };
  add(path).candidates.push(candidate);
  for (let i = 1; i < names.length; i++) {
    const name = names.slice(0, i).join('.');
    want(add(name), names.slice(i), path.slice(name.length + 1), candidate);
  }
}

/** What a value is, by its first byte. */
export const valueKinds = {
  absent: 0,
  text: 1,
  escapedText: 2,
  number: 3,
  object: 4,
  array: 5,
  /** `null`, `true` or `false`. */
  word: 6,
} as const;

/** Dots in a path that may be a part of a name. */
const maxDots = 8;
/** Candidates that one line may hit. */
const maxHits = 128;
/** Keys whose place in the objects of a source is remembered, and the bytes of the longest one. */
const known = { keys: 256, bytes: 64 } as const;

/** Keys in the order in which the last objects had them, and what is wanted below each: the next one mostly has them there. */
class KnownKeys {
  readonly bytes = new Uint8Array(known.keys * known.bytes);
  readonly sizes = new Int32Array(known.keys).fill(-1);
  readonly parents = new Array<Node | undefined>(known.keys).fill(undefined);
  readonly children = new Array<Node | undefined>(known.keys).fill(undefined);
}

/**
 * Finds fields by path in objects. Candidates are numbered through all slots: `first[slot]` is the best one of a slot,
 * `first[slot + 1]` is behind its last. A dot in a path stands for an object inside an object as well as for itself;
 * letters are alike in both cases.
 */
export class JsonScan {
  /** Of each candidate: a `valueKinds`, and where its value is (texts without their quotes). */
  readonly kind: Uint8Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly first: readonly number[];

  /** Slot of each candidate, and the best candidate of each slot that the line has, or -1. */
  private readonly slotOf: Int32Array;
  private readonly bestOf: Int32Array;
  private readonly keys = new KnownKeys();
  private keyCount = 0;
  private readonly root: Node;
  private readonly hits = new Int32Array(maxHits);
  private hitCount = 0;
  private bytes: Uint8Array = new Uint8Array();
  private end = 0;
  private valueKind = 0;
  private valueFrom = 0;
  private valueTo = 0;

  constructor(paths: readonly (readonly string[])[]) {
    const first: number[] = [0];
    for (const candidates of paths) first.push(first[first.length - 1]! + candidates.length);
    this.root = wantedOf(paths);
    this.first = first;
    const count = first[first.length - 1]!;
    this.kind = new Uint8Array(count);
    this.from = new Int32Array(count);
    this.to = new Int32Array(count);
    this.slotOf = new Int32Array(count);
    for (let slot = 0; slot < paths.length; slot++) this.slotOf.fill(slot, first[slot], first[slot + 1]);
    this.bestOf = new Int32Array(paths.length).fill(-1);
  }

  /** The best candidate of a slot that the line has, and that is worse than `above`; -1 where there is none. */
  best(slot: number, above = -1): number {
    if (above < 0) return this.bestOf[slot]!;
    const from = Math.max(this.first[slot]!, above + 1);
    const to = this.first[slot + 1]!;
    let best = -1;
    for (let i = 0; i < this.hitCount; i++) {
      const hit = this.hits[i]!;
      if (hit >= from && hit < to && (best < 0 || hit < best)) best = hit;
    }
    return best;
  }

  /** As `best`, among texts and numbers. */
  bestValue(slot: number): number {
    let found = this.best(slot);
    while (found >= 0 && this.kind[found]! > valueKinds.number) found = this.best(slot, found);
    return found;
  }

  /** Scans the object that is `bytes[start, end)`; false where it is none. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    this.end = end;
    for (let i = 0; i < this.hitCount; i++) {
      this.kind[this.hits[i]!] = valueKinds.absent;
      this.bestOf[this.slotOf[this.hits[i]!]!] = -1;
    }
    this.hitCount = this.keyCount = 0;
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
      const child = wanted && this.knownChild(wanted, keyFrom, i - 1);
      i = this.blank(i);
      if (i >= end || bytes[i] !== 0x3a) return -1;
      i = this.value(this.blank(i + 1), child, depth);
      if (i < 0) return -1;
      if (child && child.candidates.length > 0) this.hit(child.candidates);
      i = this.blank(i);
      if (i >= end) return -1;
      if (bytes[i] === 0x7d) return i + 1;
      if (bytes[i] !== 0x2c) return -1;
      i = this.blank(i + 1);
    }
  }

  /** The value just read is that of some candidates: the first one of a line counts, unless it is empty. */
  private hit(candidates: readonly number[]): void {
    for (const candidate of candidates) {
      if (this.kind[candidate] === valueKinds.absent) {
        if (this.hitCount === maxHits) return;
        this.hits[this.hitCount++] = candidate;
        const slot = this.slotOf[candidate]!;
        if (this.bestOf[slot]! < 0 || candidate < this.bestOf[slot]!) this.bestOf[slot] = candidate;
      } else if (this.to[candidate]! > this.from[candidate]! && this.kind[candidate] !== valueKinds.word) continue;
      this.kind[candidate] = this.valueKind;
      this.from[candidate] = this.valueFrom;
      this.to[candidate] = this.valueTo;
    }
  }

  /** What is wanted below a key: that of the key at this place before, where its bytes are the same. */
  private knownChild(wanted: Node, from: number, to: number): Node | undefined {
    const { bytes, keys } = this;
    const at = this.keyCount++;
    const size = to - from;
    if (at >= known.keys || size > known.bytes) return this.child(wanted, from, to);
    const base = at * known.bytes;
    const same = keys.bytes;
    if (keys.sizes[at] === size && keys.parents[at] === wanted) {
      let k = 0;
      while (k < size && same[base + k] === bytes[from + k]) k++;
      if (k === size) return keys.children[at];
    }
    for (let k = 0; k < size; k++) same[base + k] = bytes[from + k]!;
    keys.sizes[at] = size;
    keys.parents[at] = wanted;
    return (keys.children[at] = this.child(wanted, from, to));
  }

  private child(wanted: Node, from: number, to: number): Node | undefined {
    const same = wanted.keys.get(to - from);
    if (!same) return undefined;
    for (const known of same) {
      let k = 0;
      while (k < known.bytes.length && known.bytes[k] === (this.bytes[from + k]! | 0x20)) k++;
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
    const first = bytes[i]!;
    if (first === quote) {
      const behind = this.text(i);
      this.valueFrom = i + 1;
      this.valueTo = behind - 1;
      return behind;
    }
    if (first === 0x7b || first === 0x5b) {
      const behind = first === 0x7b ? this.object(i, wanted, depth + 1) : this.array(i, depth + 1);
      this.valueKind = first === 0x7b ? valueKinds.object : valueKinds.array;
      this.valueFrom = i;
      this.valueTo = behind;
      return behind;
    }
    const from = i;
    while (i < end && bytes[i] !== 0x2c && bytes[i] !== 0x7d && bytes[i] !== 0x5d && bytes[i]! > 0x20) i++;
    if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
      this.valueKind = valueKinds.number;
      this.valueFrom = from;
      this.valueTo = i;
      return isNumber(bytes, from, i) ? i : -1;
    }
    this.valueKind = valueKinds.word;
    this.valueFrom = from;
    this.valueTo = i;
    return isWord(bytes, from, i) ? i : -1;
  }

  /** Index behind the text that opens at `i`, or -1; sets `valueKind`. */
  private text(i: number): number {
    const { bytes, end } = this;
    this.valueKind = valueKinds.text;
    for (i++; i < end; i++) {
      const byte = bytes[i]!;
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
    const byte = bytes[i]!;
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

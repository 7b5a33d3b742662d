/** Columns: texts that are alike but for one place. */

/** A template on its way: word numbers, which of them may open, the signatures that it covers. */
export interface Draft {
  words: Int32Array;
  readonly signatures: number[];
  /** Positions of words that may open. */
  open: readonly number[];
}

/** Texts that are alike but at one place. */
export interface TokenColumn {
  readonly at: number;
  readonly members: Draft[];
}

/**
 * Contexts that at least two templates share, in the order of their first template and place. An open-addressed table
 * over typed arrays: a Map of a million 53-bit keys allocates each of them.
 */
export function* columnsOf(drafts: readonly Draft[]): Iterable<TokenColumn> {
  const places = drafts.reduce((sum, { open }) => sum + open.length, 0);
  let slots = 16;
  while (slots < 2 * places) slots *= 2;
  const keys = new Float64Array(slots).fill(-1);
  /** Entries of one context are chained in order. */
  const tails = new Int32Array(slots);
  const next = new Int32Array(places).fill(-1);
  const isHead = new Uint8Array(places);
  const owners = new Int32Array(places);
  const ats = new Int32Array(places);
  let entry = 0;
  drafts.forEach((draft, index) => {
    const whole = hashOf(draft.words);
    for (const at of draft.open) {
      const key = contextKey(whole, draft.words[at]!, at, draft.words.length);
      let slot = key % slots;
      while (keys[slot] !== -1 && keys[slot] !== key) slot = slot + 1 === slots ? 0 : slot + 1;
      if (keys[slot] === key) next[tails[slot]!] = entry;
      else {
        keys[slot] = key;
        isHead[entry] = 1;
      }
      tails[slot] = entry;
      owners[entry] = index;
      ats[entry] = at;
      entry++;
    }
  });
  for (let head = 0; head < places; head++) {
    if (isHead[head] === 0 || next[head]! < 0) continue;
    const members: Draft[] = [];
    for (let i = head; i >= 0; i = next[i]!) members.push(drafts[owners[i]!]!);
    yield { at: ats[head]!, members };
  }
}

/** Held here: the lookup of a global costs more than the multiplication where code runs in a context of its own. */
const { imul } = Math;

function scramble(h: number): number {
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Each word at its place has its own number; their sum changes by a difference when a place opens. */
const low = (word: number, at: number): number => scramble(imul(word + 1, 0x9e3779b1) ^ imul(at + 1, 0x85ebca6b));
const high = (word: number, at: number): number => scramble(imul(word + 1, 0xc2b2ae35) ^ imul(at + 1, 0x27d4eb2f));

function hashOf(words: Int32Array): readonly [number, number] {
  let a = 0;
  let b = 0;
  for (let i = 0; i < words.length; i++) {
    a = (a + low(words[i]!, i)) | 0;
    b = (b + high(words[i]!, i)) | 0;
  }
  return [a, b];
}

function contextKey([a, b]: readonly [number, number], word: number, at: number, length: number): number {
  const x = scramble((a - low(word, at) + imul(at + 1, 0x165667b1)) | 0);
  const y = scramble((b - high(word, at) + imul(length, 0x2545f491)) | 0);
  return (x & 0x1fffff) * 0x100000000 + (y >>> 0);
}

/** The order of texts in everything canonical: by their UTF-8 bytes. */

/**
 * Compares strings by their UTF-8 bytes. JavaScript compares UTF-16 units, which differs where a surrogate pair
 * meets a character from U+E000 to U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above all other units. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** Keys of a map, ascending. Mostly they are in order already; else numbers are sorted without a comparison of ours. */
export function ascendingKeys(map: ReadonlyMap<number, unknown>): readonly number[] | Float64Array {
  const keys: number[] = [];
  let isAscending = true;
  for (const key of map.keys()) {
    isAscending &&= keys.length === 0 || key > keys[keys.length - 1]!;
    keys.push(key);
  }
  return isAscending ? keys : Float64Array.from(keys).sort();
}

/** How alike two texts of templates are by their words; a word that most templates of a class share says little. */
import { ln } from '../../models/exact/log.js';

/** Letters and digits between blanks and marks; variable parts are no words. */
export const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(
    text
      .replaceAll('<*>', ' ')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [],
  );

/** Likeness of texts by the words of `texts`, the known templates. */
export class Likeness {
  private readonly holders = new Map<string, number>();
  private readonly count: number;

  constructor(texts: readonly string[]) {
    this.count = texts.length;
    for (const text of texts)
      for (const word of wordsOf(text)) this.holders.set(word, (this.holders.get(word) ?? 0) + 1);
  }

  /** Dice's coefficient with words weighted by how few templates have them, 0 to 1; 0 for texts without words. */
  of(a: string, b: string): number {
    const x = wordsOf(a);
    const y = wordsOf(b);
    let common = 0;
    let all = 0;
    for (const word of x) {
      all += this.weight(word);
      if (y.has(word)) common += this.weight(word);
    }
    for (const word of y) all += this.weight(word);
    return all > 0 ? (2 * common) / all : 0;
  }

  private weight(word: string): number {
    return ln((this.count + 1) / Math.max(1, this.holders.get(word) ?? 1));
  }
}

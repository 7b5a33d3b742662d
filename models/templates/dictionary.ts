/** Words of masked texts as numbers, with what mining asks of a word. */
import { isStateWord } from './states.js';
import { isWord, WILDCARD } from './tokens.js';

/** Words as small numbers; 0 is the wildcard. */
export class Dictionary {
  private readonly numbers = new Map<string, number>([[WILDCARD, 0]]);
  readonly words = [WILDCARD];
  private readonly kinds: boolean[] = [false];
  private readonly dotted: boolean[] = [false];
  private readonly states: boolean[] = [false];
  private readonly marked: boolean[] = [false];
  /** Number of the word with its digits left out; -1 where it has none. */
  private readonly digitless: number[] = [-1];

  number(word: string): number {
    let number = this.numbers.get(word);
    if (number === undefined) {
      number = this.words.length;
      this.numbers.set(word, number);
      this.words.push(word);
      this.kinds.push(isWord(word));
      this.dotted.push(/^[\p{L}_$][\p{L}\p{N}_$-]*(\.[\p{L}\p{N}_$-]+)+$/u.test(word));
      this.states.push(isStateWord(word));
      this.marked.push(/[\p{L}\p{N}>][_\-./@$]+[\p{L}\p{N}<]|\p{L}\p{N}/u.test(word));
      this.digitless.push(-1);
      if (/\d/.test(word)) this.digitless[number] = this.number(word.replace(/\d+/g, '#'));
    }
    return number;
  }

  isWord(number: number): boolean {
    return this.kinds[number]!;
  }

  isDotted(number: number): boolean {
    return this.dotted[number]!;
  }

  isState(number: number): boolean {
    return this.states[number]!;
  }

  /** Has marks or digits of a name: `order-service`, `mail.acme.org`, `eth0`. */
  isMarked(number: number): boolean {
    return this.marked[number]!;
  }

  /** Equal for words that differ only in digits; -1 for one without. */
  withoutDigits(number: number): number {
    return this.digitless[number]!;
  }
}

/**
 * Lines that lost their end on the way, to a limit of a forwarder or to a crash. The rest of such a line is a template
 * that no class has seen, and says nothing but that the whole line came.
 */

/** Less than this part of a text may be anything. */
const minLeft = 0.5;
/** A cut line is at least this many times rarer than the whole one; a more frequent text is a message of its own. */
export const cutRarer = 20;

const mask = '<*>';
const blank = 0x20;

/**
 * Whether a text is the beginning of another, cut between two words, in one, or in a value: `to <*>.` and `to /` are
 * beginnings of `to <*> in <*> ms`. A word in place of a value says something of its own, unless `lost` says that the
 * end is missing anyway.
 *
 * @param text - masked text of the line
 * @param whole - text of a template, where a value may have more than one word in other lines
 */
export function isCutOf(text: string, whole: string, lost = false): boolean {
  if (text === whole || text.length < minLeft * whole.length) return false;
  let at = 0;
  let other = 0;
  // Word by word: a catalogue has masked words that the text still has.
  for (;;) {
    const end = wordEnd(text, at);
    const otherEnd = wordEnd(whole, other);
    const word = text.slice(at, end);
    const wanted = whole.slice(other, otherEnd);
    if (end === text.length) return isCutWord(word, wanted, otherEnd < whole.length, lost);
    if (otherEnd === whole.length || !fits(word, wanted)) return false;
    at = end + 1;
    other = otherEnd + 1;
  }
}

/** The known line that a text is the beginning of, and how frequent it is. */
export interface WholeLine {
  readonly id: number;
  readonly text: string;
  readonly weight: number;
}

/**
 * The known lines that a text may be the beginning of: more than one where they go on differently. A rest that was
 * learnt as a line of its own is none of them.
 *
 * @param weight - how frequent the text is itself
 */
export function wholesOf(text: string, weight: number, known: Iterable<WholeLine>, lost = false): WholeLine[] {
  const found: WholeLine[] = [];
  for (const line of known) {
    if (line.weight >= cutRarer * weight && line.weight > 0 && isCutOf(text, line.text, lost)) found.push(line);
  }
  return found.filter(
    (line) => !found.some((other) => other.weight >= cutRarer * line.weight && isCutOf(line.text, other.text)),
  );
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) !== blank) at++;
  return at;
}

function isCutWord(word: string, wanted: string, hasMore: boolean, lost: boolean): boolean {
  if (word === wanted) return hasMore;
  if (wanted.startsWith(word)) return true;
  const value = wanted.indexOf(mask);
  if (value < 0 || !word.startsWith(wanted.slice(0, value))) return false;
  // A value that was cut leaves marks: letters may be another word.
  const rest = word.slice(value).replaceAll(mask, '');
  return (lost && hasMore) || !/[\p{L}\p{N}]/u.test(rest);
}

/** Whether a word is one that a template has, masked or not; `*` of the template stands for any characters. */
function fits(word: string, wanted: string): boolean {
  if (word === wanted) return true;
  const parts = wanted.split(mask);
  if (parts.length === 1 || !word.startsWith(parts[0]!)) return false;
  let at = parts[0]!.length;
  for (let i = 1; i < parts.length - 1; i++) {
    const found = word.indexOf(parts[i]!, at);
    if (found < 0) return false;
    at = found + parts[i]!.length;
  }
  const last = parts[parts.length - 1]!;
  return word.length - last.length >= at && word.endsWith(last);
}

/** Looser forms of a template: texts that are unlike, but have the same form, are one template and take it. */
import { isUnit, joints } from './refine.js';
import { isWord, tokensOf, WILDCARD } from './tokens.js';

/** The looser form of some tokens. */
export type Form = (tokens: readonly string[]) => readonly string[];

/** Without units behind numbers: `<*> KB` and `<*> B` are a quantity. */
export const withoutUnits: Form = (tokens) => {
  const isUnitAt = (i: number): boolean =>
    i >= 2 && tokens[i - 2] === WILDCARD && tokens[i - 1] === ' ' && isUnit(tokens[i]!);
  return tokens.filter((_, i) => !isUnitAt(i) && !isUnitAt(i + 1));
};

/** With variables that only marks stand between as one: `<*>:<*>` and `web-<*>,db-<*>` are `<*>`. */
export const joined: Form = (tokens) => tokensOf(tokens.join('').replace(joints, WILDCARD).replace(named, WILDCARD));

/** A list of names with numbers. */
const named = /(?<![^\s"'(),:;<=>[\]{|}])[\w.-]{0,32}<\*>(?:,[\w.-]{0,32}<\*>)+(?![^\s"'(),:;<=>[\]{|}])/gu;

/** With an index or a port as a part of what it belongs to: `disk[<*>]` and `wpad:<*>` are `<*>`. */
export const withoutIndex: Form = (tokens) => {
  const kept: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const stands = isNamed(tokens[i]!) && (i === 0 || !isNamed(tokens[i - 1]!));
    const close = tokens[i + 1] === '[' ? tokens.indexOf(']', i + 2) : -1;
    if (stands && close > i + 2 && tokens.slice(i + 2, close).some((token) => token.includes(WILDCARD))) {
      kept.push(WILDCARD);
      i = close;
    } else if (stands && tokens[i + 1] === ':' && tokens[i + 2] === WILDCARD && isLast(tokens, i + 2)) {
      kept.push(WILDCARD);
      i += 2;
    } else kept.push(tokens[i]!);
  }
  return kept;
};

const isNamed = (token: string): boolean => token !== '' && (token === WILDCARD || isWord(token));
const isLast = (tokens: readonly string[], i: number): boolean => i + 1 === tokens.length || tokens[i + 1] === ' ';

/** The longest part of a list that repeats, in tokens: `node-<*> <*> <ok> ` has 8. */
const LONGEST_PERIOD = 8;

/** With repeated parts that vary only once: `<*> <*> <*>` is `<*>`, since lists have any length. */
export const withoutRepeats: Form = (tokens) => {
  const kept: string[] = [];
  for (const token of tokens) {
    kept.push(token);
    for (let period = 2; period <= LONGEST_PERIOD && 2 * period - 1 <= kept.length; period++) {
      if (!repeats(kept, period)) continue;
      // The separator before the repeat goes with it.
      kept.length -= period;
      break;
    }
  }
  return kept;
};

/** Whether the last `period - 1` tokens stand before a separator once more, and one of them varies. */
function repeats(tokens: readonly string[], period: number): boolean {
  const end = tokens.length;
  if (tokens[end - 1] !== tokens[end - 1 - period]) return false;
  const separator = tokens[end - period]!;
  if (separator === WILDCARD || isWord(separator)) return false;
  let varies = false;
  for (let i = end - period + 1; i < end; i++) {
    if (tokens[i] !== tokens[i - period]) return false;
    varies ||= tokens[i]!.includes(WILDCARD);
  }
  const before = tokens[end - 2 * period];
  return varies && (before === undefined || before === separator || !isWord(before));
}

/** Templates that differ from a wider one at its variables alone are it: names vary in several places of a line at once. */
import { isStateWord } from './states.js';
import { isWord, WILDCARD } from './tokens.js';

/** Fewest words that a template has to share with what it takes in. */
const minShared = 1;
/** Wider templates of one form that are tried for a text: the narrowest first. */
const maxTried = 64;

/**
 * Finds for each text the narrowest other one that covers it.
 *
 * @param texts - their tokens
 * @returns index of the one that covers it; -1 for none
 * @example absorbing([['<*>', ' ', 'is', ' ', 'on', ' ', '<*>'], ['db', ' ', 'is', ' ', 'on', ' ', 'sda']]) // [-1, 0]
 */
export function absorbing(texts: readonly (readonly string[])[]): number[] {
  const wider = new Map<string, { readonly index: number; readonly variables: number }[]>();
  texts.forEach((tokens, index) => {
    const variables = tokens.filter((token) => token === WILDCARD).length;
    if (variables === 0 || tokens.filter(isPlainWord).length < minShared) return;
    const form = formOf(tokens);
    const alike = wider.get(form);
    if (alike) alike.push({ index, variables });
    else wider.set(form, [{ index, variables }]);
  });
  for (const alike of wider.values()) {
    alike.sort((a, b) => a.variables - b.variables || a.index - b.index);
    alike.length = Math.min(alike.length, maxTried);
  }
  return texts.map((tokens, index) => {
    const variables = tokens.filter((token) => token === WILDCARD).length;
    const found = wider
      .get(formOf(tokens))
      ?.find((other) => other.index !== index && other.variables > variables && covers(texts[other.index]!, tokens));
    return found ? found.index : -1;
  });
}

const isPlainWord = (token: string): boolean => /^\p{L}/u.test(token);

/** What stands between words, with the number of them. */
const formOf = (tokens: readonly string[]): string =>
  tokens.map((token) => (token === WILDCARD || isWord(token) ? 'w' : token)).join('');

function covers(template: readonly string[], tokens: readonly string[]): boolean {
  for (let i = 0; i < tokens.length; i++) {
    if (template[i] === tokens[i]) continue;
    if (template[i] !== WILDCARD || tokens[i] === '' || isStateWord(tokens[i]!)) return false;
  }
  return true;
}

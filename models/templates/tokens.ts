/** Masked text as tokens: words, wildcards and the separators between them. */

/** What stands for a variable part. */
export const WILDCARD = '<*>';

/**
 * A run of word bytes, which may have wildcards in it (`node-<*>`), or a byte that stands between words. A full stop behind a
 * word stands between words, too.
 */
const token =
  /(?:<\*>|[^\s"'(),:;<=>[\]{|}])*(?:<\*>|[^\s"'(),:;<=>[\]{|}.])(?=\.(?:\s|$))|(?:<\*>|[^\s"'(),:;<=>[\]{|}])+|[\s"'(),:;<=>[\]{|}]/gu;

/**
 * Splits a masked text; joining the tokens gives it back. A key without a value, and brackets and quotes without
 * anything between, have an empty word there, so that they stand beside those with one.
 *
 * @example tokensOf('took <*> for user=<*>') // ['took', ' ', '<*>', ' ', 'for', ' ', 'user', '=', '<*>']
 */
export function tokensOf(masked: string): string[] {
  const tokens: string[] = [];
  let last = '';
  let beforeLast = '';
  for (const text of masked.match(token) ?? []) {
    if (isEmptyBetween(beforeLast, last, text)) tokens.push('');
    tokens.push(text);
    beforeLast = last;
    last = text;
  }
  if (isEmptyBetween(beforeLast, last, ' ')) tokens.push('');
  return tokens;
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function isEmptyBetween(beforeOpening: string, opening: string, next: string): boolean {
  if (opening === '=') return beforeOpening !== '' && !separator.test(beforeOpening) && valueless.test(next);
  return closing[opening] === next;
}

const separator = /^[\s"'(),:;<=>[\]{|}.]$/u;
const valueless = /^[\s,;)\]}>|]$/u;

/** Whether a token is a word, neither a wildcard nor a separator. */
export const isWord = (text: string): boolean => text !== WILDCARD && !separator.test(text);

/** Masked text as tokens: words, wildcards and the separators between them. */

export const WILDCARD = '<*>';

/** `<*>`, a run of bytes that stand between words, or a word: the alphabet of `shape.ts`. */
const token = /<\*>|[\s"'(),:;<=>[\]{|}]|[^\s"'(),:;<=>[\]{|}]+/gu;

/**
 * Splits a masked text; joining the tokens gives it back.
 *
 * @example tokensOf('took <*> for user=<*>') // ['took', ' ', '<*>', ' ', 'for', ' ', 'user', '=', '<*>']
 */
export const tokensOf = (masked: string): string[] => masked.match(token) ?? [];

const separator = /^[\s"'(),:;<=>[\]{|}]$/u;

/** Whether a token is a word, neither a wildcard nor a separator. */
export const isWord = (text: string): boolean => text !== WILDCARD && !separator.test(text);

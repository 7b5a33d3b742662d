/** A share of many things, chosen by hash: whether one is taken depends on it alone. */
import { hashText } from '../records/wire/hash.js';

/**
 * Whether what `text` names is in a share.
 *
 * @param share 0 to 1, in steps of 2^-16; from 1 on everything is in it
 */
export const isSampled = (text: string, seed: number, share: number): boolean =>
  (hashText(text, seed) % 65_536) / 65_536 < share;

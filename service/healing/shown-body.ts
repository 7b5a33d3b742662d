/** A request body as people may see it, in a ledger or on a terminal. */
import { secretsMasked } from '../../models/templates/mask.js';

/** Members whose values are no one's business, by their names. */
const secretName =
  /passw|passphrase|pwd|secret|token|credential|cookie|authorization|(?:api|access|private|signing|routing|integration)[-_ ]?key|^key$/i;

/**
 * The words of templates stay; what looks like a secret (a password, a token, a mail address, a card number) and each
 * value under a name for secrets are stars. The structure stays, too.
 *
 * @param body - JSON, or any text
 * @example shownBody('{"service":"cart","api_key":"k"}') // '{"service":"cart","api_key":"***"}'
 */
export function shownBody(body: string): string {
  let tree: unknown;
  try {
    tree = JSON.parse(body);
  } catch {
    return secretsMasked(body);
  }
  return JSON.stringify(masked(tree));
}

function masked(value: unknown): unknown {
  if (typeof value === 'string') return secretsMasked(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(masked);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      secretsMasked(name),
      secretName.test(name) && member !== null && member !== '' ? '***' : masked(member),
    ]),
  );
}

/** Texts for people: a message with its variable parts masked, and sample lines without secrets. */
import { isUtf8 } from 'node:buffer';
import { templateRules, type TemplateRules } from './rules.js';
import { SignatureScan } from './signature.js';
import { shownTexts } from './state-words.js';

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The bytes, with what is no UTF-8 replaced by U+FFFD; the same array where nothing was to replace. */
export function validUtf8(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const range = bytes.subarray(start, end);
  return isUtf8(range) ? range : Buffer.from(asBuffer(range).toString('utf8'));
}

/**
 * The message `bytes[start, end)` with every variable part as `<*>`: what its signature is the hash of, so two
 * messages have equal masked texts where they have equal signatures (but for hash collisions, 2^-53 a pair).
 *
 * @param longest - characters after which the text may end: what is before them is that of the whole text
 * @example
 * maskedText(Buffer.from('took 12 ms for user=ann'), 0, 23); // 'took <*> for user=<*>'
 */
export function maskedText(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
  rules: TemplateRules = templateRules,
  longest = Number.POSITIVE_INFINITY,
): string {
  const scan = rules === templateRules ? usual : new SignatureScan(rules);
  const message = asBuffer(validUtf8(bytes, start, end));
  scan.scan(message, 0, message.length);
  let text = '';
  let at = 0;
  for (let i = 0; i < scan.spanCount; i++) {
    if (text.length > longest) return text;
    text +=
      message.toString('utf8', at, scan.spans[2 * i]) + (scan.classes[i] === 0 ? '<*>' : shownTexts[scan.classes[i]!]!);
    at = scan.spans[2 * i + 1]!;
  }
  return text + message.toString('utf8', at);
}

/** Nothing of one text lasts to the next. */
const usual = new SignatureScan(templateRules);

/** A pattern, what replaces it, and a text without which it cannot match, where there is one. */
type SecretPattern = readonly [RegExp, string | ((match: string) => string), string?];

/** Each is linear: no repeat stands inside or directly behind another one of the same characters. */
const secrets: readonly SecretPattern[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*/g, '***', 'PRIVATE KEY-----'],
  [/\b(authorization["']?\s?[:=]\s?["']?)(?:(?:basic|bearer|digest|token)\s)?[^\s"',;]+/gi, '$1***'],
  [/\b(bearer|basic)\s[\w.~+/=-]{8,}/gi, '$1 ***'],
  [
    /((?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|session[_-]?id|cookie)["']?\s?[:=]\s?)(?!<\*>|\*\*\*)(?:"[^"]*"|'[^']*'|[^\s,;&"')}\]]+)/gi,
    '$1***',
  ],
  [/(:\/\/)[^\s/@:]{1,256}:[^\s/@]{1,256}@/g, '$1***@', '://'],
  // A token that was cut, too; what begins like one is always taken, so that no byte is looked at twice.
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, '***'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, '***'],
  [
    /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|[sr]k[_-](?:live[_-]|test[_-])?|AIza|npm_|whsec_)[\w-]{16,}/g,
    '***',
  ],
  [/[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g, '***', '@'],
  [/\b\d{3}-\d{2}-\d{4}\b/g, '***'],
  [/\b[2-6](?:[ -]?\d){12,18}\b/g, (match) => (isCard(match) ? '***' : match)],
];

/** Something that every one of the patterns needs: most lines have none of it, and looking once is five times as fast. */
const suspicious =
  /@|:\/\/|eyJ|A[KS]IA|PRIVATE|auth|bearer|basic|passw|passphrase|pwd|secret|token|key|credential|session|cookie|gh[pousr]_|github_|glpat-|xox|[sr]k[_-]|AIza|npm_|whsec_|\d{3}-\d\d-|\d(?:[ -]?\d){12}/i;

/**
 * A text for people and for the outside, with passwords, tokens, keys, credentials in addresses, mail addresses and
 * card-like numbers (by their Luhn check digit) as `***`.
 */
export function secretsMasked(text: string): string {
  if (!suspicious.test(text)) return text;
  for (const [pattern, replacement, needed] of secrets) {
    if (needed !== undefined && !text.includes(needed)) continue;
    text = typeof replacement === 'string' ? text.replace(pattern, replacement) : text.replace(pattern, replacement);
  }
  return text;
}

/** Issuers and lengths of card numbers in use: times in milli-, micro- and nanoseconds, which begin with 1, are none. */
function isCard(text: string): boolean {
  const digits = text.replace(/[ -]/g, '');
  return (
    /^(?:3[04-9]\d{12,14}|4(?:\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|6\d{15,18})$/.test(digits) && luhn(digits)
  );
}

/** The check digit of card numbers (ISO/IEC 7812-1, annex B). */
function luhn(text: string): boolean {
  let sum = 0;
  let double = false;
  for (let i = text.length - 1; i >= 0; i--) {
    const code = text.charCodeAt(i) - 0x30;
    if (code < 0 || code > 9) continue;
    const value = double ? code * 2 : code;
    sum += value > 9 ? value - 9 : value;
    double = !double;
  }
  return sum % 10 === 0;
}

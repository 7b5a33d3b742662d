/** Text of others (log lines, names of services, reasons that people gave) as people may see it: on a terminal, a page, in a chat. */

/**
 * Controls, marks without width or that turn the direction of text, tags, and line separators; each as a code unit. What
 * joins two emoji stays.
 */
export const unsafe =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class -- they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00\ufeff\uffa0\ufff9-\ufffb]|\u200d(?![\u2600-\u27bf\ud83c-\ud83e])|\udb40[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const escaped = (found: string): string =>
  found.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * A text in which what could move a cursor, hide, reorder or title something is shown as an escape of JSON: a JSON text
 * stays one, of the same value. Line breaks and tabs stay.
 *
 * @example shown('\u202egnp.exe') // '\\u202egnp.exe'
 */
export const shown = (text: string): string => text.replace(unsafe, escaped);

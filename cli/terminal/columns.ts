/** Fitting text into terminal columns: log lines hold wide characters, control characters and worse. */

import { unsafe } from '../../records/shown-text.js';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Makes a foreign text safe to print: what could move the cursor, colour or reorder becomes visible, `\x1b`. */
export const visible = (text: string): string =>
  text.replace(/[\t\n]/g, (char) => short[char]!).replace(unsafe, (found) => short[found] ?? escaped(found));

const escaped = (found: string): string =>
  found.replace(/[^]/g, (unit) => {
    const code = unit.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });

/** Blocks that terminals draw two columns wide (Unicode East Asian Width W and F, UAX #11). */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const emoji = /\p{Emoji_Presentation}|\ufe0f/u;
const noWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

function graphemeWidth(grapheme: string): number {
  if (noWidth.test(grapheme)) return 0;
  return wide.test(grapheme) || emoji.test(grapheme) ? 2 : 1;
}

/** Columns that a text takes in a terminal. It must be free of control characters: see `visible`. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The longest beginning that fits into `width` columns; never half a character. */
function beginning(text: string, width: number): string {
  let used = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += graphemeWidth(segment);
    if (used > width) return text.slice(0, index);
  }
  return text;
}

/** Cuts a text to `width` columns; what was cut ends in an ellipsis. */
export const cut = (text: string, width: number): string =>
  widthOf(text) <= width ? text : `${beginning(text, width - 1).trimEnd()}…`;

/** Exactly `width` columns: cut or filled with blanks, which go in front for `end`. */
export function column(text: string, width: number, align: 'start' | 'end' = 'start'): string {
  const fitting = cut(text, width);
  const blanks = ' '.repeat(width - widthOf(fitting));
  return align === 'start' ? fitting + blanks : blanks + fitting;
}

/** Breaks a text into at most `most` lines of `width` columns, at blanks where it can. The last is cut if it must be. */
export function wrap(text: string, width: number, most = Infinity): string[] {
  const lines: string[] = [];
  let rest = text.trim();
  while (widthOf(rest) > width && lines.length < most - 1) {
    const piece = beginning(rest, width);
    const blank = rest[piece.length] === ' ' ? piece.length : piece.lastIndexOf(' ');
    // A long word is broken rather than pushed down, if that would leave the line half empty.
    const end = blank > piece.length / 2 ? blank : Math.max(1, piece.length);
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  lines.push(cut(rest, width));
  return lines;
}

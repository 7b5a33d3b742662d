import fc from 'fast-check';
import { column, cut, visible, widthOf, wrap } from '../../../cli/terminal/columns.js';

/** Texts as logs have them: plain, wide, combined, emoji, control characters. */
const texts = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom('支払い', 'é', '👩‍🚀', '✔️', '한국', '\x1b[31m', '\n', '\u202e', 'a long word '),
    ),
  )
  .map((parts) => visible(parts.join('')));

describe('visible', () => {
  it.each([
    ['\x1b[2Jgone', '\\x1b[2Jgone'],
    ['two\nlines\r\tand', 'two\\nlines\\r\\tand'],
    ['bell\x07 del\x7f c1\x9b', 'bell\\x07 del\\x7f c1\\x9b'],
    ['left \u202egnp.exe', 'left \\u202egnp.exe'],
    ['half \ud83d', 'half \\ud83d'],
    ['支払い é 👩‍🚀', '支払い é 👩‍🚀'],
  ])('makes %j safe to print', (text, expected) => {
    expect(visible(text)).toBe(expected);
  });
});

describe('widthOf', () => {
  it.each([
    ['abc', 3],
    ['支払い', 6],
    ['e\u0301', 1],
    ['👩‍🚀', 2],
    ['✔️', 2],
    ['한국', 4],
    ['ＡＢ', 4],
    ['\u200b', 0],
    ['', 0],
  ])('%j takes %d columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });
});

describe('cut, column and wrap', () => {
  it('never cut a wide character in half', () => {
    expect(cut('支払い', 4)).toBe('支…');
    expect(column('支払い', 5)).toBe('支払…');
    expect(column('支払', 6, 'end')).toBe('  支払');
  });

  it('break at blanks, or inside a word that is too long', () => {
    expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(wrap('abcdefghijklm no', 5)).toEqual(['abcde', 'fghij', 'klm', 'no']);
    expect(wrap('the quick brown fox', 10, 1)).toEqual(['the quick…']);
  });

  it('keep to the width, whatever the text', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 4, max: 90 }), fc.integer({ min: 1, max: 4 }), (text, width, most) => {
        expect(widthOf(cut(text, width))).toBeLessThanOrEqual(width);
        expect(widthOf(column(text, width))).toBe(width);
        const lines = wrap(text, width, most);
        expect(lines.length).toBeLessThanOrEqual(most);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('lose nothing but blanks when there are lines enough', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 4, max: 40 }), (text, width) => {
        const blanks = /\s/g;
        expect(wrap(text, width).join('').replace(blanks, '')).toBe(text.replace(blanks, ''));
      }),
    );
  });
});

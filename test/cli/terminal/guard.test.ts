import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { guard, drawing, printable } from '../../../cli/terminal/guard.js';
import { line } from '../../../cli/terminal/line.js';
import { paint } from '../../../cli/terminal/paint.js';

/** What a terminal or a reader must never be given by others. */
const dangerous =
  // eslint-disable-next-line no-control-regex -- controls are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b\u200c\u200e\u200f\ufeff\u{e0000}-\u{e007f}]/u;

const attacks: readonly (readonly [string, string])[] = [
  ['a title', '\u001b]0;owned\u0007'],
  ['a clipboard', '\u001b]52;c;ZXZpbA==\u001b\\'],
  ['a C1 sequence', '\u009b2J'],
  ['a cursor that goes up', 'x\u001b[1A\u001b[2Kbreaker team=a is closed'],
  ['a carriage return', 'denied\rapproved'],
  ['concealed text', '\u001b[8mhidden'],
  ['bidi', 'user\u202enimda'],
  ['a mark without width', 'pay\u200bments'],
  ['a tag', 'a\u{e0041}b'],
  ['a bell', '\u0007'],
];

test.each(attacks)('%s is shown as an escape', (_name, text) => {
  expect(printable(text)).not.toMatch(dangerous);
  expect(line`${text}`).not.toMatch(dangerous);
});

test('a value cannot look like a line of its own', () => {
  const why = 'manual\nbreaker team=b is closed';
  expect(line`breaker ${'team=a'} is open: ${why}`).toBe('breaker team=a is open: manual\\nbreaker team=b is closed');
});

test('any text is printable, stays as it is where it already is, and JSON keeps its value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const once = printable(text);
      expect(once.replaceAll(/\u001b\[(?:1|2|22|31|32|33|39)m/g, '')).not.toMatch(dangerous); // eslint-disable-line no-control-regex
      expect(printable(once)).toBe(once);
      expect(JSON.parse(printable(JSON.stringify({ text })))).toEqual({ text });
    }),
    { numRuns: 500 },
  );
});

test('colours of our own stay', () => {
  const text = paint(true).red('error') + paint(true).bold('x');
  expect(printable(text)).toBe(text);
});

test('a guarded stream gives bytes and what draws as they are, and texts printable', () => {
  const written: unknown[] = [];
  const stream = { write: (text: unknown) => written.push(text) } as unknown as NodeJS.WriteStream;
  guard(stream);
  guard(stream);
  stream.write('a\u001b[2Jb\n');
  stream.write(Buffer.from('\u001b'));
  drawing(stream).write('\r\u001b[Kx');
  expect(written).toEqual(['a\\u001b[2Jb\n', Buffer.from('\u001b'), '\r\u001b[Kx']);
});

test('the command line guards both of its streams', () => {
  const main = readFileSync(join(__dirname, '../../../cli/main.ts'), 'utf8');
  expect(main).toMatch(/guard\(process\.stdout\);\nguard\(process\.stderr\);/);
  // Nothing goes around them.
  for (const file of readdirSync(join(__dirname, '../../../cli/commands')))
    expect(readFileSync(join(__dirname, '../../../cli/commands', file), 'utf8')).not.toMatch(/writeSync\(\s*[12]\b/);
});

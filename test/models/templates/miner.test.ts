import fc from 'fast-check';
import { hashText } from '../../../records/hash.js';
import { Catalogue } from '../../../models/templates/catalogue.js';
import { mine, type MinedSignature } from '../../../models/templates/miner.js';

const seen = (...texts: string[]): MinedSignature[] =>
  texts.map((masked) => ({ signature: hashText(masked), masked, count: 1 }));
const texts = (catalogue: Catalogue): string[] => catalogue.templates.map(({ text }) => text).sort();

test('a column with many different words in a long context becomes a wildcard', () => {
  const users = ['ann', 'bob', 'cid', 'dora'].map((user) => `user ${user} has logged in from host <*>`);
  expect(texts(mine(seen(...users)))).toEqual(['user <*> has logged in from host <*>']);
});

test('two different words are two templates', () => {
  const both = ['connection opened to host <*>', 'connection closed to host <*>'];
  expect(texts(mine(seen(...both)))).toEqual([...both].sort());
});

test('short contexts need more different words', () => {
  const actions = ['start', 'stop', 'reload', 'pause'].map((action) => `service ${action}`);
  expect(mine(seen(...actions)).size).toBe(4);
  expect(texts(mine(seen(...actions, 'service drain', 'service resume')))).toEqual(['service <*>']);
});

test('the first word never opens', () => {
  const lines = ['ann', 'bob', 'cid', 'dora', 'eve', 'fay'].map((user) => `${user} has logged in from host <*>`);
  expect(mine(seen(...lines)).size).toBe(6);
});

test('a word joins a place that is masked elsewhere, and dotted names are values', () => {
  expect(texts(mine(seen('job <*> is done', 'job cleanup is done')))).toEqual(['job <*> is done']);
  expect(texts(mine(seen('load org.acme.Cart now', 'load org.acme.Pay now')))).toEqual(['load <*> now']);
});

test('merging goes on until nothing changes: a merged column can bring about the next', () => {
  const grid = ['a', 'b', 'c', 'd'].flatMap((x) =>
    ['p', 'q', 'r', 's'].map((y) => `copy of ${x} went to ${y} at last`),
  );
  expect(texts(mine(seen(...grid)))).toEqual(['copy of <*> went to <*> at last']);
});

test('a new mining keeps the id of a template that still has that signature', () => {
  const lines = ['ann', 'bob', 'cid', 'dora'].map((user) => `user ${user} has logged in from host <*>`);
  const [first, ...more] = seen(...lines).sort((a, b) => b.signature - a.signature);
  const before = mine([first]);
  expect(mine([first, ...more]).templates[0].id).not.toBe(first.signature);
  expect(mine([first, ...more], before).templates[0].id).toBe(first.signature);
});

test('an unknown text is matched with wildcards, the narrowest template first; else it is its own template', () => {
  const catalogue = new Catalogue([
    { id: 1, text: 'user <*> has <*> in', signatures: [1] },
    { id: 2, text: 'user <*> has logged in', signatures: [2] },
  ]);
  expect(catalogue.templateOf(9, 'user zoe has logged in')).toEqual({
    id: 2,
    text: 'user <*> has logged in',
    known: true,
  });
  expect(catalogue.templateOf(9, 'user zoe has looked in').id).toBe(1);
  expect(catalogue.templateOf(9, 'user zoe is gone')).toEqual({ id: 9, text: 'user zoe is gone', known: false });
  expect(catalogue.templateOf(9, undefined)).toEqual({ id: 9, text: '', known: false });
  expect(catalogue.templateOf(9, '').known).toBe(false);
});

const word = fc.constantFrom('disk', 'full', 'read', 'error', 'node', 'x.y', 'a.b.c', '<*>', 'user=<*>', '(<*>)');
const lines = fc.array(
  fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' ')),
  { maxLength: 40 },
);

test('every signature belongs to exactly one template, whose text covers it; the order of input does not matter', () => {
  fc.assert(
    fc.property(lines, (masked) => {
      const input = seen(...new Set(masked));
      const catalogue = mine(input);
      expect(catalogue.templates.flatMap(({ signatures }) => signatures).sort()).toEqual(
        input.map(({ signature }) => signature).sort(),
      );
      for (const { signature, masked: text } of input) {
        const template = catalogue.get(signature)!;
        expect(catalogue.get(template.id)).toBe(template);
        expect(text === template.text || catalogue.match(text) !== undefined).toBe(true);
      }
      expect(mine([...input].reverse()).encode()).toEqual(catalogue.encode());
    }),
  );
});

test('a catalogue is the inverse of its bytes, and other bytes are refused', () => {
  fc.assert(
    fc.property(lines, (masked) => {
      const catalogue = mine(seen(...masked));
      const again = Catalogue.decode(catalogue.encode());
      expect(again.templates).toEqual(catalogue.templates);
      expect(again.encode()).toEqual(catalogue.encode());
    }),
  );
  expect(() => Catalogue.decode(Buffer.of(2, 0))).toThrow('version 2');
  expect(() => Catalogue.decode(Buffer.of(1, 5))).toThrow(RangeError);
});

test('100,000 distinct signatures are mined within 10 s', () => {
  const nouns = Array.from({ length: 50 }, (_, i) => `n${'abcdefghij'[i % 10]}${'klmnopqrst'[Math.floor(i / 10)]}`);
  const input: MinedSignature[] = [];
  for (let i = 0; i < 100_000; i++) {
    const masked = `event ${nouns[i % 50]} from ${nouns[Math.floor(i / 50) % 50]} to ${nouns[Math.floor(i / 2500)]} took <*> at stage <*> of plan <*>`;
    input.push({ signature: hashText(masked), masked, count: 1 });
  }
  const start = performance.now();
  expect(mine(input).size).toBe(1);
  expect(performance.now() - start).toBeLessThan(10_000);
});

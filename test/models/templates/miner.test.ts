import fc from 'fast-check';
import { hashText } from '../../../records/wire/hash.js';
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
  const calls = ['cart', 'pay', 'mail', 'search'].map((name) => `service ${name}`);
  expect(mine(seen(...calls)).size).toBe(4);
  expect(texts(mine(seen(...calls, 'service geo', 'service audit')))).toEqual(['service <*>']);
});

test('words of a state stay, however many there are', () => {
  const states = ['Started', 'Stopped', 'Paused', 'Resumed', 'NodeNotReady', 'SCALE_DOWN', 'rejected'];
  const lines = states.map((state) => `[node <*>] machine of this pool ${state} (event of life)`);
  expect(texts(mine(seen(...lines)))).toEqual([...lines].sort());
  const catalogue = mine(seen(...['ann', 'bob', 'cid', 'dora'].map((name) => `job of ${name} is in the queue now`)));
  expect(catalogue.match('job of eve is in the queue now')?.text).toBe('job of <*> is in the queue now');
  expect(catalogue.match('job of failed is in the queue now')).toBeUndefined();
});

test('a few names that vary in several contexts are values', () => {
  const lines = ['sshd', 'postfix', 'web-auth'].flatMap((jail) => [
    `[${jail}] ban <*>`,
    `[${jail}] unban <*>`,
    `jail '${jail}' begins`,
  ]);
  expect(texts(mine(seen(...lines)))).toEqual(['[<*>] ban <*>', '[<*>] unban <*>', "jail '<*>' begins"]);
});

test('names that vary in two places at once are values of the wider template', () => {
  const lines = ['a', 'b', 'c', 'd'].map((name) => `copy of ${name} went to <*> at last`);
  expect(texts(mine(seen(...lines, 'copy of eve went to fay at last')))).toEqual(['copy of <*> went to <*> at last']);
});

test('an index or a port belongs to the name before it where it varies without one', () => {
  expect(texts(mine(seen('<*> is full', 'disk[<*>] is full', 'wpad:<*> is full')))).toEqual(['<*> is full']);
  const both = ['queue:<*> is full', 'topic:<*> is full'];
  expect(texts(mine(seen(...both)))).toEqual(both);
});

test('a few first words are templates of their own', () => {
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

test.each([
  ['units', 'read <*> KB of <*>', 'read <*> B of <*>', 'read <*> of <*>'],
  ['lists', 'delete <*> <*> <*> now', 'delete <*> now', 'delete <*> now'],
  ['lists of pairs', 'bad node-<*> <*> <ok> node-<*> <*> <ok>', 'bad node-<*> <*> <ok>', 'bad node-<*> <*> <ok>'],
  ['empty values', 'ruser= of <*>', 'ruser=<*> of <*>', 'ruser=<*> of <*>'],
  ['empty brackets', 'from <*> () at', 'from <*> (<*>) at', 'from <*> (<*>) at'],
  ['digits at their start', 'cpu0: processor id <*>', 'cpu1: processor id <*>', '<*>: processor id <*>'],
  ['digits', 'carrier on eth0 lost', 'carrier on eth1 lost', 'carrier on <*> lost'],
  ['dates', 'up since Mon Jun <*> <*> <*>', 'up since Tue Jul <*> <*> <*>', 'up since <*>'],
  ['hosts with a port', 'proxy.acme.org:<*> open', 'db.acme.org:<*> open', '<*> open'],
  ['constants', 'idle: true', 'idle: FALSE', 'idle: <*>'],
  ['blanks', 'a  b <*>', 'a b <*>', 'a b <*>'],
])('texts that differ only in %s are one template', (_, a, b, expected) => {
  const catalogue = mine(seen(a, b));
  expect(texts(catalogue)).toEqual([expected]);
});

test('lists and units of one kind keep their text', () => {
  expect(texts(mine(seen('fan speeds <*> <*> <*>')))).toEqual(['fan speeds <*> <*> <*>']);
  expect(texts(mine(seen('took <*> ms')))).toEqual(['took <*> ms']);
});

test('an unknown text is matched by its looser form', () => {
  const catalogue = mine(seen('delete <*> <*> <*> now', 'delete <*> now', 'read <*> KB of <*>', 'read <*> B of <*>'));
  expect(catalogue.match('delete <*> <*> <*> <*> <*> now')?.text).toBe('delete <*> now');
  expect(catalogue.match('read <*> MB of <*>')?.text).toBe('read <*> of <*>');
});

test('a new mining keeps the id of a template that still has that signature', () => {
  const lines = ['ann', 'bob', 'cid', 'dora'].map((user) => `user ${user} has logged in from host <*>`);
  const [first, ...more] = seen(...lines).sort((a, b) => b.signature - a.signature);
  const before = mine([first!]);
  expect(mine([first!, ...more]).templates[0]!.id).not.toBe(first!.signature);
  expect(mine([first!, ...more], before).templates[0]!.id).toBe(first!.signature);
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

test('every signature belongs to exactly one template, which finds itself; the order of input does not matter', () => {
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
        expect(catalogue.templateOf(signature, text)).toEqual({ id: template.id, text: template.text, known: true });
        if (template.text.includes('<*>')) expect(catalogue.match(template.text)?.text).toBe(template.text);
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

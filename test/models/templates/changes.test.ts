import fc from 'fast-check';
import { hashText } from '../../../records/wire/hash.js';
import { templateChanges } from '../../../models/templates/changes.js';
import { mine, type MinedSignature } from '../../../models/templates/miner.js';

const seen = (...texts: string[]): MinedSignature[] =>
  texts.map((masked) => ({ signature: hashText(masked), masked, count: 1 }));

test('what did not change keeps its id; merged, added and gone templates are named', () => {
  const before = mine(seen('disk <*> is full', 'job alpha is done', 'job beta is done', 'old news'));
  const after = mine(
    seen('disk <*> is full', 'job alpha is done', 'job beta is done', 'job <*> is done', 'hello'),
    before,
  );
  const { kept, reworded, split, merged, added, gone } = templateChanges(before, after);
  expect(kept).toBe(1);
  expect(after.get(hashText('disk <*> is full'))).toEqual(before.get(hashText('disk <*> is full')));
  expect(merged.map(({ from, into }) => [from.map(({ text }) => text).sort(), into.text])).toEqual([
    [['job alpha is done', 'job beta is done'], 'job <*> is done'],
  ]);
  // The merged template goes on under one of the two ids.
  expect(merged[0]!.from.map(({ id }) => id)).toContain(merged[0]!.into.id);
  expect(added.map(({ text }) => text)).toEqual(['hello']);
  expect(gone.map(({ text }) => text)).toEqual(['old news']);
  expect([reworded, split]).toEqual([[], []]);
});

test('a template is split where what joined its texts is not seen again', () => {
  const before = mine(seen('job alpha is done', 'job beta is done', 'job <*> is done'));
  const after = mine(seen('job alpha is done', 'job beta is done'), before);
  const { split, kept } = templateChanges(before, after);
  expect(kept).toBe(0);
  expect(split.map(({ from, into }) => [from.text, into.map(({ text }) => text).sort()])).toEqual([
    ['job <*> is done', ['job alpha is done', 'job beta is done']],
  ]);
});

const word = fc.constantFrom('disk', 'read', 'node', 'x.y', 'a.b.c', '<*>', 'user=<*>', 'eth0', 'eth1');
const texts = fc.uniqueArray(
  fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(' ')),
  { maxLength: 30 },
);

test('every template is in one of the lists, and mining the same again changes nothing', () => {
  fc.assert(
    fc.property(texts, texts, (some, more) => {
      const before = mine(seen(...some));
      const after = mine(seen(...new Set([...some, ...more])), before);
      const changes = templateChanges(before, after);
      const origins = changes.merged.flatMap(({ from }) => from.map(({ id }) => id));
      const splitInto = new Set(changes.split.flatMap(({ into }) => into.map(({ id }) => id)));
      const merged = new Set(changes.merged.map(({ into }) => into.id));
      expect(changes.kept + changes.added.length + new Set([...splitInto, ...merged]).size).toBe(after.size);
      expect(changes.gone).toEqual([]);
      for (const { id } of before.templates) {
        const isTold = origins.includes(id) || changes.split.some(({ from }) => from.id === id);
        if (!isTold) expect(after.get(id)?.id).toBe(id);
      }
      const again = mine(seen(...new Set([...some, ...more])), after);
      expect(again.encode()).toEqual(after.encode());
      expect(templateChanges(after, again)).toMatchObject({ kept: after.size, reworded: [], split: [], merged: [] });
    }),
  );
});

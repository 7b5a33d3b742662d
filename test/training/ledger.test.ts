import { TrainingLedger } from '../../training/ledger.js';
import { trainingControl, trainingEntry, type TrainingEntry } from '../../records/training.js';
import fc from 'fast-check';
import { aliasControl, aliasMove, misnamed, type AliasMove } from '../../records/alias.js';
import type { Control } from '../../records/control.js';

const entry = (what: TrainingEntry['what'], epoch: number, more: Partial<TrainingEntry> = {}): TrainingEntry => ({
  what,
  epoch,
  at: 1,
  why: '',
  ...more,
});

test('entries travel as controls; other controls and broken ones are none', () => {
  const one = entry('promoted', 3, { artefact: 'a', from: 7, step: 9, origin: 'own', rows: 5 });
  const control = trainingControl(one, 'x');
  expect(trainingEntry(control)).toEqual(one);
  expect(trainingEntry({ ...control, command: 'stop' })).toBeUndefined();
  expect(trainingEntry({ ...control, value: '{' })).toBeUndefined();
  expect(trainingEntry({ ...control, about: 'unheard' })).toBeUndefined();
});

test('what a process writes that has lost the lead is void, so that two never both promote', () => {
  const ledger = new TrainingLedger();
  ledger.apply(entry('claimed', 1));
  ledger.apply(entry('claimed', 2));
  expect(ledger.apply(entry('promoted', 1, { artefact: 'late', from: 1, step: 1 }))).toBe(false);
  expect(ledger.inForce).toBeUndefined();
  expect(ledger.step).toBeUndefined();
  expect(ledger.apply(entry('promoted', 2, { artefact: 'good', from: 1, step: 1 }))).toBe(true);
  expect(ledger.inForce?.artefact).toBe('good');
});

test('what a person promotes counts whoever leads', () => {
  const ledger = new TrainingLedger();
  ledger.apply(entry('claimed', 9));
  expect(ledger.apply(entry('promoted', 0, { artefact: 'mine', from: 5, origin: 'command' }))).toBe(true);
  expect([ledger.epoch, ledger.inForce?.artefact]).toEqual([9, 'mine']);
});

test('a refused set leaves the one in force, and a later one is no refusal any more', () => {
  const ledger = new TrainingLedger();
  const said = new Map<string, Control>();
  const say = (one: TrainingEntry): void => void said.set(`${said.size}`, trainingControl(one, `${said.size}`));
  say(entry('claimed', 1));
  say(entry('promoted', 1, { artefact: 'prior', from: 0, origin: 'prior' }));
  say(entry('too-little', 1, { step: 2 }));
  expect(ledger.read(said)).toHaveLength(3);
  expect([ledger.foundTooLittle, ledger.failed?.what, ledger.trained]).toEqual([true, 'too-little', undefined]);
  say(entry('refused', 1, { step: 4, artefact: 'bad', why: 'too many' }));
  expect(ledger.read(said)).toHaveLength(1);
  expect([ledger.foundTooLittle, ledger.inForce?.artefact, ledger.failed?.why]).toEqual([false, 'prior', 'too many']);
  say(entry('promoted', 1, { step: 8, artefact: 'own', from: 7, origin: 'own' }));
  ledger.read(said);
  expect([ledger.step, ledger.inForce?.artefact, ledger.trained?.artefact, ledger.failed]).toEqual([
    8,
    'own',
    'own',
    undefined,
  ]);
});

const move = (id: string, alias: string, artefact: string, expected: string, from?: number): AliasMove => ({
  ...{ id, alias, artefact, expected, by: 'ann', why: 'to see', at: 1 },
  ...(from === undefined ? {} : { from }),
});
/** A ledger that has read these moves, in their order. */
function ledgerOf(moves: readonly AliasMove[], before: readonly TrainingEntry[] = []): TrainingLedger {
  const said = new Map<string, Control>();
  before.forEach((one, i) => said.set(`t${i}`, trainingControl(one, `t${i}`)));
  for (const one of moves) said.set(one.id, aliasControl(one, 'cli'));
  const ledger = new TrainingLedger();
  ledger.read(said);
  return ledger;
}

test('a move travels as a control; others are none', () => {
  const one = move('m', 'champion', 'a', '', 7);
  expect(aliasMove(aliasControl(one, 'cli'))).toEqual(one);
  expect(aliasMove({ ...aliasControl(one, 'cli'), command: 'stop' })).toBeUndefined();
  expect(aliasMove({ ...aliasControl(one, 'cli'), value: '{}' })).toBeUndefined();
  expect(['champion', 'shadow-2', 'v', 'v2x'].map(misnamed)).toEqual([undefined, undefined, undefined, undefined]);
  for (const wrong of ['v7', '', 'A', 'a b', '-a']) expect(misnamed(wrong)).toContain('cannot be an alias');
});

test('of moves of one name each counts only where it expected what the name stood for: a chain, whatever comes in between', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ to: fc.constantFrom('', 'a', 'b', 'c'), expected: fc.constantFrom('', 'a', 'b', 'c') })),
      (asked) => {
        const moves = asked.map(({ to, expected }, i) => move(`${i}`, 'shadow', to, expected));
        const ledger = ledgerOf(moves);
        let is = '';
        for (const { id, artefact, expected } of moves) {
          expect(ledger.moves.get(id)).toBe(expected === is);
          if (expected === is) is = artefact;
        }
        expect(ledger.artefactOf('shadow')).toBe(is);
        expect(ledger.inForce).toBeUndefined();
      },
    ),
  );
});

test('the champion that is moved is in force; the challenger that became champion is none any more', () => {
  const trained = entry('promoted', 1, { artefact: 'old', from: 100, step: 90, rows: 5, origin: 'own' });
  const moves = [move('1', 'challenger', 'new', ''), move('2', 'champion', 'new', 'old', 101)];
  const ledger = ledgerOf(moves, [trained]);
  expect(ledger.inForce).toMatchObject({ artefact: 'new', from: 101, origin: 'alias', by: 'ann' });
  expect(ledger.artefactOf('challenger')).toBe('');
  // A set that comes back is what it was trained to be, and its bound is later than all before: it is no repeat.
  expect(ledger.nextBound(100)).toBe(102);
  const back = ledgerOf([...moves, move('3', 'champion', 'old', 'new', 102)], [trained]);
  expect(back.inForce).toMatchObject({ artefact: 'old', from: 102, step: 90, rows: 5 });
  expect(back.champions.map(({ artefact }) => artefact)).toEqual(['old', 'new']);
});

test('a champion is never taken away, and never moved without a bound', () => {
  const trained = entry('promoted', 1, { artefact: 'old', from: 100, origin: 'own' });
  const ledger = ledgerOf([move('1', 'champion', '', 'old', 101), move('2', 'champion', 'new', 'old')], [trained]);
  expect([...ledger.moves.values(), ledger.inForce?.artefact]).toEqual([false, false, 'old']);
});

import { TrainingLedger } from '../../training/ledger.js';
import { trainingControl, trainingEntry, type TrainingEntry } from '../../records/training.js';
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

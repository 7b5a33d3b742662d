import { SessionClasses } from '../../../operators/sessions/session-class.js';
import type { SessionEvents } from '../../../records/aggregate.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import { TaskState } from '../../../runtime/state.js';

const entity = 'session{class="jobs"}';
const events = (...signatures: number[]): SessionEvents =>
  new Map(signatures.map((signature, i) => [signature, { count: 1, first: 1000 * i, last: 1000 * i }]));

test('a new catalogue tells the past of a class in its templates', async () => {
  const stores = await TaskState.restore(new MemoryBackend(), 'detect/0', 0);
  let artefact = '';
  // The catalogue finds that 10, 11 and 12 are one template; 20 stays what it was.
  const templateOf = (signature: number): { id: number } => ({
    id: artefact !== '' && signature >= 10 && signature <= 12 ? 99 : signature,
  });
  const classes = new SessionClasses(stores, templateOf, () => artefact);
  for (let n = 0; n < 30; n++) classes.learn(entity, events(20, 10 + (n % 3)), false);
  expect(classes.view(entity).templates).toEqual([10, 11, 12, 20]);
  expect(classes.view(entity).sets).toHaveLength(3);

  artefact = 'first';
  const { templates, sets, past, due } = classes.view(entity);
  expect([...templates].sort((a, b) => a - b)).toEqual([20, 99]);
  expect(sets.map((set) => [...set.templates])).toEqual([[20, 99]]);
  expect(sets[0]!.weight).toBe(past);
  // Now seen often enough to be due: a second after the first line.
  expect(due[templates.indexOf(99)]).toBeGreaterThanOrEqual(1000);
  expect(classes.distance(entity, [20, 99], [20, 99])).toBe(0);
});

const whole = 'PacketResponder <*> for block <*> terminating';

/** A class that has seen 300 sessions of the templates given. */
async function learntClass(texts: ReadonlyMap<number, string>, ...past: number[]): Promise<SessionClasses> {
  const stores = await TaskState.restore(new MemoryBackend(), 'detect/0', 0);
  const classes = new SessionClasses(stores, (id) => ({ id, text: texts.get(id) ?? '' }));
  for (let n = 0; n < 300; n++) classes.learn(entity, events(...past), false);
  return classes;
}
const seen = (classes: SessionClasses, ...signatures: number[]): number[] => [
  ...classes.firstTimes(entity, events(...signatures)).keys(),
];

test('a line that lost its end is the line that it was, also where the class learnt the rest as a line', async () => {
  const texts = new Map([
    [1, 'Receiving block <*> src: <*> dest: <*>'],
    [2, whole],
    [3, 'PacketResponder <*> for block <*> termin'],
    [4, 'PacketResponder'],
    [5, 'PacketResponder <*> for block <*> aborted'],
    [6, 'Receiving block <*> src: <*> dest: <*>.'],
    [7, 'Receiving block <*> src: /'],
  ]);
  const classes = await learntClass(texts, 1, 2);
  // Too little is left of the fourth, and the fifth says something else.
  expect([3, 4, 5, 6, 7].map((other) => seen(classes, other))).toEqual([[2], [4], [5], [1], [1]]);
  for (let n = 0; n < 10; n++) classes.learn(entity, events(1, 3), false);
  expect(classes.view(entity).templates).toEqual([1, 2]);
});

test('a short message that is as usual as the longer one stays a message of its own', async () => {
  const texts = new Map([
    [1, 'connection closed'],
    [2, 'connection closed by peer'],
  ]);
  const classes = await learntClass(texts, 1, 2);
  expect(seen(classes, 1)).toEqual([1]);
});

test('a rest that more than one line begins with is neither new nor missing', async () => {
  const texts = new Map([
    [1, 'copy of file <*> started'],
    [2, 'copy of file <*> stored'],
    [3, 'copy of file <*> st'],
    [4, 'copy begins'],
  ]);
  const classes = await learntClass(texts, 4, 1, 2);
  const { times, possible } = classes.steps(entity, events(4, 3));
  expect([...times.keys()]).toEqual([4]);
  expect([...possible]).toEqual([1, 2]);
  expect(classes.nextDue(entity, events(4, 3), 0)).toBeUndefined();
  expect(classes.nextDue(entity, events(4), 0)).toBeDefined();
});

test('what is missing after a time is what was next due before it', async () => {
  const classes = await learntClass(new Map(), 1, 2, 3);
  const { templates, due } = classes.view(entity);
  const dueOf = (id: number): number => due[templates.indexOf(id)]!;
  expect(dueOf(2)).toBeGreaterThan(1000);
  expect(dueOf(3)).toBeGreaterThanOrEqual(dueOf(2));

  expect(classes.nextDue(entity, events(1), 0)).toBe(dueOf(2));
  expect(classes.missing(entity, events(1), dueOf(2) - 1)).toEqual([]);
  expect(classes.missing(entity, events(1), dueOf(3))).toEqual([2, 3]);
  expect(classes.nextDue(entity, events(1, 2), 0)).toBe(dueOf(3));
  expect(classes.missing(entity, events(1, 2), dueOf(3))).toEqual([3]);
  expect(classes.nextDue(entity, events(1), dueOf(3))).toBeUndefined();
  expect(classes.nextDue(entity, events(1, 2, 3), 0)).toBeUndefined();
});

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
  expect(sets[0].weight).toBe(past);
  // Now seen often enough to be due: a second after the first line.
  expect(due[templates.indexOf(99)]).toBeGreaterThanOrEqual(1000);
  expect(classes.distance(entity, [20, 99], [20, 99])).toBe(0);
});

test('a line that lost its end is the line that it was, at once and for good', async () => {
  const texts = new Map([
    [1, 'Receiving block <*> src: <*> dest: <*>'],
    [2, 'PacketResponder <*> for block <*> terminating'],
    [3, 'PacketResponder <*> for block <*> termin'],
    [4, 'PacketResponder'],
    [5, 'PacketResponder <*> for block <*> aborted'],
  ]);
  const stores = await TaskState.restore(new MemoryBackend(), 'detect/0', 0);
  const classes = new SessionClasses(stores, (id) => ({ id, text: texts.get(id) ?? '' }));
  for (let n = 0; n < 300; n++) classes.learn(entity, events(1, 2), false);
  const seen = (...signatures: number[]): number[] => [...classes.firstTimes(entity, events(...signatures)).keys()];
  for (const [minute, other] of [3, 4, 5].entries()) classes.observe(entity, [events(1, other)], (minute + 1) * 60_000);
  // Too little is left of the fourth, and the fifth says something else.
  expect([seen(1, 3), seen(1, 4), seen(1, 5)]).toEqual([
    [1, 2],
    [1, 4],
    [1, 5],
  ]);
  classes.observe(entity, [events(1, 2)], 300_000);
  expect(seen(1, 3)).toEqual([1, 2]);
});

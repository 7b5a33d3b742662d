import { changed, isOriginal, logTopics, partitionsOf, topicControl } from '../../../service/intake/log-topics.js';
import { decodeControl, encodeControl, type Control } from '../../../records/control.js';

const said = { by: 'tocsin', via: 'kafka', why: '', at: 1 };

/** Controls of one who looks at these numbers of partitions, one after the other. */
function seen(...counts: readonly number[]): Control[] {
  const controls: Control[] = [];
  for (const count of counts) {
    const known = logTopics(controls).get('logs');
    const shape = changed(known, count);
    if (shape) controls.push(topicControl('logs', known, shape, said));
  }
  return controls;
}

test('a topic grows, goes, and comes back as another', () => {
  const shapes = [[3], [3, 3], [3, 5], [3, 5, 0], [3, 5, 0, 2], [3, 2]].map((counts) =>
    logTopics(seen(...counts)).get('logs'),
  );
  expect(shapes.map((shape) => [shape?.partitions, shape?.incarnation, shape?.change])).toEqual([
    [3, 0, 1],
    [3, 0, 1],
    [5, 0, 2],
    [0, 0, 3],
    [2, 1, 4],
    [2, 1, 2],
  ]);
});

test('of two who saw the same change the first is heard', () => {
  const first = seen(3, 4);
  const known = logTopics(first.slice(0, 1)).get('logs');
  const late = topicControl('logs', known, { partitions: 4, incarnation: 0 }, { ...said, at: 2 });
  expect(logTopics([...first, late]).get('logs')).toMatchObject({ partitions: 4, change: 2, at: 1 });
});

test('partitions that were there at first begin where the configuration says, later ones at their beginning', () => {
  const grown = logTopics(seen(2, 3)).get('logs')!;
  expect(partitionsOf('logs', grown)).toEqual(['logs/0', 'logs/1', 'logs/2']);
  expect([0, 1, 2].map((partition) => isOriginal(grown, partition))).toEqual([true, true, false]);
  expect(isOriginal(logTopics(seen(2, 0, 2)).get('logs')!, 0)).toBe(false);
});

test('a control that is no change of a topic, or not the next one, changes nothing', () => {
  const first = seen(2)[0]!;
  const other: Control = { ...first, id: 'x', command: 'stop', about: '' };
  const broken: Control = { ...first, id: 'topic logs 2', value: 'many' };
  const skipping: Control = { ...first, id: 'topic logs 7', value: '9 0' };
  expect(logTopics([other, first, broken, skipping]).get('logs')).toMatchObject({ partitions: 2, change: 1 });
  expect(decodeControl(encodeControl(first))).toEqual(first);
});

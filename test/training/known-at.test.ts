/** A training of a time sees what was known then, however far the log has grown when it is read. */
import fc from 'fast-check';
import { answersBetween } from '../../training/gate/tried.js';
import { knownAt } from '../../training/known-at.js';
import { mineCatalogue } from '../../training/train.js';
import type { ShardRecords } from '../../training/run-records.js';
import { emptyLogAggregate } from '../../records/aggregate.js';
import type { Mark, Tag, WindowsRecord } from '../../records/windows.js';
import { scoredContext } from '../builders/scored-context.js';
import { define, messages, minutes, monday, shop, signatureOf } from '../builders/windows.js';

const lengths = { pane: minutes, windowPanes: 5 };
const source = 'app/0';
let offset = 0;
const tagOf = (own = source): Tag => ({ source: own, incarnation: 1, epoch: 1, offset: offset++, n: 0 });
const at = (minute: number): number => monday + minute * minutes;

const lines = (minute: number, text: string, own = source): WindowsRecord => ({
  type: 'log',
  tag: tagOf(own),
  entity: shop.key,
  pane: at(minute),
  settings: 1,
  capped: false,
  aggregate: { ...emptyLogAggregate(), lines: 5, signatures: new Map([[signatureOf(text), 5]]) },
});
const mark = (minute: number, own = source, kind: Mark['kind'] = 'data'): WindowsRecord => ({
  type: 'mark',
  tag: tagOf(own),
  kind,
  watermark: at(minute),
});
const definition = (text: string): WindowsRecord => ({ ...define(text), tag: tagOf() });
const verdict = (id: string, minute: number): WindowsRecord => ({
  type: 'verdict',
  verdict: {
    id,
    alert: id,
    value: 'anomaly',
    by: 'ann',
    at: 1,
    context: scoredContext(shop.key, at(minute - 5), at(minute)),
  },
});
const logOf = (records: readonly WindowsRecord[]): ShardRecords =>
  async function* () {
    yield* records.map((record, i) => ({ offset: i, record }));
  };
const sources = (...names: string[]): WindowsRecord => ({ type: 'sources', version: 1, sources: names });

async function read(records: ShardRecords): Promise<WindowsRecord[]> {
  const all: WindowsRecord[] = [];
  for await (const { record } of records()) all.push(record);
  return all;
}

/** An hour, a line a minute; with each tenth minute its mark. */
const hour = (): WindowsRecord[] => [
  sources(source),
  definition(messages[0]!),
  ...Array.from({ length: 60 }, (_, minute) => [
    lines(minute, messages[0]!),
    ...(minute % 10 === 9 ? [mark(minute + 1)] : []),
  ]).flat(),
];

test('late lines, what they define and answers that come behind the boundary are not seen by a training of that time', async () => {
  const known = [...hour(), verdict('in time', 50)];
  const closing = mark(61);
  const later = [
    definition(messages[1]!),
    lines(30, messages[1]!),
    lines(61, messages[1]!),
    verdict('too late', 55),
    mark(90),
  ];
  const whole = logOf([...known, closing, ...later]);
  const learnt = async (records: ShardRecords) => ({
    catalogue: (await mineCatalogue({ shards: [records], to: at(61) }, undefined)).encode().toString('hex'),
    answers: await answersBetween([records], 0, at(61)),
  });
  expect(await learnt(knownAt(whole, at(61), lengths))).toEqual(await learnt(logOf([...known, closing])));
  expect(await learnt(whole)).not.toEqual(await learnt(logOf([...known, closing])));
  expect((await learnt(knownAt(whole, at(61), lengths))).answers).toHaveLength(1);
});

test('of several sources the slowest says what is known; the end of all closes the last window', async () => {
  const records = [
    sources('a', 'b'),
    lines(0, messages[0]!, 'a'),
    mark(60, 'a'),
    lines(1, messages[0]!, 'b'),
    mark(12, 'b'),
    mark(31, 'b'),
    mark(61, 'a', 'end'),
    mark(58, 'b', 'end'),
    verdict('behind', 20),
  ];
  const count = async (minute: number): Promise<number> =>
    (await read(knownAt(logOf(records), at(minute), lengths))).length;
  expect(await Promise.all([12, 13, 31, 58, 61, 65, 66].map(count))).toEqual([5, 6, 6, 8, 8, 8, 9]);
  expect(await read(knownAt(logOf(records), Number.POSITIVE_INFINITY, lengths))).toEqual(records);
});

test('what is known at a time is what was known earlier, and more; it is the same from any log that goes on', async () => {
  const step = fc.record({
    own: fc.constantFrom('a', 'b'),
    minute: fc.nat(60),
    kind: fc.constantFrom('data', 'idle', 'stalled'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(60), fc.nat(60), async (steps, one, other) => {
      offset = 0;
      const records = [
        sources('a', 'b'),
        ...steps.map(({ own, minute, kind }) => mark(minute, own, kind as Mark['kind'])),
      ];
      const [before, after] = [Math.min(one, other), Math.max(one, other)];
      const early = await read(knownAt(logOf(records), at(before), lengths));
      const late = await read(knownAt(logOf(records), at(after), lengths));
      expect(late.slice(0, early.length)).toEqual(early);
      expect(await read(knownAt(logOf(late), at(before), lengths))).toEqual(early);
    }),
    { numRuns: 60 },
  );
});

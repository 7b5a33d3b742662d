/** The gate lets verdicts in at the boundary at which they took effect, however far the sources have read ahead. */
import { ReplayGate } from '../../../offline/replay/gate.js';
import { aVerdict, mark } from './records.js';

const pane = 60_000;

test('stops before each boundary with verdicts, and opens once every source has reached it', () => {
  const gate = new ReplayGate(
    ['a', 'b'],
    [
      { control: aVerdict('first'), at: 5 * pane },
      { control: aVerdict('second'), at: 5 * pane },
      { control: aVerdict('third'), at: 9 * pane },
    ],
    pane,
  );
  const seen = (
    records: Iterable<ReturnType<typeof mark> | ReturnType<typeof aVerdict> | { type: string }>,
  ): string[] =>
    [...records].map((record) =>
      'verdict' in record
        ? record.verdict.id
        : 'watermark' in record
          ? `${record.tag.source} ${record.kind} ${record.watermark / pane}`
          : record.type,
    );
  expect(seen(gate.begin())).toEqual(['sources', 'replay data 4']);
  expect(seen(gate.pass(mark('a', 20 * pane)))).toEqual(['a data 20']);
  expect(seen(gate.pass(mark('b', 3 * pane)))).toEqual(['b data 3']);
  expect(seen(gate.pass(mark('b', 4 * pane)))).toEqual(['b data 4', 'first', 'second', 'replay data 8']);
  expect(seen(gate.pass(mark('b', 7 * pane, 'end')))).toEqual(['b end 7', 'third', 'replay end 0']);
});

test('without verdicts it is open from the start', () => {
  const gate = new ReplayGate(['a'], [], pane);
  expect([...gate.begin()]).toMatchObject([{ sources: ['a', 'replay'] }, { kind: 'end' }]);
});

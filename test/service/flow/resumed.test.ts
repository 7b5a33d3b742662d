/** A run that goes on knows of each source what it had read, and nothing else. */
import { maxAheadWindows, Flow } from '../../../service/flow/flow.js';
import { resumeFlow } from '../../../service/flow/resumed.js';
import type { Mark, WindowsRecord } from '../../../records/windows.js';

const begin = Date.parse('2026-01-05T00:00:00Z');
const wallClock = Date.parse('2026-11-30T15:00:00Z');
const tag = (source: string) => ({ source, incarnation: 0, epoch: 1, offset: 0, n: 0 });
const mark = (source: string, watermark: number, kind: Mark['kind']): WindowsRecord => ({
  type: 'mark',
  tag: tag(source),
  kind,
  watermark,
});
const pane = (source: string, at: number): WindowsRecord =>
  ({ tag: tag(source), pane: at }) as unknown as WindowsRecord;

async function resumed(...records: readonly WindowsRecord[]): Promise<Flow> {
  const flow = new Flow({ sources: ['a', 'b'], shards: 1, maxAhead: maxAheadWindows * 300_000, holds: true });
  await resumeFlow(
    flow,
    (async function* () {
      yield* records;
    })(),
  );
  return flow;
}

test.each<Mark['kind']>(['live', 'behind', 'misdated', 'dated', 'last'])(
  'a source that has written no mark but one of the kind %s has not begun: it reads, and others wait for it',
  async (kind) => {
    const flow = await resumed(mark('b', wallClock, kind), pane('a', begin), mark('a', begin + 60_000, 'data'));
    expect(flow.watermarks).toEqual(new Map([['a', begin + 60_000]]));
    expect(flow.mustWait('b')).toBe(false);
    expect(flow.first).toBeUndefined();
  },
);

test('the last mark of each counts, and the first pane before it', async () => {
  const flow = await resumed(
    pane('a', begin + 60_000),
    pane('a', begin),
    mark('a', begin + 120_000, 'data'),
    mark('a', wallClock, 'live'),
    pane('b', begin - 60_000),
    mark('b', begin, 'data'),
    mark('b', begin + 180_000, 'end'),
  );
  expect([...flow.watermarks]).toEqual([
    ['a', begin + 120_000],
    ['b', begin + 180_000],
  ]);
  expect(flow.first).toBe(begin - 60_000);
  expect(flow.hasEnded('b')).toBe(true);
});

test('panes without a mark behind them are written again: where the source begins is not known', async () => {
  const flow = await resumed(pane('a', begin), mark('b', begin, 'end'));
  expect(flow.watermarks.has('a')).toBe(false);
  expect(flow.first).toBeUndefined();
});

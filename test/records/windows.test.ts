/** Records of the `windows` log: what no task can work with is refused where it is read. */
import { emptyLogAggregate } from '../../records/aggregate.js';
import {
  decodeWindowsRecord,
  decodeWithin,
  encodeWindowsRecord,
  type LogPartial,
  type Mark,
  type SessionPartial,
} from '../../records/windows.js';

const last = 8_640_000_000_000_000;
const mark = (watermark: number): Mark => ({
  type: 'mark',
  tag: { source: 'logs/0', incarnation: 0, epoch: 1, offset: 7, n: 0 },
  kind: 'data',
  watermark,
});

test('a time that no date has is neither written nor read', () => {
  expect(decodeWindowsRecord(encodeWindowsRecord(mark(last)))).toEqual(mark(last));
  expect(() => encodeWindowsRecord(mark(last + 1))).toThrow('is no time in ms');
  // The watermark stands last: its lowest seven bits are 0, and 1 in the record that comes after the last time.
  const bytes = encodeWindowsRecord(mark(last));
  bytes[bytes.length - 8]! |= 1;
  expect(() => decodeWindowsRecord(bytes)).toThrow(`${last + 1} is no time in ms`);
});

test('a reader of some panes gets the others with their place and without what they counted', () => {
  const { tag } = mark(0);
  const head = { tag, entity: 'service{service="shop"}', pane: 120_000, settings: 3, capped: true };
  const log: LogPartial = { type: 'log', ...head, aggregate: { ...emptyLogAggregate(), lines: 9 } };
  const session: SessionPartial = {
    type: 'session',
    ...head,
    key: 'job-1',
    events: new Map([[7, { count: 2, first: 120_001, last: 120_002 }]]),
  };
  for (const record of [log, session, mark(60_000)]) {
    const bytes = encodeWindowsRecord(record);
    const whole = decodeWindowsRecord(bytes);
    expect(decodeWithin(bytes, { from: 120_000, to: 180_000 })).toEqual(whole);
    expect(decodeWithin(bytes, { from: 0, to: Number.POSITIVE_INFINITY })).toEqual(whole);
    if (record.type === 'mark') continue;
    for (const panes of [
      { from: 180_000, to: 240_000 },
      { from: 0, to: 120_000 },
    ])
      expect(decodeWithin(bytes, panes)).toMatchObject({ type: record.type, ...head });
  }
  expect(decodeWithin(encodeWindowsRecord(log), { from: 0, to: 1 })).toEqual({
    ...log,
    aggregate: emptyLogAggregate(),
  });
  expect(decodeWithin(encodeWindowsRecord(session), { from: 0, to: 1 })).toEqual({
    ...session,
    key: '',
    events: new Map(),
  });
});

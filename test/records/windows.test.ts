/** Records of the `windows` log: what no task can work with is refused where it is read. */
import { decodeWindowsRecord, encodeWindowsRecord, type Mark } from '../../records/windows.js';

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
  bytes[bytes.length - 8] |= 1;
  expect(() => decodeWindowsRecord(bytes)).toThrow(`${last + 1} is no time in ms`);
});

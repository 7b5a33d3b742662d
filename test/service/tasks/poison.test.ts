/** What each topology may go on without: records, never the controls that what follows depends on. */
import { NotReady } from '../../../operators/artefact.js';
import type { RawRecord } from '../../../records/raw.js';
import { decodeWindowsRecord, encodeWindowsRecord, type WindowsRecord } from '../../../records/windows.js';
import { decodeAlert } from '../../../records/alert.js';
import { poisonAlert, poisonRecord, poisonRedriven, poisonWindows } from '../../../service/tasks/poison.js';
import { anAlert } from '../../builders/alert.js';

const bytes = Buffer.from('before the line after');
const record = { bytes, start: 7, end: 15, offset: 42, timestamp: 1000, topic: 'logs' } as unknown as RawRecord;

test('of a log record the letter has its own bytes, not those of the slice around it', () => {
  const poison = poisonRecord('logs/0');
  expect(poison.offsetOf(record)).toBe(42);
  const letter = poison.deadLetter(record);
  expect(letter).toMatchObject({ source: 'logs/0', offset: 42, whole: { timestamp: 1000, topic: 'logs' } });
  expect(Buffer.from(letter.bytes ?? []).toString()).toBe('the line');
});

test('a control of a source is never left out', () => {
  const control = { type: 'idle', watermark: 1 } as const;
  expect(poisonRecord('logs/0').offsetOf(control)).toBeUndefined();
  expect(() => poisonRecord('logs/0').deadLetter(control)).toThrow(TypeError);
});

test('of the windows log only records may be left out that nothing else depends on', () => {
  const { offsetOf, deadLetter, isOutside } = poisonWindows('windows/0');
  const sources: WindowsRecord = { type: 'sources', version: 1, sources: ['a'] };
  const calendar: WindowsRecord = {
    type: 'calendar',
    entry: { id: 'c', name: 'c', action: 'mute', match: {}, from: 1, to: 2, by: 'ann', at: 1 },
  };
  expect([sources, calendar].map((each) => offsetOf({ offset: 3, record: each }))).toEqual([undefined, 3]);
  const letter = deadLetter({ offset: 3, record: calendar });
  expect(decodeWindowsRecord(letter.bytes ?? Buffer.alloc(0))).toEqual(calendar);
  expect(letter.bytes).toEqual(encodeWindowsRecord(calendar));
  // A set that is not loaded yet is no fault of the record.
  expect([new NotReady('not loaded'), new Error('other')].map((error) => isOutside?.(error))).toEqual([true, false]);
});

test('an alert and a record that was put back keep what they were', () => {
  const alert = anAlert();
  const letter = poisonAlert.deadLetter({ offset: 5, record: alert });
  expect([letter.source, letter.offset, decodeAlert(letter.bytes ?? Buffer.alloc(0)).fingerprint]).toEqual([
    'alerts/0',
    5,
    'f1',
  ]);
  const redriven = {
    id: 'l',
    source: 'logs/0',
    offset: 42,
    part: undefined,
    attempt: 1,
    topic: 'logs',
    timestamp: 7,
    inputs: undefined,
    bytes,
  };
  expect(poisonRedriven.offsetOf({ offset: 9, record: redriven })).toBe(9);
  expect(poisonRedriven.deadLetter({ offset: 9, record: redriven })).toMatchObject({
    source: 'logs/0',
    offset: 42,
    attempt: 2,
  });
});

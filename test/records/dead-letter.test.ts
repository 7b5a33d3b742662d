/** Letters of the release before are read: deliveries had the text of their alert for bytes. */
import { decodeLetter, encodeLetter, isRedrivable, letterId } from '../../records/dead-letter.js';

const older = { reason: 'late', detail: 'too late', source: 'a/0', offset: 7, bytes: Buffer.from('line'), at: 1 };
const whole = { timestamp: 5, topic: 'a' };

test('a letter is read as it was written, with a message and without', () => {
  const delivery = { id: 'f1-new', payload: Buffer.from('{}') };
  for (const letter of [older, { ...older, whole }, { ...older, delivery }])
    expect(decodeLetter(encodeLetter(letter))).toEqual(letter);
});

test('one that ends before it could have a message is read, too, and nothing shorter', () => {
  const bytes = encodeLetter({ ...older, whole }).subarray(0, -1);
  expect(decodeLetter(bytes)).toEqual({ ...older, whole });
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeLetter(bytes.subarray(0, length))).toThrow(RangeError);
});

test('messages have names of their own, and are no records that could be put back', () => {
  const [one, other] = ['f1', 'f2'].map((id) => ({ ...older, delivery: { id, payload: Buffer.alloc(0) } }));
  expect(letterId(one)).not.toBe(letterId(other));
  expect([isRedrivable(one), isRedrivable({ ...older, whole })]).toEqual([false, true]);
});

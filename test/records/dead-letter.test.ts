/** Letters of the release before are read: deliveries had the text of their alert for bytes. */
import { decodeDeadLetter, encodeDeadLetter, isRedrivable, deadLetterId } from '../../records/dead-letter.js';

const older = { reason: 'late', detail: 'too late', source: 'a/0', offset: 7, bytes: Buffer.from('line'), at: 1 };
const whole = { timestamp: 5, topic: 'a' };

test('a letter is read as it was written, with a message and without', () => {
  const delivery = { id: 'f1-new', payload: Buffer.from('{}') };
  for (const deadLetter of [older, { ...older, whole }, { ...older, delivery }])
    expect(decodeDeadLetter(encodeDeadLetter(deadLetter))).toEqual(deadLetter);
});

test('one that ends before it could have a message is read, too, and nothing shorter', () => {
  const bytes = encodeDeadLetter({ ...older, whole }).subarray(0, -1);
  expect(decodeDeadLetter(bytes)).toEqual({ ...older, whole });
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeDeadLetter(bytes.subarray(0, length))).toThrow(RangeError);
});

test('messages have names of their own, and are no records that could be put back', () => {
  const [one, other] = ['f1', 'f2'].map((id) => ({ ...older, delivery: { id, payload: Buffer.alloc(0) } }));
  expect(deadLetterId(one!)).not.toBe(deadLetterId(other!));
  expect([isRedrivable(one!), isRedrivable({ ...older, whole })]).toEqual([false, true]);
});

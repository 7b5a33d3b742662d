import { KafkaJSNonRetriableError, KafkaJSProtocolError } from 'kafkajs';
import { untilAnswered } from '../../../connectors/kafka/retry.js';

const loading = (): Error =>
  new KafkaJSProtocolError(
    Object.assign(new Error('loading'), { type: 'GROUP_LOAD_IN_PROGRESS', code: 14, retriable: true }),
  );

test('what passes by itself is asked again', async () => {
  let asked = 0;
  const answer = await untilAnswered(async () => {
    if (++asked < 3) throw loading();
    return 'offsets';
  });
  expect([answer, asked]).toEqual(['offsets', 3]);
});

test('what does not, and what lasts, is told', async () => {
  let asked = 0;
  const failing = (error: Error) => async (): Promise<never> => {
    asked++;
    throw error;
  };
  await expect(untilAnswered(failing(new KafkaJSNonRetriableError('no such topic')))).rejects.toThrow('no such topic');
  expect(asked).toBe(1);
  await expect(untilAnswered(failing(loading()), 0)).rejects.toThrow('loading');
});

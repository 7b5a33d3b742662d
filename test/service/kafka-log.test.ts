/** Trouble with brokers is one line at once, and one each ten seconds, however much the client writes. */
import pino from 'pino';
import { kafkaLogOf } from '../../service/kafka-log.js';

function scene() {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
  let now = 0;
  const kafka = kafkaLogOf(log, ['a:9092', 'b:9092'], () => now);
  return {
    lines: () => lines.map(({ msg }) => msg),
    levels: () => lines.map(({ level }) => level),
    kafka,
    after: (ms: number) => void (now += ms),
  };
}

test('one line at once, then one each ten seconds with its age', () => {
  const { kafka, lines, after } = scene();
  for (let i = 0; i < 25; i++) {
    kafka('error', 'Connection error', { error: 'connect ECONNREFUSED 127.0.0.1:9092' });
    kafka('warn', 'Failed to connect to seed broker', {});
    after(1000);
  }
  expect(lines()).toEqual([
    'Kafka at a:9092, b:9092 cannot be reached: connect ECONNREFUSED 127.0.0.1:9092; tried again',
    'Kafka at a:9092, b:9092 cannot be reached: connect ECONNREFUSED 127.0.0.1:9092; since 10 s; tried again',
    'Kafka at a:9092, b:9092 cannot be reached: connect ECONNREFUSED 127.0.0.1:9092; since 20 s; tried again',
  ]);
});

test('after half a minute of quiet it is new trouble', () => {
  const { kafka, lines, after } = scene();
  kafka('warn', 'Connection timeout', {});
  after(31_000);
  kafka('warn', 'Connection timeout', {});
  expect(lines()).toEqual(Array(2).fill('Kafka at a:9092, b:9092 cannot be reached: Connection timeout; tried again'));
});

test('what the connector says in words of its own is kept, and what is no trouble is written as it is', () => {
  const { kafka, lines, levels } = scene();
  kafka('warn', 'the password of user app is wrong', { trouble: true });
  kafka('info', 'Consumer has joined the group', { stack: 'at x' });
  kafka('debug', 'Connection error', {});
  expect(lines()).toEqual(['the password of user app is wrong; tried again', 'Consumer has joined the group']);
  expect(levels()).toEqual([40, 30]);
});

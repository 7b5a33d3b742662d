import { isTopicPattern, topicMatcher, topicProblem } from '../../config/topic-pattern.js';
import { configSchema } from '../../config/schema.js';
import { ConfiguredTopics } from '../../service/intake/configured-topics.js';

const configured = (...sources: readonly (readonly string[])[]): ConfiguredTopics =>
  new ConfiguredTopics(
    configSchema.parse({
      kafka: { brokers: ['k:9092'] },
      sources: sources.map((topics) => ({ type: 'kafka', topics })),
    }),
  );

test.each([
  ['logs', ['logs'], ['logs-a', 'xlogs']],
  ['logs-*', ['logs-', 'logs-a', 'logs-a.b'], ['logs', 'xlogs-a']],
  ['team.?.logs', ['team.a.logs'], ['team.ab.logs', 'teamxaxlogs']],
  ['^app-[a-z]+$', ['app-b'], ['app-1', 'xapp-b', 'app-b2']],
  ['^app', ['app'], ['app-b']],
])('%s means %j and not %j', (entry, meant, others) => {
  const matches = topicMatcher(entry);
  expect(meant.filter((topic) => !matches(topic))).toEqual([]);
  expect(others.filter(matches)).toEqual([]);
});

test('what is no name and no pattern is refused', () => {
  expect(['logs', 'a.b_c-1', 'logs-*', '^a(b|c)$'].map(topicProblem)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(topicProblem('a/b')).toContain('is no name of a topic');
  expect(topicProblem('^a(')).toContain('RE2');
  expect(isTopicPattern('a.b')).toBe(false);
});

test('a topic that is named belongs to the source that names it; patterns match none of tocsin or Kafka itself', () => {
  const topics = configured(['*'], ['logs']);
  expect(topics.sourceOf('logs')?.topics).toEqual(['logs']);
  expect(topics.sourceOf('app')?.topics).toEqual(['*']);
  expect(['__consumer_offsets', '_schemas', 'tocsin.windows', '*'].filter((topic) => topics.sourceOf(topic))).toEqual(
    [],
  );
});

test('a topic is new that comes to match a pattern which was read before', () => {
  const topics = configured(['^app-.*'], ['logs']);
  expect(topics.isNew('app-a', () => true)).toBe(true);
  expect(topics.isNew('app-a', () => false)).toBe(false);
  expect(topics.isNew('logs', () => true)).toBe(false);
});

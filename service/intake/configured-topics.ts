/** Which source of a configuration reads a topic: the one that names it, or the first with a pattern that matches it. */
import type { Config, SourceConfig } from '../../config/schema.js';
import { isTopicPattern, topicMatcher } from '../../config/topic-pattern.js';

export type KafkaSourceConfig = Extract<SourceConfig, { type: 'kafka' }>;

export class ConfiguredTopics {
  private readonly byName = new Map<string, KafkaSourceConfig>();
  private readonly byPattern: { readonly matches: (topic: string) => boolean; readonly source: KafkaSourceConfig }[] =
    [];
  /** Patterns as they are written. */
  readonly patterns: readonly string[];
  private readonly known = new Map<string, KafkaSourceConfig | undefined>();
  private readonly own: string;

  constructor({ sources, channels }: Pick<Config, 'sources' | 'channels'>) {
    this.own = `${channels.prefix}.`;
    const patterns: string[] = [];
    for (const source of sources) {
      if (source.type !== 'kafka') continue;
      for (const entry of source.topics) {
        if (!isTopicPattern(entry)) {
          if (!this.byName.has(entry)) this.byName.set(entry, source);
          continue;
        }
        patterns.push(entry);
        this.byPattern.push({ matches: topicMatcher(entry), source });
      }
    }
    this.patterns = patterns;
  }

  /** Topics that are named. */
  get names(): string[] {
    return [...this.byName.keys()];
  }

  /** Whether a topic has come to match a pattern that was read before. @param isBegun - whether it was */
  isNew(topic: string, isBegun: (pattern: string) => boolean): boolean {
    const isNamed = this.byName.has(topic);
    return !isNamed && this.patterns.some((pattern, at) => isBegun(pattern) && this.byPattern[at]!.matches(topic));
  }

  /** Patterns match neither topics of Kafka itself, nor those between the parts. */
  sourceOf(topic: string): KafkaSourceConfig | undefined {
    const named = this.byName.get(topic);
    if (named || this.byPattern.length === 0) return named;
    if (!this.known.has(topic)) {
      const isInternal =
        isTopicPattern(topic) || topic.startsWith('__') || topic === '_schemas' || topic.startsWith(this.own);
      this.known.set(topic, isInternal ? undefined : this.byPattern.find(({ matches }) => matches(topic))?.source);
    }
    return this.known.get(topic);
  }
}

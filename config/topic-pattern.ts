/** Names of Kafka topics that stand for several: `^logs\..*` (RE2, the whole name) and `logs-*`. */
import { RE2JS } from 're2js';
import { patternProblem } from './pattern.js';

/** Whether an entry of `topics` stands for every topic that it matches: no topic may be called so. */
export const isTopicPattern = (entry: string): boolean => entry.startsWith('^') || /[*?]/.test(entry);

/** What is wrong with an entry of `topics`; undefined where nothing is. */
export function topicProblem(entry: string): string | undefined {
  if (entry.startsWith('^')) return patternProblem(entry);
  if (/^[a-zA-Z0-9._*?-]{1,249}$/.test(entry)) return undefined;
  return 'is no name of a topic, which has letters, digits, dots, dashes and underscores; a pattern begins with ^ (RE2), or has * or ?';
}

/** Tells the topics that an entry means. */
export function topicMatcher(entry: string): (topic: string) => boolean {
  if (!isTopicPattern(entry)) return (topic) => topic === entry;
  const source = entry.startsWith('^')
    ? entry
    : entry
        .replace(/[.]/g, String.raw`\.`)
        .replace(/\*/g, '.*')
        .replace(/\?/g, '.');
  const pattern = RE2JS.compile(source);
  return (topic) => pattern.matches(topic);
}

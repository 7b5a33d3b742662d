/** Issues of the schema in words for people. */
import type { z } from 'zod';

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a section with keys',
  record: 'a section with keys',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

const kindOf = (name: string): string => kinds[name] ?? name;

export function inWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    const [, received] = /received (\w+)$/.exec(issue.message) ?? [];
    if (received === undefined) return issue.message;
    return received === 'undefined'
      ? `is missing: give ${kindOf(issue.expected)}`
      : `must be ${kindOf(issue.expected)}, and is ${received === 'null' ? 'empty' : kindOf(received)}`;
  }
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'type')
    return 'is missing or unknown: give path for a file, topics for Kafka, stream for NATS';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return issue.message;
}

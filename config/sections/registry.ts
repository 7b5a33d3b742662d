/** `sources[].registry`: where the schemas of framed values are, and what is made of these values. */
import avsc from 'avsc';
import { z } from 'zod';
import { duration, secret } from '../values.js';

/** Why a text is no Avro schema, or undefined where it is one. */
function avroProblem(text: string): string | undefined {
  try {
    avsc.Type.forSchema(JSON.parse(text) as avsc.Schema);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export const registry = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .describe('Base address of a registry with the API of Confluent, for example http://schema-registry:8081.'),
    username: z.string().optional().describe('User of the basic authentication.'),
    password: secret('Its password.').optional(),
    kind: z.enum(['log', 'metric']).prefault('log').describe('What a record is: a log line, or a point of a series.'),
    reader_schema: z
      .string()
      .superRefine((text, context) => {
        const problem = avroProblem(text);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: `is no Avro schema: ${problem}` });
      })
      .optional()
      .describe(
        'Avro schema to which the records of all writers are resolved: renamed, added and left out fields then do not matter. Name a file in `reader_schema_file`. Without it records are read as they were written.',
      ),
    timeout: duration('5s', 'Limit of one request. The source waits and asks again, for as long as it takes.'),
    unknown_for: duration('1m', 'An id that the registry does not know is asked for again after this long.'),
  })
  .describe('The schema registry of a source with `format: registry`.');

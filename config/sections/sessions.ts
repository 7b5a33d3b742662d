/** `sessions`: lines that share a key. */
import { z } from 'zod';
import { pattern, labels } from '../values.js';

export const sessions = z
  .array(
    z.strictObject({
      class: z.string().describe('Name of the session class: its `service` label.'),
      pattern: pattern('Pattern of the key in the message, for example `blk_-?\\d+`.'),
      labels: labels.prefault({}),
    }),
  )
  .prefault([])
  .describe('Lines that share a key (a request, a job, a block) are watched as sessions.');

/** `rules`: plain rules beside the detectors. */
import { z } from 'zod';
import { pattern, match } from '../values.js';

export const rules = z
  .array(
    z.strictObject({
      name: z.string(),
      action: z.enum(['page', 'ignore']).describe('`page` always fires; `ignore` takes the template out of features.'),
      match,
      pattern: pattern('Pattern found anywhere in the template: the message with its variable parts as `<*>`.'),
      at_least: z.int().min(1).prefault(1).describe('Lines in a window.'),
    }),
  )
  .prefault([])
  .describe('Plain rules beside the detectors.');

/** `log`: what the process says about itself. */
import { z } from 'zod';

export const log = z
  .strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error']).prefault('info'),
    format: z.enum(['auto', 'json', 'pretty']).prefault('auto').describe('`auto`: pretty on a terminal.'),
  })
  .prefault({});

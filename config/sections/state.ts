/** `state`: where state is kept. */
import { z } from 'zod';

export const state = z
  .strictObject({
    backend: z.enum(['leveldb', 'memory']).prefault('leveldb').describe('`memory` forgets everything at exit.'),
    dir: z.string().prefault('.tocsin').describe('Folder of state, segment logs and models.'),
  })
  .prefault({})
  .describe('Where state is kept.');

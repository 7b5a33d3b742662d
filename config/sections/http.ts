/** `http`: the process's own server. */
import { z } from 'zod';
import { secret } from '../values.js';

export const http = z
  .strictObject({
    host: z.string().prefault('127.0.0.1'),
    port: z.int().min(0).max(65_535).prefault(9464).describe('0 takes a free one.'),
    token: secret('Bearer token for verdicts; without one they are taken from loopback only.').optional(),
  })
  .prefault({})
  .describe('/metrics, /healthz, /readyz, /api/verdicts.');

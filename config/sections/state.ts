/** `state`: where state is kept. */
import { z } from 'zod';
import { duration, secret } from '../values.js';

export const redisAddress = z
  .url({ protocol: /^rediss?$/, error: 'is no address of Redis: write redis://host:6379, or rediss:// for TLS' })
  .refine((text) => {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'must not hold a user or a password: give them as username, and password or password_file');

const redis = z
  .strictObject({
    url: z
      .union([redisAddress, z.array(redisAddress).min(1)])
      .describe('`redis://host:6379`, `rediss:` for TLS; of a cluster a list of some nodes; or of sentinels.'),
    sentinel: z
      .strictObject({
        name: z.string().min(1).describe('The name under which they watch the primary: `mymaster`.'),
        username: z.string().optional().describe('User of the sentinels.'),
        password: secret('Password of the sentinels.').optional(),
      })
      .optional()
      .describe('`url` lists sentinels, who tell where the primary is. The other settings are those of the primary.'),
    username: z.string().optional().describe('User of its access list.'),
    password: secret('Password.').optional(),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9._:-]+$/, 'may have letters, digits and . _ : -')
      .prefault('tocsin')
      .describe('Begins every key. Deployments that share a Redis need one each.'),
    timeout: duration('5s', 'A call that is not answered by then is made again; what it did is found out.'),
    give_up: duration('2m', 'After so long without an answer the process ends. Until then reading waits.'),
  })
  .optional()
  .describe(
    'The Redis of `backend: redis`: one server, a primary behind sentinels, or a cluster (which is found out).',
  );

export const state = z
  .strictObject({
    backend: z
      .enum(['leveldb', 'redis', 'memory'])
      .prefault('leveldb')
      .describe('`leveldb`: files in `dir`. `redis`: shared by a fleet. `memory` forgets everything at exit.'),
    dir: z.string().prefault('.tocsin').describe('Folder of state, segment logs and models.'),
    redis,
    snapshots: z
      .strictObject({
        every: duration('24h', 'Event time from one to the next.'),
        keep: z.number().int().min(0).prefault(10).describe('So many are kept. `0`: only those that people ask for.'),
      })
      .prefault({})
      .describe('Of what was learnt: baselines, calibration, policies, templates and which models are in force.'),
  })
  .prefault({})
  .describe('Where state is kept.');

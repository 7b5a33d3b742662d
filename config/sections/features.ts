/** `features`: where features are written for others. */
import { z } from 'zod';
import { duration, secret } from '../values.js';
import { redisAddress } from './state.js';

const online = z
  .strictObject({
    url: z
      .union([redisAddress, z.array(redisAddress).min(1)])
      .describe('`redis://host:6379`, `rediss:` for TLS; of a cluster a list of some nodes.'),
    username: z.string().optional().describe('User of its access list.'),
    password: secret('Password.').optional(),
    project: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_]*$/, 'may have letters, digits and _')
      .prefault('tocsin')
      .describe('The project of Feast. Deployments that share a Redis need one each.'),
    keep: duration('30d', 'What is not written again within this time is deleted.'),
    timeout: duration('5s', 'A call that is not answered by then is made again.'),
  })
  .optional()
  .describe('The newest features and scores of each entity in Redis, as Feast reads them. Off where it is not given.');

const suite = z
  .strictObject({
    path: z.string().min(1).describe('A file in the JSON of Great Expectations 1.x.'),
    leave_out: z
      .boolean()
      .prefault(false)
      .describe(
        'A row that breaks a rule is neither scored nor learnt from in the stream. It is put aside in any case.',
      ),
  })
  .optional()
  .describe('Rules that each feature row is held against before it is scored. None where it is not given.');

export const features = z.strictObject({ online, suite }).prefault({}).describe('Features for other programs.');

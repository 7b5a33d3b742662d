/** `nats`: the servers of NATS. */
import { z } from 'zod';
import { secret } from '../values.js';
import { tls } from './tls.js';

const address = /^(?:(?:nats|tls):\/\/)?(?:[^\s:/@]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;

export const nats = z
  .strictObject({
    servers: z
      .array(
        z.string().superRefine((text, context) => {
          if (address.test(text)) return;
          const message = text.includes('@')
            ? 'has a user in it, which would be shown: give username and password beside it'
            : 'is no server: write nats://host:port, such as nats://nats:4222';
          context.addIssue({ code: 'custom', message });
        }),
      )
      .min(1)
      .describe('`nats://host:port` of some servers; others of the cluster are found by themselves.'),
    tls: tls("the servers' certificates"),
    username: z.string().optional(),
    password: secret('Of the user.').optional(),
    token: secret('Instead of a user.').optional(),
    nkey: secret('Seed of an nkey (`SU...`), instead of a user.').optional(),
    credentials: z
      .string()
      .optional()
      .describe('Path of a `.creds` file, instead of a user. Read at each connect, so that it may be renewed.'),
  })
  .optional()
  .describe('Servers of NATS, needed by sources with a stream.');

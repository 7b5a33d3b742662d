/** `kafka`: the cluster. */
import { z } from 'zod';
import { duration, secret } from '../values.js';
import { tls } from './tls.js';

const token = z
  .strictObject({
    command: z
      .array(z.string())
      .min(1)
      .optional()
      .describe(
        'Program and arguments: prints the token, or JSON with `access_token` and `expires_in`. Run again before its end.',
      ),
    url: z
      .url()
      .optional()
      .describe('Or the token endpoint of an authorization server, asked with the credentials of a client.'),
    client_id: z.string().optional(),
    client_secret: secret('Of the client.').optional(),
    scope: z.string().optional(),
    audience: z.string().optional(),
  })
  .optional()
  .describe('Of `oauthbearer`: where tokens are from.');

const sasl = z
  .strictObject({
    mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'aws-msk-iam']),
    username: z.string().optional().describe('Of `plain` and `scram`.'),
    password: secret('Of `plain` and `scram`.').optional(),
    token,
    region: z
      .string()
      .optional()
      .describe('Of `aws-msk-iam`: the region of the cluster. Credentials are those that AWS tools find.'),
  })
  .optional()
  .describe('How this client says who it is.');

export const kafka = z
  .strictObject({
    brokers: z
      .array(
        z
          .string()
          .regex(/^[^\s:/]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'is no broker: write host:port, such as kafka:9092'),
      )
      .min(1)
      .describe('`host:port` of some brokers.'),
    client_id: z.string().prefault('tocsin'),
    decoder: z
      .enum(['auto', 'kafkajs'])
      .prefault('auto')
      .describe(
        'Who decodes fetched records: `auto` is a faster decoder that checks checksums, where the client library is the version that it was written for; `kafkajs` is the one of the library.',
      ),
    group: z.string().prefault('tocsin').describe('Consumer group; its members share the partitions.'),
    session: duration(
      '30s',
      'A member that is not heard of for this long is taken for dead and its partitions move. Brokers take 6s to 30m.',
    ),
    tls: tls("the brokers' certificates"),
    sasl,
    username: z.string().optional().describe('Short for `sasl` with the mechanism `plain`: its user.'),
    password: secret('Its password.').optional(),
  })
  .optional()
  .describe('The Kafka cluster, needed by kafka sources and channels.');

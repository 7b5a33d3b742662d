/** `kafka`: the cluster. */
import { z } from 'zod';
import { duration, secret } from '../values.js';

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
    group: z.string().prefault('tocsin').describe('Consumer group; its members share the partitions.'),
    session: duration(
      '30s',
      'A member that is not heard of for this long is taken for dead and its partitions move. Brokers take 6s to 30m.',
    ),
    tls: z.boolean().prefault(false),
    username: z.string().optional().describe('SASL/PLAIN user.'),
    password: secret('SASL/PLAIN password.').optional(),
  })
  .optional()
  .describe('The Kafka cluster, needed by kafka sources and channels.');

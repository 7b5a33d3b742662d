/** `channels`: what joins the three topologies. */
import { z } from 'zod';
import { duration } from '../values.js';

export const channels = z
  .strictObject({
    backend: z
      .enum(['segment-log', 'kafka'])
      .prefault('segment-log')
      .describe('What joins ingest, detect and respond: files on disk, or Kafka topics for a fleet.'),
    shards: z
      .int()
      .min(1)
      .max(1024)
      .prefault(1)
      .describe('Shards of `windows`. Part of the state: changed with `tocsin reshard`.'),
    prefix: z.string().prefault('tocsin').describe('Topics are named `PREFIX.windows`, `PREFIX.alerts` and so on.'),
    replication: z.int().min(1).prefault(1).describe('Replicas of the topics that `tocsin topics --create` makes.'),
    retention: duration('35d', 'How long channels keep records; at least the training horizon.'),
  })
  .prefault({});

/** `channels`: what joins the three topologies. */
import { z } from 'zod';
import { duration } from '../values.js';

export const channels = z
  .strictObject({
    backend: z
      .enum(['segment-log', 'kafka'])
      .prefault('segment-log')
      .describe(
        'What joins ingest, detect and respond: files on disk, or Kafka topics for a fleet. `kafka` by itself where a source has topics.',
      ),
    shards: z
      .int()
      .min(0)
      .max(1024)
      .prefault(0)
      .describe(
        'Shards of `windows`. Part of the state: changed with `tocsin reshard`. 0: as many as the topic has, 3 where it is created, 1 of a segment log.',
      ),
    prefix: z.string().prefault('tocsin').describe('Topics are named `PREFIX.windows`, `PREFIX.alerts` and so on.'),
    replication: z.int().min(1).prefault(1).describe('Replicas of the topics that `tocsin topics --create` makes.'),
    retention: duration('35d', 'How long channels keep records; at least the training horizon.'),
  })
  .transform((channels) =>
    channels.shards === 0 && channels.backend === 'segment-log' ? { ...channels, shards: 1 } : channels,
  )
  .prefault({});

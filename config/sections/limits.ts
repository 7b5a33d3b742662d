/** `limits`: how much of what can be invented is kept. */
import { z } from 'zod';

export const limits = z
  .strictObject({
    entities: z
      .int()
      .min(1)
      .prefault(20_000)
      .describe(
        'Services and series that a source, and a shard, may have. Lines of others are merged into the service `tocsin-overflow`, and counted; whoever was there keeps its place.',
      ),
    new_entities: z
      .int()
      .min(1)
      .prefault(250)
      .describe(
        'Of them so many new ones of a source in a pane, or as many as have come back in another pane; twice as many may be there that never came back.',
      ),
    signatures: z
      .int()
      .min(64)
      .max(65_536)
      .prefault(4096)
      .describe(
        'Different messages of a service, and of a session, that a pane of a source counts each for itself; lines of further ones are counted as lines. Half of the places are for messages that the source has had before.',
      ),
    session_keys: z.int().min(1).prefault(256).describe('Keys of a session class that one line may have.'),
    class_keys: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(65_536)
      .describe('Keys of a session class that a pane of a source may have.'),
    labels: z
      .int()
      .min(1)
      .max(1024)
      .prefault(64)
      .describe('Labels that a metric, or a line, may have; with more it is refused as `too-many-labels`.'),
  })
  .prefault({})
  .describe('How much of what a producer can invent is kept. What is beyond is counted.');

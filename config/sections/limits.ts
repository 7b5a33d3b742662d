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
    session_keys: z.int().min(1).prefault(256).describe('Keys of a session class that one line may have.'),
  })
  .prefault({})
  .describe('How much of what a producer can invent is kept. What is beyond is counted.');

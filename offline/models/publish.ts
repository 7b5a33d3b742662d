/** Copies models to where the other members of a fleet find them. */
import type { Config } from '../../config/schema.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { publishSet } from '../../models/registry/share.js';
import { openState } from '../../service/state.js';
import { modelsTopic } from '../../service/training/shared-models.js';

/** A promotion must find its models on every member: they go where the state is, where all members share one. */
export async function publishModels(
  config: Config,
  dir: string,
  id: string,
  warn: (message: string) => void,
): Promise<void> {
  if (config.state.backend !== 'redis') {
    if (config.channels.backend !== 'kafka' || !config.kafka) return;
    const shared = modelsTopic(kafkaClient(config.kafka), config);
    try {
      await publishSet(dir, id, shared.blobs);
    } finally {
      await shared.close();
    }
    return;
  }
  const { backend, blobs } = await openState(config, warn);
  try {
    if (blobs) await publishSet(dir, id, blobs);
  } finally {
    await backend.close();
  }
}

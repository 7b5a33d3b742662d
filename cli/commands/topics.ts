/** The topics that a fleet needs, with their settings. */
import { loadConfig } from '../../config/load.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { channelTopics, checkTopics, createTopics, describeTopics } from '../../connectors/kafka/topics.js';
import { exitCodes, UserError } from '../exit-codes.js';

interface TopicsOptions {
  readonly config: string;
  readonly create?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
}

export async function topics({ config: file, create, check, json }: TopicsOptions): Promise<void> {
  const config = loadConfig(file);
  const { prefix, shards, replication, retention } = config.channels;
  const needed = channelTopics({ prefix, shards, replication, retention });
  if (!create && !check) {
    console.log(json ? JSON.stringify(needed) : describeTopics(needed));
    return;
  }
  if (!config.kafka) throw new UserError(`${file} has no kafka section: nothing to ask`);
  const admin = kafkaClient(config.kafka).admin();
  try {
    await admin.connect();
    const created = create ? await createTopics(admin, needed) : [];
    const problems = await checkTopics(admin, needed);
    if (json) console.log(JSON.stringify({ created, problems }));
    else {
      for (const name of created) console.log(`created ${name}`);
      for (const problem of problems) console.error(problem);
      if (problems.length === 0) console.log('all topics are as they should be');
    }
    if (problems.length > 0) process.exitCode = exitCodes.findings;
  } catch (error) {
    throw new UserError(
      `Kafka at ${config.kafka.brokers.join(', ')} does not answer: ${(error as Error).message}`,
      exitCodes.unavailable,
    );
  } finally {
    await admin.disconnect();
  }
}

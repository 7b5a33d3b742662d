/** Another number of shards for the log of windows, and the state moved to fit it. */
import { Command } from 'commander';
import { examples, number, withConfig } from '../command-line.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import type { Config } from '../../config/schema.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { lockWriter } from '../../connectors/segment-log/lock.js';
import { StartError } from '../../runtime/start-error.js';
import { kafkaUnavailable } from '../../service/kafka-unavailable.js';
import { channelFolder } from '../../service/channels.js';
import { openState } from '../../service/state.js';
import { refuseMembers, segmentLogs, topicLogs } from '../../offline/reshard/logs.js';
import { line } from '../terminal/line.js';
import { reshard, type ShardedLogs } from '../../offline/reshard/reshard.js';

interface ReshardCommand {
  readonly config: string;
  readonly shards: number;
  readonly deleteTopics?: boolean;
}

const maxShards = 1024;

export async function reshardCommand({ config: file, shards: to, deleteTopics }: ReshardCommand): Promise<void> {
  if (!(Number.isInteger(to) && to >= 1 && to <= maxShards))
    throw new StartError(`--shards ${to}: give a whole number from 1 to ${maxShards}`);
  const config = await readSettledConfig(file);
  const { kafka, channels, state } = config;
  if (state.backend === 'memory') throw new StartError('state.backend memory keeps nothing that could be moved');
  if (channels.backend !== 'kafka' || !kafka) {
    // Not of a log that is put aside: whoever runs holds all of them.
    const release = await lockWriter(channelFolder(config, 'alerts'));
    try {
      await move(config, to, segmentLogs(config));
    } finally {
      await release();
    }
    return;
  }
  if (state.backend !== 'redis')
    throw new StartError(
      'members of this fleet keep their state in folders of their own: move it to state.backend redis',
    );
  if (!deleteTopics)
    throw new StartError(
      `the topics ${channels.prefix}.windows and ${channels.prefix}.decisions are deleted and re-created, and with them what replay and training read: say --delete-topics`,
    );
  const admin = kafkaClient(kafka).admin();
  try {
    await admin.connect();
  } catch (error) {
    throw kafkaUnavailable(kafka, error);
  }
  try {
    await refuseMembers(admin, kafka.group);
    await move(config, to, topicLogs({ ...config, kafka }, admin));
  } finally {
    await admin.disconnect();
  }
}

async function move(config: Config, to: number, logs: ShardedLogs): Promise<void> {
  const from = config.channels.shards;
  const { backend } = await openState(config, (message) => console.error(message));
  try {
    const trainsItself = config.channels.backend !== 'kafka';
    const old = await reshard({ backend, logs, from, to, trainsItself, say: (text) => console.log(text) });
    console.log(line`moved from ${from} to ${to} shards; ${old}\nnow set channels.shards to ${to}, and start`);
  } finally {
    await backend.close();
  }
}

export const command = withConfig(new Command('reshard'))
  .description('change the number of shards: moves the state, and starts empty logs of windows and decisions')
  .requiredOption(
    '--shards <n>',
    'how many there will be; the configuration has the old number until it is done',
    number,
  )
  .option('--delete-topics', 'of a fleet: delete the old topics')
  .addHelpText('after', examples('tocsin reshard --config tocsin.yaml --shards 6'))
  .action(reshardCommand);

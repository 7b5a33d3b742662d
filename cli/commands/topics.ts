/** The topics that a fleet needs, with their settings. */
import { Command } from 'commander';
import { examples, withConfig } from '../command-line.js';
import { userInfo } from 'node:os';
import { readSettledConfig, usualShards } from '../../service/channel-topics.js';
import { readConfig } from '../../service/configuration.js';
import type { Config } from '../../config/schema.js';
import { KafkaChannelWriter } from '../../connectors/kafka/channel.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import {
  channelTopic,
  channelTopics,
  checkTopics,
  createTopics,
  describeTopics,
  topicRisks,
} from '../../connectors/kafka/topics.js';
import { timeStampNotes } from '../../connectors/kafka/time-stamps.js';
import { decodeControl, encodeControl, type Control } from '../../records/control.js';
import { exitCodes } from '../exit-codes.js';
import { StartError } from '../../runtime/start-error.js';
import { kafkaUnavailable } from '../../service/kafka-unavailable.js';
import { openChannel } from '../../offline/replay/channel-records.js';
import { line } from '../terminal/line.js';
import { ConfiguredTopics } from '../../service/intake/configured-topics.js';
import { logTopics, topicControl } from '../../service/intake/log-topics.js';

interface TopicsOptions {
  readonly config: string;
  readonly create?: boolean;
  readonly check?: boolean;
  readonly recreated?: string;
  readonly json?: boolean;
}

export async function topics({ config: file, create, check, recreated, json }: TopicsOptions): Promise<void> {
  const config = create || check || recreated !== undefined ? await readSettledConfig(file) : readConfig(file);
  if (recreated !== undefined) return sayMadeAnew(config, recreated);
  const { prefix, shards, replication, retention } = config.channels;
  const needed = channelTopics({ prefix, shards: shards || usualShards, replication, retention });
  if (!create && !check) {
    console.log(json ? JSON.stringify(needed) : describeTopics(needed));
    return;
  }
  if (!config.kafka) throw new StartError(`${file} has no kafka section: nothing to ask`);
  const admin = kafkaClient(config.kafka).admin();
  try {
    await admin.connect();
    const created = create ? await createTopics(admin, needed) : [];
    const problems = [...(await checkTopics(admin, needed)), ...(await topicRisks(admin, needed))];
    const configured = new ConfiguredTopics(config);
    const logs = (await admin.listTopics()).filter((topic) => configured.sourceOf(topic));
    const notes = check ? await timeStampNotes(admin, logs) : [];
    if (json) console.log(JSON.stringify({ created, problems, notes }));
    else {
      for (const name of created) console.log(line`created ${name}`);
      for (const problem of problems) console.error(problem);
      for (const note of notes) console.error(line`note: ${note}`);
      if (problems.length === 0) console.log('all topics are as they should be');
    }
    if (problems.length > 0) process.exitCode = exitCodes.findings;
  } catch (error) {
    throw kafkaUnavailable(config.kafka, error);
  } finally {
    await admin.disconnect();
  }
}

/** Tells the members of a fleet, those that will be started included, that a log topic has nothing to do with what was read. */
async function sayMadeAnew(config: Config, topic: string): Promise<void> {
  if (!config.kafka || config.channels.backend !== 'kafka')
    throw new StartError('--recreated is for a fleet: it needs a kafka section and channels.backend: kafka');
  const closing: (() => Promise<void>)[] = [];
  try {
    const said: Control[] = [];
    const controls = await openChannel(config, 'controls');
    closing.push(() => controls.close());
    for await (const { value } of controls.records(0)) said.push(decodeControl(value));
    const known = logTopics(said).get(topic);
    if (!known) throw new StartError(`no member has read ${topic} yet: there is nothing to read again`);
    const shape = { partitions: known.partitions, incarnation: known.incarnation + 1 };
    const control = topicControl(topic, known, shape, { by: userInfo().username, via: 'cli', why: '', at: Date.now() });
    const writer = await KafkaChannelWriter.open({
      kafka: kafkaClient(config.kafka),
      topic: channelTopic(config.channels.prefix, 'controls'),
      shards: 1,
    });
    closing.push(() => writer.close());
    writer.append(0, '', encodeControl(control));
    await writer.flush();
    console.log(line`${topic} is read from its beginning`);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

export const command = withConfig(new Command('topics'))
  .description('print, check or create the topics that a configuration needs')
  .option('--create', 'create those that are missing')
  .option('--check', 'compare with the cluster')
  .option('--recreated <topic>', 'this log topic was deleted and re-created: it is read from its beginning')
  .option('--json', 'print them as JSON')
  .addHelpText(
    'after',
    examples('tocsin topics --config config/kafka.yaml', 'tocsin topics --config config/kafka.yaml --create'),
  )
  .action(topics);

/** Checks the cluster: brokers, log topics, the topics between the parts, the consumer groups. */
import type { Admin, ConfigResourceTypes } from 'kafkajs';
import { describeKafkaError, kafkaClient } from '../../connectors/kafka/client.js';
import { channelTopics, checkTopics, topicRisks } from '../../connectors/kafka/topics.js';
import type { Config } from '../../config/schema.js';
import { usualShards } from '../channel-topics.js';
import { topicMatcher } from '../../config/topic-pattern.js';
import { ConfiguredTopics } from '../intake/configured-topics.js';
import { failing, ok, warning, within, type Finding } from './finding.js';

/** `ConfigResourceTypes.TOPIC`, which modules cannot import. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const topicResource = 2 as ConfigResourceTypes;
/** What training looks back on, ms. */
const horizon = 28 * 86_400_000;
const connectMs = 15_000;

export async function checkKafka(config: Config): Promise<Finding[]> {
  const { kafka } = config;
  if (!kafka) return [];
  const at = kafka.brokers.join(', ');
  // The client tries for longer than people want to wait: what it says meanwhile is the cause.
  let trouble: string | undefined;
  const admin = kafkaClient(kafka, (level, message, details) => {
    if (level === 'warn' || level === 'error') trouble = details.trouble === true ? message : (trouble ?? message);
  }).admin();
  try {
    await within(admin.connect(), connectMs);
    const { brokers } = await within(admin.describeCluster(), connectMs);
    const findings = [ok('kafka', `${brokers.length} brokers answer at ${at}`)];
    findings.push(...(await sourceTopics(config, admin)));
    if (config.channels.backend === 'kafka') findings.push(...(await ownTopics(config, admin)));
    findings.push(await groups(kafka.group, admin));
    return findings;
  } catch (error) {
    return [failing('kafka', trouble ?? describeKafkaError(kafka, error))];
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function sourceTopics(config: Config, admin: Admin): Promise<Finding[]> {
  const configured = new ConfiguredTopics(config);
  const there = new Set(await admin.listTopics());
  const matching = [...there].filter((topic) => configured.sourceOf(topic));
  const names = [...new Set([...configured.names, ...matching.sort()])];
  const findings: Finding[] = configured.patterns
    .filter((pattern) => !matching.some(topicMatcher(pattern)))
    .map((pattern) => warning(`topics ${pattern}`, 'no topic matches now: those that are created are read'));
  for (const name of names) {
    const about = `topic ${name}`;
    if (!there.has(name)) {
      const near = [...there].filter((each) => !each.startsWith('__')).slice(0, 10);
      findings.push(failing(about, `does not exist; there are ${near.join(', ') || 'none'}: correct sources[].topics`));
      continue;
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    const offsets = await admin.fetchTopicOffsets(name);
    const records = offsets.reduce((all, { high, low }) => all + Number(high) - Number(low), 0);
    const { partitions } = topics[0]!;
    findings.push(
      records === 0
        ? warning(about, `${partitions.length} partitions, and no record: nothing can be learnt before some come`)
        : ok(about, `${partitions.length} partitions, ${records} records`),
    );
    findings.push(...(await settingsOf(admin, name)));
  }
  return findings;
}

async function settingsOf(admin: Admin, name: string): Promise<Finding[]> {
  const about = `topic ${name}`;
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: topicResource, name, configNames: ['retention.ms', 'message.timestamp.type'] }],
    });
    const settings = new Map(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
    const findings: Finding[] = [];
    const kept = Number(settings.get('retention.ms'));
    if (kept >= 0 && kept < 3_600_000)
      findings.push(
        warning(
          about,
          `records are deleted after ${kept / 60_000} min: a longer stop of tocsin loses lines; raise retention.ms`,
        ),
      );
    if (settings.get('message.timestamp.type') === 'LogAppendTime')
      findings.push(
        ok(about, 'the broker stamps records when they arrive: lines without a time of their own get that time'),
      );
    return findings;
  } catch (error) {
    return [warning(about, `its settings cannot be read: ${(error as Error).message}`)];
  }
}

async function ownTopics(config: Config, admin: Admin): Promise<Finding[]> {
  const { prefix, shards, replication, retention } = config.channels;
  const topics = channelTopics({ prefix, shards: shards || usualShards, replication, retention });
  const problems = await checkTopics(admin, topics);
  const risks = await topicRisks(admin, topics).catch((error: unknown) => [(error as Error).message]);
  const about = `topics ${prefix}.*`;
  return [
    ...problems.map((message) => failing(about, message)),
    ...risks.map((message) => warning(about, message)),
    ...(retention < horizon
      ? [warning(about, `channels.retention is shorter than the 28 days that training looks back on: raise it`)]
      : []),
    ...(problems.length === 0 && risks.length === 0
      ? [ok(about, `${topics.length} topics are as they should be`)]
      : []),
  ];
}

async function groups(group: string, admin: Admin): Promise<Finding> {
  const about = `group ${group}`;
  try {
    const { groups: found } = await admin.describeGroups([group]);
    const members = found[0]?.members.length ?? 0;
    return ok(about, members === 0 ? 'no member reads now' : `${members} members read now`);
  } catch (error) {
    return failing(about, `cannot be looked at: ${(error as Error).message}`);
  }
}

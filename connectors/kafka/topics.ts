/** Which topics tocsin needs of its own, with which settings. */
import type { Admin, ConfigResourceTypes, PartitionMetadata } from 'kafkajs';

/** The `channels` part of the configuration. */
export interface ChannelTopicSettings {
  readonly prefix: string;
  readonly shards: number;
  readonly replication: number;
  /** ms. */
  readonly retention: number;
}

/** A topic that tocsin needs. */
export interface ChannelTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly settings: Readonly<Record<string, string>>;
  /** For people. */
  readonly purpose: string;
}

/** A channel, as its topic is called behind the prefix. */
export type TopicChannel =
  'windows' | 'decisions' | 'alerts' | 'shadows' | 'dead-letters' | 'redrive' | 'controls' | 'healing' | 'models';

/** The topic of a channel: `PREFIX.windows`. */
export const channelTopic = (prefix: string, channel: TopicChannel): string => `${prefix}.${channel}`;

/** `ConfigResourceTypes.TOPIC`, which modules cannot import: Node sees a part of what the library exports. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const topicResource = 2 as ConfigResourceTypes;

/** Topics as they should be. */
export function channelTopics({ prefix, shards, replication, retention }: ChannelTopicSettings): ChannelTopic[] {
  const topic = (channel: TopicChannel, partitions: number, purpose: string, kept = retention): ChannelTopic => ({
    name: channelTopic(prefix, channel),
    partitions,
    replication,
    settings: {
      'cleanup.policy': 'delete',
      'retention.ms': String(kept),
      // One replica may be down without a stop; with fewer than three there is none to spare.
      'min.insync.replicas': String(replication >= 3 ? 2 : 1),
      // A replica that lacks what was acknowledged must not lead.
      'unclean.leader.election.enable': 'false',
      'message.timestamp.type': 'CreateTime',
    },
    purpose,
  });
  return [
    topic('windows', shards, 'partials and marks from ingest to detect; what training and replay read'),
    topic('decisions', shards, 'every score and choice of detect'),
    topic('alerts', 1, 'from detect to respond: one partition, so that one task sees all alerts'),
    topic('shadows', 1, 'what sets beside the champion would have decided, for their report'),
    topic('dead-letters', 1, 'what could not be handled, with reason and coordinates'),
    topic('redrive', 1, 'dead letters that people put back; read by ingest'),
    topic('controls', 1, 'what people say: verdicts, approvals, the stop of healing; kept for ever', -1),
    topic('healing', 1, 'the ledger of healing, with a hash chain; kept for ever', -1),
    topic('models', 1, 'the models that members trained, for all members; kept for ever', -1),
  ];
}

/** Topics as lines for people, with the settings that differ from a broker's own. */
export const describeTopics = (topics: readonly ChannelTopic[]): string =>
  topics
    .map(({ name, partitions, replication, settings, purpose }) =>
      [
        `${name}: ${purpose}`,
        `  partitions ${partitions}, replication ${replication}`,
        ...Object.entries(settings).map(([key, value]) => `  ${key}=${value}`),
      ].join('\n'),
    )
    .join('\n');

/** Creates those that are missing; gives their names. The others are left as they are. */
export async function createTopics(admin: Admin, topics: readonly ChannelTopic[]): Promise<string[]> {
  const there = new Set(await admin.listTopics());
  const missing = topics.filter(({ name }) => !there.has(name));
  if (missing.length === 0) return [];
  await admin.createTopics({
    waitForLeaders: true,
    topics: missing.map(({ name, partitions, replication, settings }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor: replication,
      configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
    })),
  });
  return missing.map(({ name }) => name);
}

/** The partitions of those topics that are there, by name. */
async function partitionsOf(
  admin: Admin,
  topics: readonly ChannelTopic[],
): Promise<ReadonlyMap<string, readonly PartitionMetadata[]>> {
  const there = new Set(await admin.listTopics());
  const found = topics.map(({ name }) => name).filter((name) => there.has(name));
  if (found.length === 0) return new Map();
  const { topics: described } = await admin.fetchTopicMetadata({ topics: found });
  return new Map(described.map(({ name, partitions }) => [name, partitions]));
}

/** What is wrong with the topics as they are, each with what to do; empty where all is well. */
export async function checkTopics(admin: Admin, topics: readonly ChannelTopic[]): Promise<string[]> {
  const there = await partitionsOf(admin, topics);
  const problems = topics
    .filter(({ name }) => !there.has(name))
    .map(
      ({ name }) =>
        `topic ${name} does not exist: start with --create-topics, or create it with \`tocsin topics --create\``,
    );
  for (const wanted of topics) {
    const actual = there.get(wanted.name)?.length;
    if (actual === undefined || actual === wanted.partitions) continue;
    problems.push(
      wanted.partitions === 1
        ? `topic ${wanted.name} has ${actual} partitions and must have one: choose another channels.prefix, under which topics are created; or, where nothing of it is needed, stop all members, delete it, and create it again with \`tocsin topics --create\``
        : `topic ${wanted.name} has ${actual} partitions and channels.shards is ${wanted.partitions}; the number of shards is part of the state. Either leave channels.shards out (or set it to ${actual}), or set it to ${actual} and change it with \`tocsin reshard --shards ${wanted.partitions}\``,
    );
  }
  return problems;
}

/**
 * What may lose records that were acknowledged, or removes them sooner than is configured, in the settings of topics as
 * they are; each with what to do. Topics that are not there are left out.
 */
export async function topicRisks(admin: Admin, topics: readonly ChannelTopic[]): Promise<string[]> {
  const there = await partitionsOf(admin, topics);
  const found = topics.filter(({ name }) => there.has(name));
  if (found.length === 0) return [];
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: found.map(({ name, settings }) => ({
      type: topicResource,
      name,
      configNames: Object.keys(settings),
    })),
  });
  return found.flatMap(({ name, replication, settings }) => {
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    const actual = Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
    const replicas = Math.min(...there.get(name)!.map((partition) => partition.replicas.length));
    return risksOf(settings, actual, replicas, replication).map((risk) => `topic ${name}: ${risk}`);
  });
}

/** @param settings as they should be @param actual as they are; what is not known is taken to be well */
function risksOf(
  settings: Readonly<Record<string, string>>,
  actual: Readonly<Record<string, string | undefined>>,
  replicas: number,
  replication: number,
): string[] {
  const risks: string[] = [];
  const set = (name: string): string => `set ${name}=${settings[name]}`;
  const policy = actual['cleanup.policy'];
  if (policy?.includes('compact'))
    risks.push(`cleanup.policy=${policy} removes records that others follow by key: ${set('cleanup.policy')}`);
  const inSync = actual['min.insync.replicas'];
  if (Number(inSync) < Number(settings['min.insync.replicas']))
    risks.push(
      `min.insync.replicas=${inSync}: what one replica has acknowledged goes with it: ${set('min.insync.replicas')}`,
    );
  if (actual['unclean.leader.election.enable'] === 'true')
    risks.push(`a replica may lead that lacks what was acknowledged: ${set('unclean.leader.election.enable')}`);
  if (replicas < replication)
    risks.push(
      `${replicas} replicas, and channels.replication is ${replication}: add replicas, or correct the configuration`,
    );
  const span = (text: string | undefined): number => (Number(text) < 0 ? Infinity : Number(text));
  if (span(actual['retention.ms']) < span(settings['retention.ms']))
    risks.push(`records are deleted after ${actual['retention.ms']} ms: ${set('retention.ms')}`);
  return risks;
}

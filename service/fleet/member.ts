/** What a member of a fleet is made of, before it joins any group: the way to the brokers, state, channels, the outside. */
import type { Admin, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Links } from '../../connectors/http/links.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { partitionOwner } from '../../connectors/kafka/partition-owner.js';
import { KafkaChannelReader, KafkaChannelWriter } from '../../connectors/kafka/channel.js';
import { kafkaClient, type KafkaLog } from '../../connectors/kafka/client.js';
import {
  channelTopic,
  channelTopics,
  checkTopics,
  topicRisks,
  type ChannelTopic,
} from '../../connectors/kafka/topics.js';
import type { Decided } from '../../records/decided.js';
import type { AlertNotice } from '../../records/notification.js';
import type { ChannelWriter } from '../../records/store.js';
import { StartError } from '../../runtime/start-error.js';
import { kafkaUnavailable } from '../kafka-unavailable.js';
import { kafkaLogOf } from '../kafka-log.js';
import { refuseHalfResharded } from '../reshard-plan.js';
import { Artefacts } from '../../training/artefacts.js';
import { readCustomModels } from '../../training/custom-models.js';
import { installPrior } from '../../training/prior.js';
import { channelNames, shardsOf, type WrittenChannel } from '../channels.js';
import { noteStateElsewhere, refuseLostState } from './state-guard.js';
import { ControlsLog } from '../flow/controls-log.js';
import { Flow, maxAheadWindows } from '../flow/flow.js';
import { onlineFollower } from '../features/online.js';
import { Healer } from '../healing/leader.js';
import { announceKnown } from '../people/announcements.js';
import { Registries } from '../intake/registries.js';
import { Responder } from '../delivery/responder.js';
import type { Role } from './roles.js';
import { openState } from '../state.js';
import { refusedWarning } from '../tasks/line-shares.js';
import { Wiring } from '../tasks/tasks.js';
import { modelsTopic } from '../training/shared-models.js';
import { withMlflow } from '../mlflow/fallback.js';
import { SnapshotStore } from '../snapshots/store.js';
import { Trainer } from '../training/trainer.js';
import { healingNews } from '../delivery/notifications.js';

/** A configuration with a cluster, and the number of its shards. */
export type FleetConfig = Config & { readonly kafka: NonNullable<Config['kafka']> };

export interface FleetParts {
  readonly config: FleetConfig;
  /** Sources end at what is their end now, and the member ends when its shards have decided all of it. */
  readonly bounded: boolean;
  /** Reads no logs, and ends when what is in `windows` is decided and what is in `alerts` is handled. */
  readonly drain: boolean;
  /** Which of the three topologies this member runs. */
  readonly roles: ReadonlySet<Role>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly url: string;
  readonly links: Links;
  readonly print?: (notice: AlertNotice) => void;
  /** Sees every decision of this member, for what people look at and for nothing that decides. */
  readonly watch?: (decided: Decided) => void;
}

/** What was opened, in order; to be closed in the opposite one. */
export type Closing = (() => Promise<unknown>)[];

export interface FleetMember {
  readonly kafka: Kafka;
  readonly kafkaLog: KafkaLog;
  /** Looks at topics and at what groups have committed. */
  readonly admin: Admin;
  /** What the members of this fleet have in common and those of another one do not. */
  readonly owner: string;
  /** Tasks whose state is another member's alone, with the offset that it has committed; none where state is shared. */
  readonly elsewhere: ReadonlyMap<string, number>;
  /** A reader of the `windows` topic, to be closed by who asks for it. */
  readonly openWindows: () => Promise<KafkaChannelReader>;
  readonly registries: Registries;
  readonly flow: Flow;
  readonly responder: Responder;
  readonly healer: Healer;
  readonly wiring: Wiring;
  readonly trainer: Trainer;
}

/** How long deliveries under way are waited for when a member stops, ms. */
export const settleMs = 5000;

/**
 * @param closing gets all that is opened, also where the rest cannot be
 * @throws StartError where the brokers, the topics or the state are not as they must be
 */
export async function openMember(parts: FleetParts, closing: Closing): Promise<FleetMember> {
  const { config, metrics, log, url, links, print, watch } = parts;
  const kafkaLog = kafkaLogOf(log, config.kafka.brokers);
  const kafka = kafkaClient(config.kafka, kafkaLog);
  const { prefix, shards, replication, retention } = config.channels;
  const admin = kafka.admin();
  closing.push(() => admin.disconnect());
  try {
    await admin.connect();
    const topics = channelTopics({ prefix, shards, replication, retention });
    const problems = await checkTopics(admin, topics);
    if (problems.length > 0) throw new StartError(problems.join('\n'));
    for (const risk of await risksOf(admin, topics)) log.warn(risk);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw kafkaUnavailable(config.kafka, error);
  }

  const { backend: opened, blobs, incarnation } = await openState(config, (message) => log.warn(message));
  const owner = incarnation === undefined ? `channels ${prefix}` : `channels ${prefix}, state ${incarnation}`;
  closing.push(() => opened.close());
  if (incarnation !== undefined) await refuseHalfResharded(opened);
  const names = { group: config.kafka.group, prefix };
  const elsewhere = new Map<string, number>();
  const isShared = config.state.backend === 'redis';
  const backend = isShared
    ? refuseLostState(opened, kafka, names)
    : noteStateElsewhere(opened, kafka, names, elsewhere, (task, committed) =>
        log.warn(
          { task, committed },
          'another member has the state of this task: it is built again from the topic. Keep the state of a fleet in Redis',
        ),
      );
  const registries = new Registries({ metrics, log, backend });
  const writers = {} as Record<WrittenChannel, ChannelWriter>;
  for (const name of channelNames) {
    const writer = await KafkaChannelWriter.open({
      kafka,
      topic: channelTopic(prefix, name),
      shards: shardsOf(config, name),
      log: kafkaLog,
    });
    writers[name] = writer;
    closing.push(() => writer.close());
  }
  const flow = new Flow({
    // Told of once the log topics were looked at.
    sources: [],
    shards,
    maxAhead: maxAheadWindows * config.windows.length,
  });
  const responder = Responder.create({
    config,
    backend,
    metrics,
    log,
    url,
    links,
    deadLetters: writers['dead-letters'],
    ...(print ? { print } : {}),
  });
  closing.push(() => responder.stop(settleMs));
  const open = (name: WrittenChannel): Promise<KafkaChannelReader> =>
    KafkaChannelReader.open({
      kafka,
      topic: channelTopic(prefix, name),
      shards: shardsOf(config, name),
      log: kafkaLog,
    });
  /** For one pass: whoever opens it closes it. */
  const openOnce = (name: WrittenChannel) => async () => {
    const reader = await open(name);
    return { reader, close: () => reader.close() };
  };
  const read = async (name: WrittenChannel): Promise<KafkaChannelReader> => {
    const reader = await open(name);
    closing.push(() => reader.close());
    return reader;
  };
  const healer = await Healer.open({
    config,
    controls: await ControlsLog.open({ writer: writers.controls, reader: await read('controls'), log }),
    healing: { writer: writers.healing, reader: await read('healing') },
    decisions: () => read('decisions'),
    metrics,
    log,
    tell: (entry, alert) => responder.deliver(healingNews(config, links, entry, alert)),
  });
  closing.push(() => healer.stop(settleMs));
  const shared = modelsTopic(kafka, config);
  closing.push(() => shared.close());
  const artefacts = Artefacts.in(config.state.dir, withMlflow(config, blobs ?? shared.blobs));
  /** Opened where a verdict is about a time without a notification. */
  let asked: ReturnType<typeof read> | undefined;
  const windows = openOnce('windows');
  // Not in the topic of models: nothing is ever deleted there.
  const snapshots = SnapshotStore.in(config.state.dir, blobs);
  const online = onlineFollower(config, { decisions: openOnce('decisions'), metrics, log });
  if (online) closing.push(() => online.stop(settleMs));
  const wiring = new Wiring({
    refused: (share) => log.warn(share, refusedWarning(share)),
    config,
    writers,
    backend,
    metrics,
    artefacts,
    responder,
    healer,
    flow,
    decisions: () => (asked ??= read('decisions')),
    snapshots,
    openWindows: windows,
    ownerOf: (shard) => partitionOwner(admin, `${config.kafka.group}-detect`, channelTopic(prefix, 'windows'), shard),
    online,
    ...(watch ? { watch } : {}),
  });
  const trainer = new Trainer({
    config,
    controls: healer.controls,
    flow,
    holds: false,
    artefacts,
    blobs: blobs ?? shared.blobs,
    own: await readCustomModels(config.detection.models),
    prior: await installPrior(artefacts.dir),
    windows,
    snapshots,
    decisions: openOnce('decisions'),
    shadowed: openOnce('shadows'),
    broadcast: (record) => wiring.broadcast(record),
    metrics,
    log,
  });
  // Whoever has the first shard trains: its task is claimed with an epoch.
  wiring.onFirstShard = (epoch, decided) => trainer.lead(epoch, decided);
  await trainer.begin();
  closing.push(() => trainer.stop());
  closing.push(await announceKnown(config, wiring.calendar, log, () => wiring.tells));
  return {
    kafka,
    kafkaLog,
    admin,
    owner,
    elsewhere,
    openWindows: () => open('windows'),
    registries,
    flow,
    responder,
    healer,
    wiring,
    trainer,
  };
}

/** Not everyone who may read topics may read their settings. */
async function risksOf(admin: Admin, topics: readonly ChannelTopic[]): Promise<readonly string[]> {
  try {
    return await topicRisks(admin, topics);
  } catch (error) {
    return [`the settings of topics are not known: ${(error as Error).message}`];
  }
}

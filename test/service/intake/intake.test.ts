/** How a member of a fleet follows log topics that grow, are deleted, are re-created, or come to match a pattern. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { configSchema } from '../../../config/schema.js';
import { BeyondEndError } from '../../../connectors/kafka/partition-stream.js';
import type { Control } from '../../../records/control.js';
import type { WindowsRecord } from '../../../records/windows.js';
import { openEmbedded, type Embedded } from '../../../service/channels.js';
import type { Progressed } from '../../../service/fleet/peers.js';
import { ControlsLog } from '../../../service/flow/controls-log.js';
import { Flow } from '../../../service/flow/flow.js';
import { Intake } from '../../../service/intake/intake.js';
import { MemoryCluster, MemoryGroup } from '../../builders/memory-cluster.js';

const minute = 60_000;
const configOf = (dir: string, topics: readonly string[]) =>
  configSchema.parse({ sources: [{ type: 'kafka', topics }], kafka: { brokers: ['b:9092'] }, state: { dir } });

/** One member beside others, on topics in memory and a controls log on disk. */
class Member {
  readonly flow = new Flow({ sources: [], shards: 1, maxAhead: 50 * minute });
  readonly groups: MemoryGroup[] = [];
  readonly written: WindowsRecord[] = [];
  readonly ended: string[] = [];
  readonly progressed = new Map<string, Progressed>();
  now = 0;
  readonly intake: Intake<MemoryGroup>;

  constructor(cluster: MemoryCluster, config: ReturnType<typeof configOf>, controls: ControlsLog) {
    this.intake = new Intake({
      config,
      admin: cluster.admin,
      offsets: cluster.offsets,
      peers: {
        read: async (topics) => new Map([...this.progressed].filter(([name]) => topics.includes(topicOf(name)))),
      },
      flow: this.flow,
      log: pino({ level: 'silent' }),
      controls,
      broadcast: async (record) => void this.written.push(record),
      join: (topics) => {
        const group = new MemoryGroup(cluster, topics, (name) => this.flow.mark(name, minute, 'end'));
        this.groups.push(group);
        return group;
      },
      leave: async (group) => group.stop(),
      end: async (name) => void this.ended.push(name),
      now: () => this.now,
    });
  }

  /** Starts as a fleet does, and reads each partition of these topics. */
  async start(...read: readonly (readonly [string, number])[]): Promise<void> {
    await this.intake.open();
    await this.intake.begin();
    await this.group?.start();
    for (const [topic, partition] of read) {
      this.intake.partition(topic, partition);
      this.flow.mark(`${topic}/${partition}`, minute, 'data');
    }
  }

  /** Five seconds later. */
  async later(): Promise<void> {
    this.now += 5000;
    await this.intake.settle();
  }

  get group(): MemoryGroup | undefined {
    return this.groups.at(-1);
  }

  /** The source sets in the log. */
  get sets(): (readonly string[])[] {
    return this.written.flatMap((record) => (record.type === 'sources' ? [record.sources] : []));
  }

  get reads(): string[] {
    return (this.group?.isStarted === true ? this.group.assigned() : []).map(({ name }) => name);
  }
}
const topicOf = (name: string): string => name.slice(0, name.lastIndexOf('/'));

let dir: string;
let embedded: Embedded;
let cluster: MemoryCluster;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tocsin-intake-'));
  embedded = await openEmbedded(configOf(dir, ['logs']), () => undefined);
  cluster = new MemoryCluster();
});
afterEach(async () => {
  await embedded.close();
  rmSync(dir, { recursive: true, force: true });
});

const controlsLog = (): Promise<ControlsLog> =>
  ControlsLog.open({ ...embedded.channels.controls, log: pino({ level: 'silent' }) });
const aMember = async (...topics: readonly string[]): Promise<Member> =>
  new Member(cluster, configOf(dir, topics), await controlsLog());
const topicChanges = (controls: ControlsLog): string[] =>
  [...controls.said.values()]
    .filter(({ command }) => command === 'topic')
    .map(({ id, value }: Control) => `${id}: ${value}`);

test('a topic that has never existed ends the start, and is named', async () => {
  const member = await aMember('logs');
  await expect(member.intake.open()).rejects.toThrow('Kafka has no topic logs');
});

test('the first member records the partitions, lists them and joins the group; the second only follows', async () => {
  cluster.create('logs', 2);
  const first = await aMember('logs');
  await first.start();
  const second = await aMember('logs');
  await second.start();
  expect(first.sets).toEqual([['logs/0', 'logs/1']]);
  expect([first.reads, second.reads]).toEqual([
    ['logs/0', 'logs/1'],
    ['logs/0', 'logs/1'],
  ]);
  expect(topicChanges(await controlsLog())).toEqual(['topic logs 1: 2 0']);
});

test('partitions that are added are listed and read from their beginning', async () => {
  cluster.create('logs', 1);
  const member = await aMember('logs');
  await member.start(['logs', 0]);
  cluster.create('logs', 2);
  await member.intake.settle();
  expect(member.groups).toHaveLength(1);

  await member.later();
  expect(member.groups.map(({ isStarted }) => isStarted)).toEqual([false, true]);
  expect(member.reads).toEqual(['logs/0', 'logs/1']);
  expect(member.sets).toEqual([['logs/0'], ['logs/0', 'logs/1']]);
  expect([0, 1].map((partition) => member.intake.partition('logs', partition).isOriginal)).toEqual([true, false]);
  const versions = member.written.map((record) => (record.type === 'sources' ? record.version : 0));
  expect(versions[1]).toBeGreaterThan(versions[0]!);
});

test('a change that another member has recorded is followed without asking the brokers', async () => {
  cluster.create('logs', 1);
  const controls = await controlsLog();
  const first = new Member(cluster, configOf(dir, ['logs']), controls);
  await first.start();
  const second = new Member(cluster, configOf(dir, ['logs']), controls);
  await second.start();
  cluster.create('logs', 3);
  await first.later();
  cluster.isAway = true;
  await second.intake.settle();
  expect(second.reads).toEqual(['logs/0', 'logs/1', 'logs/2']);
});

test('a deleted topic ends its sources, and the member goes on with the others', async () => {
  cluster.create('logs', 2);
  cluster.create('audit', 1);
  const member = await aMember('logs', 'audit');
  await member.start(['logs', 0], ['audit', 0]);
  cluster.topics.delete('logs');
  await member.later();
  expect(member.flow.hasEnded('logs/0')).toBe(true);
  expect(member.reads).toEqual(['audit/0']);
  expect(member.sets.at(-1)).toEqual(['audit/0']);
});

test('a partition that the group took away before its topic was deleted is ended from its checkpoint', async () => {
  cluster.create('logs', 1);
  const member = await aMember('logs');
  await member.start(['logs', 0]);
  member.group?.stop();
  cluster.topics.delete('logs');
  await member.later();
  expect(member.ended).toEqual(['logs/0']);
  expect(member.reads).toEqual([]);
});

test('a topic that is created again is another one: positions of the old one count no more', async () => {
  cluster.create('logs', 1);
  const member = await aMember('logs');
  await member.start(['logs', 0]);
  member.progressed.set('logs/0', { watermark: 5 * minute, kind: 'data' });
  expect([...(await member.intake.progress()).keys()]).toEqual(['logs/0']);
  cluster.topics.delete('logs');
  await member.later();
  cluster.create('logs', 1);
  await member.later();
  expect(member.intake.incarnation('logs')).toBe(1);
  expect([...(await member.intake.progress()).keys()]).toEqual([]);
  member.progressed.set('logs/0', { watermark: minute, kind: 'data', incarnation: 1 });
  expect([...(await member.intake.progress()).keys()]).toEqual(['logs/0']);
  expect(member.intake.partition('logs', 0)).toMatchObject({ incarnation: 1, isOriginal: false });
});

test('a topic that was re-created between two looks is found by records that are younger than the last one read', async () => {
  cluster.create('logs', 1, { low: 0, times: [1000, 2000, 3000] });
  const member = await aMember('logs');
  await member.start(['logs', 0]);
  cluster.create('logs', 1, { low: 0, times: [9000] });
  const trouble = new BeyondEndError('logs', 0, 'logs/0 ends before offset 3', 3000);
  member.intake.fail(trouble);
  await member.intake.settle();
  expect(member.intake.incarnation('logs')).toBe(1);
  expect(member.reads).toEqual(['logs/0']);
});

test('brokers that have lost the end of a partition are a failure, not another topic', async () => {
  cluster.create('logs', 1, { low: 0, times: [1000, 2000] });
  const member = await aMember('logs');
  await member.start(['logs', 0]);
  const trouble = new BeyondEndError('logs', 0, 'logs/0 ends before offset 3', 1500);
  member.intake.fail(trouble);
  await expect(member.intake.settle()).rejects.toBe(trouble);
});

test('a failure that no change of a topic explains is thrown; brokers that are away are none', async () => {
  cluster.create('logs', 1);
  const member = await aMember('logs');
  await member.start(['logs', 0]);
  cluster.isAway = true;
  await member.later();
  expect(member.reads).toEqual(['logs/0']);
  const failure = new Error('a state store is full');
  member.intake.fail(failure);
  await expect(member.intake.settle()).rejects.toBe(failure);
});

test('a topic that comes to match a pattern is read from its beginning, one that was there as configured', async () => {
  cluster.create('app.one', 1);
  cluster.create('__consumer_offsets', 1);
  const member = await aMember('app.*');
  await member.start();
  expect(member.reads).toEqual(['app.one/0']);
  cluster.create('app.two', 1);
  cluster.create('other', 1);
  await member.later();
  expect(member.reads).toEqual(['app.one/0', 'app.two/0']);
  expect(['app.one', 'app.two'].map((topic) => member.intake.partition(topic, 0).isOriginal)).toEqual([true, false]);
});

test('where no topic matches yet the member waits without a group', async () => {
  const member = await aMember('app.*');
  await member.start();
  expect(member.group).toBeUndefined();
  cluster.create('app.one', 1);
  await member.later();
  expect(member.reads).toEqual(['app.one/0']);
});

test('the source set is written again each day, so that retention leaves one in the log', async () => {
  cluster.create('logs', 1);
  const member = await aMember('logs');
  await member.start(['logs', 0]);
  member.now += 86_400_000;
  await member.intake.settle();
  expect(member.sets).toEqual([['logs/0'], ['logs/0']]);
});

import fc from 'fast-check';
import { AssignerProtocol, type Cluster, type Logger } from 'kafkajs';
import {
  assignSticky,
  stickyAssigner,
  type Claim,
  type TopicPartition,
} from '../../../connectors/kafka/sticky-assigner.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const of = (topic: string, ...partitions: number[]): TopicPartition[] =>
  partitions.map((partition) => ({ topic, partition }));
const claim = (member: string, owned: TopicPartition[] = [], previous: TopicPartition[] = [], since = 0): Claim => ({
  member,
  topics: ['logs', 'more', 'one', 'two', 'three'],
  owned,
  previous,
  since,
});
const names = (given: readonly TopicPartition[]): string[] => given.map((each) => `${each.topic}/${each.partition}`);
const plain = (assigned: Map<string, TopicPartition[]>): Record<string, string[]> =>
  Object.fromEntries([...assigned].map(([member, given]) => [member, names(given).sort()]));

describe('the sticky assigner', () => {
  const logs = new Map([['logs', range(4)]]);

  test('a lone member has all; a second one gets half, and the first keeps the other half', () => {
    const alone = assignSticky([claim('a')], logs);
    expect(plain(alone)).toEqual({ a: ['logs/0', 'logs/1', 'logs/2', 'logs/3'] });
    const both = plain(assignSticky([claim('a', alone.get('a')), claim('b')], logs));
    expect(both.a).toHaveLength(2);
    expect(both.b).toHaveLength(2);
  });

  test('a member that returns gets what it had, and nothing else moves', () => {
    const before = new Map([['logs', range(6)]]);
    const claims = [claim('a', of('logs', 0, 4, 1)), claim('c', of('logs', 2, 3, 5)), claim('b', [], of('logs', 4, 5))];
    expect(plain(assignSticky(claims, before))).toEqual({
      a: ['logs/0', 'logs/1'],
      b: ['logs/4', 'logs/5'],
      c: ['logs/2', 'logs/3'],
    });
  });

  test('who leaves gives to the others, who keep theirs', () => {
    const left = plain(assignSticky([claim('a', of('logs', 1)), claim('c', of('logs', 0))], logs));
    expect(left.a).toContain('logs/1');
    expect(left.c).toContain('logs/0');
    expect([...left.a!, ...left.c!].sort()).toEqual(['logs/0', 'logs/1', 'logs/2', 'logs/3']);
  });

  test('of two that believe to own a partition, the one that joined later does', () => {
    const zombie = claim('a', of('logs', 0, 1), [], 10);
    const heir = claim('b', of('logs', 0, 1), [], 20);
    expect(plain(assignSticky([zombie, heir], logs)).b).toEqual(['logs/0', 'logs/1']);
  });

  test('topics of one partition are spread over members', () => {
    const topics = new Map(['one', 'two', 'three'].map((topic) => [topic, [0]]));
    const owned = [...of('one', 0), ...of('two', 0), ...of('three', 0)];
    const shared = plain(assignSticky([claim('a', owned), claim('b'), claim('c')], topics));
    expect([shared.a, shared.b, shared.c].map((given) => given!.length)).toEqual([1, 1, 1]);
  });

  const claims = fc
    .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 })
    .chain((members) =>
      fc.tuple(
        ...members.map((member) =>
          fc
            .tuple(
              fc.subarray([...of('logs', ...range(7)), ...of('more', ...range(5))]),
              fc.subarray([...of('logs', ...range(7)), ...of('more', ...range(5))]),
              fc.nat(3),
            )
            .map(([owned, previous, since]) => claim(member, owned, previous, since)),
        ),
      ),
    );

  test('whatever is claimed: each partition has one member, shares differ by one at most, order means nothing', () => {
    const topics = new Map([
      ['logs', range(7)],
      ['more', range(5)],
    ]);
    fc.assert(
      fc.property(claims, (all) => {
        const given = assignSticky(all, topics);
        expect([...given.values()].flatMap(names).sort()).toEqual([
          ...range(7).map((i) => `logs/${i}`),
          ...range(5).map((i) => `more/${i}`),
        ]);
        for (const topic of topics.keys()) {
          const counts = [...given.values()].map((each) => each.filter((one) => one.topic === topic).length);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
        expect(plain(assignSticky([...all].reverse(), topics))).toEqual(plain(given));
        const again = all.map(({ member }) => claim(member, given.get(member)));
        expect(plain(assignSticky(again, topics))).toEqual(plain(given));
      }),
    );
  });

  test('claims travel in the group protocol, and one that cannot be read claims nothing', async () => {
    const cluster = { findTopicPartitionMetadata: () => range(4).map((partitionId) => ({ partitionId })) };
    const assigner = stickyAssigner({ owned: () => of('logs', 2, 3), since: () => 5 })({
      cluster: cluster as unknown as Cluster,
      groupId: 'g',
      logger: undefined as unknown as Logger,
    });
    const { metadata } = assigner.protocol({ topics: ['logs'] });
    const broken = AssignerProtocol.MemberMetadata.encode({
      version: 1,
      topics: ['logs'],
      userData: Buffer.from('{"owned":'),
    });
    const given = await assigner.assign({
      topics: ['logs'],
      members: [
        { memberId: 'broken', memberMetadata: broken },
        { memberId: 'owner', memberMetadata: metadata },
      ],
    });
    const shares = given.map(({ memberId, memberAssignment }) => [
      memberId,
      AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment,
    ]);
    expect(Object.fromEntries(shares)).toEqual({ broken: { logs: [0, 1] }, owner: { logs: [2, 3] } });
  });

  test('members of another owner are given nothing, and are told of; who does not say is one of us', async () => {
    const cluster = { findTopicPartitionMetadata: () => range(4).map((partitionId) => ({ partitionId })) };
    const told: unknown[] = [];
    const assignerOf = (owner?: string) =>
      stickyAssigner({
        ...(owner === undefined ? {} : { owner }),
        onStrangers: (strangers) => told.push(...strangers),
        owned: () => [],
        since: () => 5,
      })({ cluster: cluster as unknown as Cluster, groupId: 'g', logger: undefined as unknown as Logger });
    const members = (['ours', 'theirs', undefined] as const).map((owner, i) => ({
      memberId: `m${i}`,
      memberMetadata: assignerOf(owner).protocol({ topics: ['logs'] }).metadata,
    }));
    const given = await assignerOf('ours').assign({ topics: ['logs'], members });
    const shares = given.map(({ memberId, memberAssignment }) => [
      memberId,
      AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment.logs!.length,
    ]);
    expect(Object.fromEntries(shares)).toEqual({ m0: 2, m2: 2 });
    expect(told).toEqual([{ member: 'm1', owner: 'theirs' }]);
  });
});

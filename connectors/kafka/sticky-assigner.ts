/**
 * Shares partitions among the members of a consumer group so that as few as possible move: state has to be restored
 * where one goes. The assigner of kafkajs deals them again at every join.
 */
import { AssignerProtocol, type Assigner, type Cluster, type PartitionAssigner } from 'kafkajs';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What a member says about itself when it joins. */
export interface Claim {
  readonly member: string;
  readonly topics: readonly string[];
  /** What it reads now. */
  readonly owned: readonly TopicPartition[];
  /** Whose state it has from an earlier life; it gets them back before others are moved. */
  readonly previous: readonly TopicPartition[];
  /** When it last joined, ms: of two members that own the same, the later one does. */
  readonly since: number;
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/**
 * Within each topic the members' shares differ by one at most. A member keeps what it owns up to its share, and gives
 * away first what another one had before.
 *
 * @param claims of all members; their order does not matter
 * @param partitions of each topic
 * @returns partitions of each member
 */
export function assignSticky(
  claims: readonly Claim[],
  partitions: ReadonlyMap<string, readonly number[]>,
): Map<string, TopicPartition[]> {
  const members = [...claims].sort((a, b) => (a.member < b.member ? -1 : 1));
  const given = new Map<string, TopicPartition[]>(members.map(({ member }) => [member, []]));
  const owner = newestClaims(members, ({ owned }) => owned);
  const previous = newestClaims(members, (claim) => claim.previous);
  for (const topic of [...partitions.keys()].sort()) {
    const readers = members.filter(({ topics }) => topics.includes(topic)).map(({ member }) => member);
    if (readers.length === 0) continue;
    const all = partitions.get(topic)!.map((partition) => ({ topic, partition }));
    const floor = Math.floor(all.length / readers.length);
    let extras = all.length % readers.length;
    const count = new Map(readers.map((member) => [member, 0]));
    const left = new Map(all.map((each) => [nameOf(each), each]));
    const total = (member: string): number => given.get(member)!.length;
    const give = (member: string, each: TopicPartition): void => {
      count.set(member, count.get(member)! + 1);
      given.get(member)!.push(each);
      left.delete(nameOf(each));
    };
    /** Gives as far as the member's share goes; one more than the floor goes to the first that claim it. */
    const claim = (member: string | undefined, each: TopicPartition): void => {
      if (member === undefined || !count.has(member)) return;
      if (count.get(member)! >= floor) {
        const idle = readers.some((other) => total(other) < total(member));
        if (extras === 0 || count.get(member)! > floor || (floor === 0 && idle)) return;
        extras--;
      }
      give(member, each);
    };
    const isWanted = (each: TopicPartition): boolean => {
      const other = previous.get(nameOf(each));
      return other !== undefined && other !== owner.get(nameOf(each));
    };
    for (const each of all) if (!isWanted(each)) claim(owner.get(nameOf(each)), each);
    for (const each of all) if (isWanted(each)) claim(previous.get(nameOf(each)), each);
    for (const each of [...left.values()]) claim(owner.get(nameOf(each)), each);
    for (const each of left.values()) {
      const least = readers.reduce((a, b) => {
        const by = count.get(a)! - count.get(b)! || total(a) - total(b);
        return by <= 0 ? a : b;
      });
      give(least, each);
    }
  }
  return given;
}

/** Who claims a partition; of two, the one that joined last. */
function newestClaims(
  members: readonly Claim[],
  of: (claim: Claim) => readonly TopicPartition[],
): ReadonlyMap<string, string> {
  const newest = new Map<string, Claim>();
  for (const claim of members) {
    for (const each of of(claim)) {
      const other = newest.get(nameOf(each));
      if (!other || claim.since > other.since) newest.set(nameOf(each), claim);
    }
  }
  return new Map([...newest].map(([name, { member }]) => [name, member]));
}

/** How partitions are shared. */
export interface StickyOptions {
  /** Of whom the member is: what belongs to others is given nothing. */
  readonly owner?: string;
  /** Told when the group has members of others. */
  readonly onStrangers?: (strangers: readonly Stranger[]) => void;
  readonly owned: () => readonly TopicPartition[];
  readonly previous?: () => readonly TopicPartition[];
  readonly since: () => number;
}

/** A member of a group that belongs to somebody else. */
export interface Stranger {
  readonly member: string;
  readonly owner: string;
}

interface UserData extends Pick<Claim, 'owned' | 'previous' | 'since'> {
  readonly owner?: string;
}

/** The member that belongs to others; undefined for one's own, and for one that does not say. */
export function strangerIn(member: string, metadata: Buffer, owner: string | undefined): Stranger | undefined {
  const other = dataOf(metadata).owner;
  return owner === undefined || other === undefined || other === owner ? undefined : { member, owner: other };
}

/** The assigner for kafkajs; what a member has travels in the user data of the group protocol. */
export const stickyAssigner =
  ({ owner, onStrangers, owned, previous = () => [], since }: StickyOptions): PartitionAssigner =>
  ({ cluster }: { cluster: Cluster }): Assigner => ({
    name: 'tocsin-sticky',
    version: 1,
    protocol({ topics }) {
      const data: UserData = {
        owned: owned(),
        previous: previous(),
        since: since(),
        ...(owner === undefined ? {} : { owner }),
      };
      return {
        name: 'tocsin-sticky',
        metadata: MemberMetadata.encode({ version: 1, topics, userData: Buffer.from(JSON.stringify(data)) }),
      };
    },
    async assign({ members, topics }) {
      const strangers = members.flatMap((each) => strangerIn(each.memberId, each.memberMetadata, owner) ?? []);
      if (strangers.length > 0) onStrangers?.(strangers);
      const claims = members
        .filter(({ memberId }) => !strangers.some(({ member }) => member === memberId))
        .map(({ memberId, memberMetadata }) => readClaim(memberId, memberMetadata, topics));
      const partitions = new Map(
        topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)]),
      );
      return [...assignSticky(claims, partitions)].map(([memberId, given]) => {
        const assignment: Record<string, number[]> = {};
        for (const { topic, partition } of given) (assignment[topic] ??= []).push(partition);
        return {
          memberId,
          memberAssignment: MemberAssignment.encode({ version: 1, assignment, userData: Buffer.alloc(0) }),
        };
      });
    },
  });

/** A member whose data cannot be read claims nothing. */
function readClaim(member: string, metadata: Buffer, topics: readonly string[]): Claim {
  const { owned = [], previous = [], since = 0 } = dataOf(metadata);
  return { member, topics: MemberMetadata.decode(metadata)?.topics ?? topics, owned, previous, since };
}

function dataOf(metadata: Buffer): Partial<UserData> {
  try {
    return JSON.parse(MemberMetadata.decode(metadata)?.userData.toString() ?? '{}') as Partial<UserData>;
  } catch {
    return {};
  }
}

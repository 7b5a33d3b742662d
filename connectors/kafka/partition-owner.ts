/** Which member of a consumer group reads a partition, as its coordinator knows it. */
import { AssignerProtocol, type Admin } from 'kafkajs';

const { MemberAssignment } = AssignerProtocol;

/**
 * Address and client id of the member that a partition is assigned to; undefined where it is assigned to none.
 *
 * @throws KafkaJSError where the brokers do not answer
 */
export async function partitionOwner(
  admin: Admin,
  groupId: string,
  topic: string,
  partition: number,
): Promise<string | undefined> {
  const { groups } = await admin.describeGroups([groupId]);
  for (const { clientHost, clientId, memberAssignment } of groups[0]?.members ?? []) {
    const assigned = memberAssignment.length > 0 ? MemberAssignment.decode(memberAssignment)?.assignment[topic] : [];
    if (assigned?.includes(partition)) return `${clientHost.replace(/^\//, '')} (client ${clientId})`;
  }
  return undefined;
}

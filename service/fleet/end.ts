/** When a member of a fleet that ends by itself has come to its end. */
import type { Admin } from 'kafkajs';
import type { Config } from '../../config/schema.js';
import { channelTopic } from '../../connectors/kafka/topics.js';
import { steadyNow } from '../../runtime/clock.js';
import type { TaskProgress } from '../../runtime/health.js';
import { isReadToItsEnd } from './state-guard.js';
import type { Flow } from '../flow/flow.js';
import { topologyOf, type Role } from './roles.js';

/** A member leaves when nothing has come to `respond` for this long, ms. */
const settledMs = 1000;

const tasksOf = (tasks: readonly TaskProgress[], role: Role): readonly TaskProgress[] =>
  tasks.filter((each) => topologyOf(each) === role);

/** Whether nothing is under way. */
export const isAtRest = (tasks: readonly TaskProgress[]): boolean =>
  !tasks.some(({ phase }) => phase === 'restoring' || phase === 'processing') &&
  tasksOf(tasks, 'respond').every(({ since }) => steadyNow() - since > settledMs);

/** A bounded member is done when what it reads has ended and its shards have decided all of it. */
export function isDone(tasks: readonly TaskProgress[], roles: ReadonlySet<Role>, flow: Flow): boolean {
  const [logs, shards] = [tasksOf(tasks, 'ingest'), tasksOf(tasks, 'detect')];
  // A member that has no shard yet may still be given one.
  return (
    (shards.length > 0 || !roles.has('detect')) &&
    (logs.length > 0 || roles.has('detect')) &&
    logs.every(({ phase }) => phase === 'ended') &&
    // A shard that was taken over at its end decides nothing more, and says nothing: then the sources tell.
    (flow.everyoneEnded || shards.every(({ task }) => flow.finished.has(Number(task.slice('detect/'.length)))))
  );
}

/**
 * Whether every shard is decided, also those of other members: a bounded member stays until then, since it takes over
 * the shards of one that dies. Where the log is drained, the alerts have to be handled, too.
 */
export async function isAllDecided(
  admin: Admin,
  {
    config: { kafka, channels },
    roles,
    drain,
  }: {
    readonly config: Config & { readonly kafka: NonNullable<Config['kafka']> };
    readonly roles: ReadonlySet<Role>;
    readonly drain: boolean;
  },
): Promise<boolean> {
  const isRead = (role: Role, channel: 'windows' | 'alerts'): Promise<boolean> =>
    isReadToItsEnd(admin, `${kafka.group}-${role}`, channelTopic(channels.prefix, channel));
  if (roles.has('detect') && !(await isRead('detect', 'windows'))) return false;
  return !drain || isRead('respond', 'alerts');
}

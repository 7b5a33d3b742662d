/** The topologies that a member of a fleet runs, and the names of their tasks. */
import type { TaskProgress } from '../../runtime/health.js';

export const roleNames = ['ingest', 'detect', 'respond'] as const;
export type Role = (typeof roleNames)[number];

/** `ingest`, `detect`, `respond` or `redrive`. */
export const topologyOf = ({ task }: Pick<TaskProgress, 'task'>): string => task.split('/', 1)[0]!;

/** The task that reads alerts. */
export const respondTask = 'respond/0';

/** The task that reads a source; for a re-created topic it is another one. */
export const ingestTaskName = (source: string, incarnation: number): string =>
  `ingest/${source}${incarnation > 0 ? `@${incarnation}` : ''}`;

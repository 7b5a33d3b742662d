/** The topologies that a member of a fleet runs. */
import type { Progress } from '../../runtime/progress.js';

export const roleNames = ['ingest', 'detect', 'respond'] as const;
export type Role = (typeof roleNames)[number];

/** `ingest`, `detect`, `respond` or `redrive`. */
export const topologyOf = ({ task }: Pick<Progress, 'task'>): string => task.split('/', 1)[0];

/** Is it making progress, not only alive: what /healthz tells of each task. */
import type { Position } from '../records/batch.js';

/**
 * What a task is doing. `waiting` (for input), `paused` (too far ahead of the other sources), `ended` and `stopped`
 * may last for ever; the others may not.
 */
export type Phase =
  'restoring' | 'waiting' | 'paused' | 'processing' | 'checkpointing' | 'ended' | 'stopped' | 'failed';

const patient: readonly Phase[] = ['waiting', 'paused', 'ended', 'stopped'];

/** What a task does, and since when. */
export interface TaskProgress {
  readonly task: string;
  readonly phase: Phase;
  /** By `steadyNow`, ms: since when it is in this phase. */
  readonly since: number;
  /** By `steadyNow`, ms: when a batch or a checkpoint was last finished; undefined before the first. */
  readonly lastProgressAt: number | undefined;
  /** Up to where the input has been handled. */
  readonly position: Position | undefined;
  /** Up to where a restart would go back. */
  readonly checkpoint: Position | undefined;
  readonly batches: number;
  readonly items: number;
  readonly outputs: number;
  readonly rejected: number;
  readonly checkpoints: number;
  /** Why it failed. */
  readonly error?: string;
}

/** Whether all tasks make progress. */
export interface TaskHealth {
  readonly healthy: boolean;
  /** What is wrong, one sentence a task. */
  readonly problems: readonly string[];
}

/**
 * Judges tasks: failed, or busy with one thing for longer than a limit, is not healthy.
 *
 * @param now by the same clock as the tasks, ms
 * @param limitMs how long one slice, one checkpoint or a restore may take
 */
export function health(tasks: readonly TaskProgress[], now: number, limitMs: number): TaskHealth {
  const problems: string[] = [];
  for (const { task, phase, since, position, error } of tasks) {
    if (phase === 'failed') problems.push(`${task} has failed: ${error ?? 'no reason known'}`);
    else if (!patient.includes(phase) && now - since > limitMs) {
      const where = position ? `${position.source} at offset ${position.offset}` : 'the beginning';
      problems.push(`${task} has been ${phase} for ${Math.round((now - since) / 1000)} s, after ${where}`);
    }
  }
  return { healthy: problems.length === 0, problems };
}

/** Whether all tasks have been restored, as /readyz asks. */
export const ready = (tasks: readonly TaskProgress[]): boolean =>
  tasks.every(({ phase }) => phase !== 'restoring' && phase !== 'failed');

/** How far the evaluation of this process is; a command runs one. */
import { setImmediate as turn } from 'node:timers/promises';
import { WorkProgress } from '../../runtime/work-progress.js';

export const evaluated = new WorkProgress('steps');

/** A step is done. Work that computes on end lets what shows it have its turn. */
export async function step(): Promise<void> {
  evaluated.step();
  await turn();
}

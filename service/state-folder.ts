/** The folder of state: made at the first start, for its owner alone. */
import { mkdirSync } from 'node:fs';
import { StartError } from '../runtime/start-error.js';

/**
 * Makes `state.dir` where it is not there.
 *
 * @throws StartError where it is no folder, or may not be made
 */
export function makeStateFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StartError(
      code === 'EEXIST' || code === 'ENOTDIR'
        ? `state.dir: ${dir} is no folder: name one, or a place for a new one`
        : `state.dir: ${dir} cannot be made (${code ?? message}): name a folder that this user may write`,
    );
  }
}

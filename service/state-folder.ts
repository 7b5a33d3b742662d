/** The folder of state: made at the first start, for its owner alone. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartError } from '../runtime/start-error.js';

/**
 * Makes `state.dir` where it is not there.
 *
 * @throws StartError where it is no folder, or may not be made
 */
export function makeStateFolder(dir: string): void {
  try {
    makeFolder(dir);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StartError(
      code === 'EEXIST' || code === 'ENOTDIR'
        ? `state.dir: ${dir} is no folder: name one, or a place for a new one`
        : `state.dir: ${dir} cannot be made (${code ?? message}): name a folder that this user may write`,
    );
  }
}

/** With the folders above it; `recursive` of Node 20 and 22 never returns in a file system where none can be made (/proc). */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(dir).isDirectory()) return;
    const above = dirname(dir);
    if (code !== 'ENOENT' || above === dir || existsSync(above)) throw error;
    makeFolder(above);
    makeFolder(dir);
  }
}

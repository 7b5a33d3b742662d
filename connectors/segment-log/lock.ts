/** One process writes a segment log: a lock file that names it, and that a dead process does not keep. */
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const held = new Set<string>();

/** When a process began, in clock ticks since boot, where the system tells (Linux): a number used again gives it away. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function isAlive(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return false;
  }
  const now = await startOf(pid);
  return now === '' || start === '' || now === start;
}

/**
 * Takes the lock of a folder and gives what releases it.
 *
 * @throws Error where a living process holds it
 */
export async function lockWriter(folder: string): Promise<() => Promise<void>> {
  const path = resolve(join(folder, 'writer.lock'));
  const mine = `${path}.${process.pid}`;
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      // A link of a finished file: no process sees the lock before it names its holder.
      await writeFile(mine, `${process.pid} ${await startOf(process.pid)}\n`);
      await link(mine, path);
      held.add(path);
      return async () => {
        held.delete(path);
        await rm(path, { force: true });
      };
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    } finally {
      await rm(mine, { force: true });
    }
    const [pid = '', start = ''] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
    const own = Number(pid) === process.pid;
    if (own ? held.has(path) : pid !== '' && (await isAlive(Number(pid), start))) {
      throw new Error(
        `segment log ${folder} is being written by process ${pid}${own ? ' (this one)' : ''}: stop it, or give this ` +
          `one its own state.dir. If there is no such tocsin, delete ${path}.`,
      );
    }
    await rm(path, { force: true });
  }
  throw new Error(`the lock ${path} changes hands all the time: make sure that one process writes ${folder}`);
}

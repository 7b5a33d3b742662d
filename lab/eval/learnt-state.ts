/** Carries over what a warm-up has learnt, as a trained artefact would bring it, and none of what was still open. */
import { MemoryBackend } from '../../runtime/memory-backend.js';
import type { StateBackend } from '../../runtime/backend.js';

/** Stores that hold what was learnt: of session classes, and the texts of signatures. */
const learnt = new Set(['session-class', 'signatures', 'artefact']);

/** A fresh backend with the learnt stores of `task` alone. */
export async function learntState(from: StateBackend, task: string): Promise<MemoryBackend> {
  const { entries, versions } = await from.claim(task, 1);
  const to = new MemoryBackend();
  const { epoch } = await to.claim(task, 1);
  await to.write(
    task,
    epoch,
    {
      puts: entries.filter(({ store }) => learnt.has(store)),
      deletes: [],
      versions: new Map([...versions].filter(([store]) => learnt.has(store))),
    },
    undefined,
  );
  return to;
}

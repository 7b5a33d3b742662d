// Copies of the built code in which some lines are others: what an ablation compares with the code as it is.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs `work` with a folder inside the project, from which packages are found; it is gone afterwards. */
export async function withFolder(work) {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'ablation-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param edits `[file, from, to]`: the one place in a built file that says `from` says `to` in the copy */
export function editedCopy(edits, into) {
  cpSync(join(root, 'dist'), into, { recursive: true });
  for (const [name, from, to] of edits) {
    const path = join(into, name);
    const text = readFileSync(path, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${name} has not one place with: ${from}`);
    writeFileSync(path, text.replace(from, to));
  }
  return into;
}

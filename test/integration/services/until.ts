import { setTimeout as sleep } from 'node:timers/promises';

/** Looks until something is there. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  ms = 20_000,
): Promise<T> {
  for (const began = Date.now(); ;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() - began > ms) throw new Error(`waited ${ms} ms for ${what}`);
    await sleep(50);
  }
}

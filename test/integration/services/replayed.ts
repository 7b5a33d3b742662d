/** What `tocsin replay` writes, read back; and how far a run that is replayed has come. */
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { decodeDecision, type Decision } from '../../../records/score.js';
import type { Running } from './tocsin.js';

/** The decisions of a file: each its length in 32 bits, little-endian, and its bytes. */
export function decisionsIn(bytes: Buffer): Decision[] {
  const decisions: Decision[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    decisions.push(decodeDecision(bytes.subarray(at + 4, end)));
    at = end;
  }
  return decisions;
}

/**
 * Waits until windows up to this time are closed, or the run is over: trainings hold windows for as long as they need.
 *
 * @param api - address of the API of the run, with `/api`
 * @param time - event time, ms since 1970
 */
export async function closedTo(run: Running, api: string, time: number): Promise<void> {
  while (!run.isOver()) {
    const status = await axios
      .get<{ windows: { closedTo: string | null } }>(`${api}/status`, { timeout: 2000 })
      .catch(() => undefined);
    if (Date.parse(status?.data.windows.closedTo ?? '') >= time) return;
    await sleep(20);
  }
}

/** The plan of a change of the number of shards, and the refusal to run while one is unfinished. */
import { decode, struct, uint } from '../records/wire/codec.js';
import type { Checkpoint, StateBackend } from '../runtime/backend.js';
import { StartError } from '../runtime/start-error.js';

/** Written when everything that is moved is staged: from then on it goes only forward. */
export interface Plan {
  readonly from: number;
  readonly to: number;
}

export const planCodec = struct<Plan>({ from: uint, to: uint });
export const planTask = 'reshard';

/** @throws StartError where resharding was begun and not brought to its end: a run would decide from half a state */
export async function refuseHalfResharded(backend: StateBackend): Promise<void> {
  const plan = planOf(await backend.claim(planTask, Date.now()));
  if (plan)
    throw new StartError(
      `resharding from ${plan.from} to ${plan.to} shards was begun and not finished: run \`tocsin reshard --shards ${plan.to}\` again`,
    );
}

export const planOf = ({ entries: [first] }: Checkpoint): Plan | undefined => first && decode(planCodec, first.value);

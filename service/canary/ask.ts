/** Asks that a set scores a share of the entities: checked, written as a control, and read back. */
import { randomUUID } from 'node:crypto';
import { RegistryError } from '../../models/registry/artefact-set.js';
import { openSet } from '../../models/registry/registry.js';
import { canaryControl, type Canary } from '../../records/canary.js';
import type { NameParts } from '../training/names.js';

export interface CanaryRequest {
  /** Empty for the one that there is. */
  readonly artefact: string;
  /** Of 1000; 0 ends it. */
  readonly share: number;
  readonly by: string;
  readonly why: string;
}

export type CanaryOutcome =
  | { readonly done: true; readonly artefact: string; readonly share: number }
  | { readonly done: false; readonly kind: 'wrong' | 'conflict'; readonly why: string };

const refused = (kind: 'wrong' | 'conflict', why: string): CanaryOutcome => ({ done: false, kind, why });

export async function askCanary(
  { artefact: named, share, by, why }: CanaryRequest,
  via: string,
  { ledger, dir, publish, say }: NameParts,
): Promise<CanaryOutcome> {
  if (!Number.isInteger(share) || share < 0 || share > 1000)
    return refused('wrong', 'a share is of 1000, from 0 to 1000');
  const { canary, inForce } = await ledger();
  const artefact = named || canary?.artefact;
  if (artefact === undefined) return refused('wrong', 'there is no canary: name a set');
  if (canary && canary.artefact !== artefact && share > 0)
    return refused('conflict', `${canary.artefact} is the canary: end it before another one begins`);
  if (share > 0) {
    if (!inForce) return refused('wrong', 'there is no champion beside which it could score');
    if (inForce.artefact === artefact) return refused('wrong', `${artefact} is the champion`);
    try {
      await openSet(dir, artefact);
    } catch (error) {
      if (error instanceof RegistryError) return refused('wrong', error.message);
      throw error;
    }
    await publish(artefact);
  }
  const asked: Canary = { id: `canary/${randomUUID()}`, artefact, share, by, why, at: Date.now() };
  const after = await say(canaryControl(asked, via));
  if (after.moves.get(asked.id) !== true) return refused('conflict', 'another canary began meanwhile');
  return { done: true, artefact, share };
}

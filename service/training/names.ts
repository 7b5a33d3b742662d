/** Moves names of artefact sets: what a person asks for is checked, written as a control, and read back. */
import { randomUUID } from 'node:crypto';
import { aliasControl, champion, misnamed, type AliasMove } from '../../records/alias.js';
import type { Control } from '../../records/control.js';
import { openSet } from '../../models/registry/registry.js';
import { RegistryError } from '../../models/registry/artefact-set.js';
import type { TrainingLedger } from '../../training/ledger.js';

/** What is asked for. */
export interface NameRequest {
  readonly alias: string;
  /** The set; empty takes the name away. */
  readonly artefact: string;
  /** What the name must stand for, empty for nothing; where it is not given, what it stands for now. */
  readonly expected?: string;
  readonly by: string;
  readonly why: string;
}

export type NameOutcome =
  | { readonly moved: true; readonly from?: number; readonly before: string }
  /** `conflict`: the name stands for another set than was expected. */
  | { readonly moved: false; readonly kind: 'wrong' | 'conflict'; readonly why: string };

export interface NameParts {
  /** The ledger as it is known now. */
  readonly ledger: () => TrainingLedger | Promise<TrainingLedger>;
  /** Folder of the registry. */
  readonly dir: string;
  /** Copies the set to where other members find it. */
  readonly publish: (id: string) => Promise<void>;
  /** Makes a control durable, and gives the ledger that has read it. */
  readonly say: (control: Control) => Promise<TrainingLedger>;
}

/** A name stands for one set: of two that move it at once, one wins. */
export async function moveName(request: NameRequest, via: string, parts: NameParts): Promise<NameOutcome> {
  const { alias, artefact, by, why } = request;
  const wrong = misnamed(alias);
  if (wrong !== undefined) return { moved: false, kind: 'wrong', why: wrong };
  const ledger = await parts.ledger();
  const before = ledger.artefactOf(alias);
  const { expected = before } = request;
  if (expected !== before) return conflict(alias, before, expected);
  if (artefact === before) return { moved: true, before };
  let from: number | undefined;
  if (artefact === '') {
    if (alias === champion)
      return { moved: false, kind: 'wrong', why: 'the champion decides: name another set instead' };
  } else {
    try {
      const { index } = await openSet(parts.dir, artefact);
      if (alias === champion) from = ledger.nextBound(index.from);
    } catch (error) {
      if (error instanceof RegistryError) return { moved: false, kind: 'wrong', why: error.message };
      throw error;
    }
    await parts.publish(artefact);
  }
  const bound = from === undefined ? {} : { from };
  const move: AliasMove = { alias, artefact, expected, ...bound, id: `alias/${randomUUID()}`, by, why, at: Date.now() };
  const after = await parts.say(aliasControl(move, via));
  if (after.moves.get(move.id) !== true) return conflict(alias, after.artefactOf(alias), expected);
  return { moved: true, before, ...bound };
}

const conflict = (alias: string, is: string, expected: string): NameOutcome => ({
  moved: false,
  kind: 'conflict',
  why: `${alias} is ${is || 'no set'} by now, and ${expected || 'no set'} was expected: nothing was moved; look, and ask again`,
});

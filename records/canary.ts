/** A set that scores a share of the entities beside the champion: asked for in `controls`, in force from a boundary on. */
import type { Control } from './control.js';
import { hashText, mix32 } from './wire/hash.js';
import { struct, text, uint } from './wire/codec.js';

/** From the next boundary on these entities are scored by this set; a share of 0 ends it. */
export interface CanaryRecord {
  readonly type: 'canary';
  readonly id: string;
  readonly artefact: string;
  /** Of 1000. */
  readonly share: number;
}

/** Canonical bytes of a canary record, without its type. */
export const canaryFields = struct<Omit<CanaryRecord, 'type'>>({ id: text, artefact: text, share: uint });
/** The value of the command, without its id. */
export const canaryRecord = struct<Omit<CanaryRecord, 'type' | 'id'>>({ artefact: text, share: uint });

/** A set of models in force for a share of the entities, as it was asked for. */
export interface Canary {
  readonly id: string;
  readonly artefact: string;
  /** Of 1000; 0 ends it. */
  readonly share: number;
  readonly by: string;
  readonly why: string;
  /** Wall-clock ms. */
  readonly at: number;
}

/**
 * Whether an entity is one of the canary's: by its key and the set alone, so that nothing flips at a restart, and a share that
 * grows only adds.
 */
export const isInCanary = (entity: string, { artefact, share }: Pick<Canary, 'artefact' | 'share'>): boolean =>
  share > 0 && mix32(hashText(`${artefact} ${entity}`) % 0x100000000) % 1000 < share;

/**
 * The command that begins, widens or ends a canary, as `controls` records it.
 *
 * @param via by which way it came
 */
export function canaryControl({ id, artefact, share, by, why, at }: Canary, via: string): Control {
  return { id, command: 'canary', about: artefact, value: String(share), by, via, why, at };
}

/** Undefined for a control about something else, and for one that this release cannot read. */
export function canaryIn({ id, command, about: artefact, value, by, why, at }: Control): Canary | undefined {
  const share = Number(value);
  if (command !== 'canary' || !Number.isInteger(share) || share < 0 || share > 1000) return undefined;
  return { id, artefact, share, by, why, at };
}

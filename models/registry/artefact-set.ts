/**
 * What a shard scores with: an artefact set, named by the hash of everything in it. A promotion names a set; a shard that has
 * the same id has the same bytes.
 */
import { createHash } from 'node:crypto';
import type { Inspection } from '../detectors/foreign.js';

/** A named file of a set: a detector, the template catalogue, a calibration prior, or any other bytes. */
export interface SetFile {
  /** Path-like, such as `catalogue` or `detector/logs-1/robust-z`. */
  readonly name: string;
  /** SHA-256 of the bytes, hexadecimal. */
  readonly hash: string;
  readonly bytes: number;
  /** What the trial run of a foreign model found; it is not repeated at every start. */
  readonly inspection?: Inspection;
}

/** The set's table of contents. */
export interface SetIndex {
  readonly format: 1;
  /** The earliest event time, ms since 1970, at which windows may be scored with it: the end of its training data. */
  readonly from: number;
  /** In order of names. */
  readonly members: readonly SetFile[];
}

/** The stored artefacts are not what they say they are, or are missing. */
export class RegistryError extends Error {
  override name = 'RegistryError';
}

/** SHA-256, hex. */
export const hashOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Canonical text of an index: equal sets have equal texts. */
export const indexText = ({ from, members }: SetIndex): string =>
  `${JSON.stringify({
    format: 1,
    from,
    members: members.map(({ name, hash, bytes, inspection }) => ({
      name,
      hash,
      bytes,
      ...(inspection ? { inspection } : {}),
    })),
  })}\n`;

/** The id of a set: the hash of its index, which holds the hashes of all members. */
export const setId = (index: SetIndex): string => hashOf(indexText(index)).slice(0, 32);

/** Where the detectors of a feature schema stand in a set. */
export const detectorPrefix = (schema: string): string => `detector/${schema}/`;

/** A set whose every byte has been verified. */
export class ArtefactSet {
  constructor(
    readonly id: string,
    readonly index: SetIndex,
    private readonly contents: ReadonlyMap<string, Uint8Array>,
  ) {}

  get names(): string[] {
    return this.index.members.map(({ name }) => name);
  }

  has(name: string): boolean {
    return this.contents.has(name);
  }

  /** @throws RegistryError where the set has no such member */
  bytes(name: string): Uint8Array {
    const found = this.contents.get(name);
    if (!found)
      throw new RegistryError(
        `artefact set ${this.id} has no member ${name}; it has ${this.names.join(', ') || 'none'}`,
      );
    return found;
  }
}

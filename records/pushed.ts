/** What was posted to the intake, as its channel keeps it. */
import type { Labels } from './entity.js';
import { bytes, optional, struct, texts, uint, type Codec } from './wire/codec.js';

/** A posted request, or lines of one. */
export interface Pushed {
  /** Wall clock when it came, ms. */
  readonly at: number;
  /** Bytes of all values of the channel up to this one, itself included: what is not read yet is a difference. */
  readonly total: number;
  /** What relabel rules may match: headers of the request. */
  readonly inputs: Labels | undefined;
  /** One request, or lines of one. */
  readonly value: Uint8Array;
}

/** Canonical bytes of a posted request. */
export const pushed: Codec<Pushed> = struct<Pushed>({ at: uint, total: uint, inputs: optional(texts), value: bytes });

/**
 * Sets that score beside what decides: a name that begins with `shadow` puts one in place, from a boundary on. What they would
 * have decided is written to a log of its own, and read by no operator.
 */
import { entityKey } from './entity.js';
import { bool, decode, double, encode, list, struct, text, time, uint, type Codec } from './wire/codec.js';

/** From the next boundary on this set is the shadow of this name; an empty one ends it. */
export interface ShadowRecord {
  readonly type: 'shadow';
  readonly id: string;
  readonly name: string;
  readonly artefact: string;
}

/** Canonical bytes of a shadow record, without its type. */
export const shadowFields = struct<Omit<ShadowRecord, 'type'>>({ id: text, name: text, artefact: text });

/** Whether a name of a set is that of a shadow: `shadow`, `shadow-2`, `shadow-deep`. */
export const isShadow = (alias: string): boolean => /^shadow(-|$)/.test(alias);

/** A window, as the champion and a shadow judged it. */
export interface ShadowedWindow {
  readonly entity: string;
  readonly u: number;
  readonly fired: boolean;
  /** What was decided. */
  readonly decided: { readonly u: number; readonly fired: boolean };
}

/** What one shadow would have decided at one boundary of one shard. */
export interface Shadowed {
  readonly shard: string;
  readonly name: string;
  readonly artefact: string;
  /** End of the windows, ms. */
  readonly end: number;
  /** In the order of the decisions. */
  readonly windows: readonly ShadowedWindow[];
  /** Windows with a score that is no finite number. */
  readonly broken: number;
  /** Why it has not scored, in words; empty where it has. */
  readonly failure: string;
}

/** What a shadow made of a window, with its place in the channel. */
export interface ShadowedItem extends Shadowed {
  readonly type: 'shadowed';
}

/** Canonical bytes of what a shadow made of windows. */
export const shadowedCodec: Codec<Shadowed> = struct<Shadowed>({
  shard: text,
  name: text,
  artefact: text,
  end: time,
  windows: list(
    struct<ShadowedWindow>({
      entity: entityKey,
      u: double,
      fired: bool,
      decided: struct<ShadowedWindow['decided']>({ u: double, fired: bool }),
    }),
  ),
  broken: uint,
  failure: text,
});

/** One record of the `shadows` channel. */
export const encodeShadowed = (value: Shadowed): Buffer => encode(shadowedCodec, value);
/** @throws RangeError on broken bytes */
export const decodeShadowed = (input: Uint8Array): Shadowed => decode(shadowedCodec, input);

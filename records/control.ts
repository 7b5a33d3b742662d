/** What people say to a running tocsin, for every process to hear: a record of the `controls` log. */
import { oneOf, struct, text, uint, decode, encode, type Codec } from './codec.js';

/**
 * - `stop`, `resume`: all healing, everywhere.
 * - `approve`, `deny`: the action `about`.
 * - `close-breaker`: `about` is `label=value`. `resume-remedy`: `about` is a rule.
 * - `verdict`: `value` on the alert `about`.
 */
export const deeds = ['stop', 'resume', 'approve', 'deny', 'close-breaker', 'resume-remedy', 'verdict'] as const;
export type Deed = (typeof deeds)[number];

export interface Control {
  /** The same deed has the same id, however often it comes. */
  readonly id: string;
  readonly deed: Deed;
  readonly about: string;
  readonly value: string;
  /** Who, as far as the door can tell. */
  readonly by: string;
  /** `api`, `cli`, `link`, `slack`, `alertmanager`, `file`. */
  readonly via: string;
  readonly why: string;
  /** Wall-clock ms. */
  readonly at: number;
}

export const control: Codec<Control> = struct<Control>({
  id: text,
  deed: oneOf(...deeds),
  about: text,
  value: text,
  by: text,
  via: text,
  why: text,
  at: uint,
});

export const encodeControl = (value: Control): Buffer => encode(control, value);
export const decodeControl = (input: Uint8Array): Control => decode(control, input);

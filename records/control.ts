/** What people say to a running tocsin, for every process to hear: a record of the `controls` log. */
import { oneOf, struct, text, uint, decode, encode, type Codec } from './wire/codec.js';
import { verdict, type Verdict } from './verdict.js';

/**
 * - `stop`, `resume`: all healing, everywhere.
 * - `approve`, `deny`: the action `about`.
 * - `close-breaker`: `about` is `label=value`. `resume-remedy`: `about` is a rule.
 * - `verdict`: `value` on the alert `about`. `revoke`: the verdict `about` is taken back.
 * - `watermark`: event time of the source `about`, of all where it is empty, is at `value`, ms.
 * - `topic`: the log topic `about` has as many partitions, and is of such an incarnation, as `value` says.
 * - `training`: what became of a training (`records/training.ts`).
 * - `alias`: a name of an artefact set is moved (`records/alias.ts`).
 * - `snapshot`, `revert`, `turned`: what was learnt is kept, or gone back to (`records/snapshot.ts`).
 * - `canary`: a set scores a share of the entities (`records/canary.ts`).
 */
export const commands = [
  'stop',
  'resume',
  'approve',
  'deny',
  'close-breaker',
  'resume-remedy',
  'verdict',
  'revoke',
  'topic',
  'training',
  'watermark',
  'alias',
  'snapshot',
  'revert',
  'turned',
  'canary',
] as const;
/** One of `commands`. */
export type CommandName = (typeof commands)[number];

/** A command of a person or of tocsin itself, as `controls` records it. */
export interface Control {
  /** The same command has the same id, however often it comes. */
  readonly id: string;
  readonly command: CommandName;
  readonly about: string;
  readonly value: string;
  /** Who, as far as the door can tell. */
  readonly by: string;
  /** `api`, `cli`, `link`, `slack`, `alertmanager`, `file`. */
  readonly via: string;
  readonly why: string;
  /** Wall-clock ms. */
  readonly at: number;
  /** The whole verdict, so that it can be taken back; older releases did not write it. */
  readonly verdict?: Verdict;
}

const fields = struct<Omit<Control, 'verdict'>>({
  id: text,
  command: oneOf(...commands),
  about: text,
  value: text,
  by: text,
  via: text,
  why: text,
  at: uint,
});

/** Canonical bytes of a control. */
export const control: Codec<Control> = {
  write(to, { verdict: whole, ...rest }) {
    fields.write(to, rest);
    if (whole) verdict.write(to, whole);
  },
  read(from) {
    const rest = fields.read(from);
    return from.left > 0 ? { ...rest, verdict: verdict.read(from) } : rest;
  },
};

/** One record of the `controls` channel. */
export const encodeControl = (value: Control): Buffer => encode(control, value);
/**
 * Reads a record of the `controls` channel.
 *
 * @throws RangeError on broken bytes
 */
export const decodeControl = (input: Uint8Array): Control => decode(control, input);

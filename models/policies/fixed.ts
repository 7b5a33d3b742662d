/** One arm for ever: the floor that any learning has to beat. */
import { struct, uint, type Codec } from '../../records/wire/codec.js';
import type { Trust } from './trust.js';

/** Which arm it is. */
export interface Fixed {
  arm: number;
}

const codec: Codec<Fixed> = struct<Fixed>({ arm: uint });

/** @param name an arm; one that the ensemble lacks is refused with a RangeError, and without one it is the default arm */
export const fixed = (name?: string): Trust<Fixed> => ({
  name: name === undefined ? 'fixed' : `fixed:${name}`,
  codec,
  create({ names, fallback }) {
    const arm = name === undefined ? fallback : names.indexOf(name);
    if (arm < 0) throw new RangeError(`no arm ${name ?? ''} in this ensemble; there are ${names.join(', ')}`);
    return { arm };
  },
  carry: (_, fresh) => fresh,
  judge: ({ arm }, { names }, u) => ({
    u: u[arm]!,
    own: u[arm]!,
    believed: names[arm]!,
    weights: names.map((_, i) => (i === arm ? 1 : 0)),
  }),
  learn: () => undefined,
  unlearn: () => undefined,
  weekly: () => undefined,
});

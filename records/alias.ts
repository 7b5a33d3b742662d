/** A name of an artefact set that is moved: a control, so that every process, and a replay, sees the same move. */
import type { Control } from './control.js';

/** The set that decides. Moving it puts the set in force. */
export const champion = 'champion';
/** The set that is meant to decide next. */
export const challenger = 'challenger';

/** A name of a model set is moved, or taken away. */
export interface AliasMove {
  readonly alias: string;
  /** The set; empty where the name is taken away. */
  readonly artefact: string;
  /** What the name stood for when the move was asked for, empty where nothing: else the move is void. */
  readonly expected: string;
  /** Of the champion: the bound of the promotion, ms of event time. */
  readonly from?: number;
  readonly id: string;
  readonly by: string;
  readonly why: string;
  /** Wall-clock ms. */
  readonly at: number;
}

/** `v7` and such are versions elsewhere. */
const name = /^(?!v\d+$)[a-z][a-z0-9-]{0,39}$/;

/** Why a text cannot be an alias; undefined where it can. */
export const misnamed = (alias: string): string | undefined =>
  name.test(alias) ? undefined : `${alias} cannot be an alias: use up to 40 of a-z, 0-9 and "-", not v and a number`;

/**
 * The command that moves a name of a model set, as `controls` records it.
 *
 * @param via by which way it came: `cli`, `http`
 */
export function aliasControl({ alias, artefact, expected, from, id, by, why, at }: AliasMove, via: string): Control {
  const value = JSON.stringify({ artefact, expected, ...(from === undefined ? {} : { from }) });
  return { id, command: 'alias', about: alias, value, by, via, why, at };
}

/** Undefined for a control about something else, and for one that this release cannot read. */
export function aliasMove({ command, about: alias, value, id, by, why, at }: Control): AliasMove | undefined {
  if (command !== 'alias') return undefined;
  try {
    const { artefact, expected, from } = JSON.parse(value) as Partial<AliasMove>;
    if (typeof artefact !== 'string' || typeof expected !== 'string') return undefined;
    return { alias, artefact, expected, ...(typeof from === 'number' ? { from } : {}), id, by, why, at };
  } catch {
    return undefined;
  }
}

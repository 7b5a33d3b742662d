/** What people say of a time range or of a change, for some entities: it goes through the `windows` log. */
import { change, type Change } from './change.js';
import { oneOf, struct, text, texts, time, type Codec } from './wire/codec.js';
import type { Labels } from './entity.js';

/**
 * - `mute`: scored and learnt as ever, not notified.
 * - `freeze`: scored and notified, nothing is learnt from it.
 * - `expect`: a known change: baselines take it over at once, calibration does not count it, nobody is notified.
 */
export const calendarActions = ['mute', 'freeze', 'expect'] as const;
/** One of `calendarActions`. */
export type CalendarAction = (typeof calendarActions)[number];
/** Entries of people, and `silence`: one of an Alertmanager. Only the Alertmanagers are notified, which suppress it. */
const entryActions = [...calendarActions, 'silence'] as const;
/** One of `entryActions`. */
export type EntryAction = (typeof entryActions)[number];

/** One time range. A later entry of the same id replaces it: with `to` in the past it is over. */
export interface CalendarEntry {
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  readonly action: EntryAction;
  /** Labels that an entity must have, as for `compileMatch`; a silence is about the labels of its alerts. */
  readonly match: Labels;
  /** Event time, ms since 1970: windows that overlap [from, to) are meant. */
  readonly from: number;
  readonly to: number;
  readonly by: string;
  /** Wall-clock ms at which it was said; of two with one id the later counts. */
  readonly at: number;
}

/** A deploy of what has these labels. */
export interface Deploy {
  readonly change: Change;
  readonly match: Labels;
}

/** Canonical bytes of a calendar entry. */
export const calendarEntry: Codec<CalendarEntry> = struct<CalendarEntry>({
  id: text,
  name: text,
  action: oneOf(...entryActions),
  match: texts,
  from: time,
  to: time,
  by: text,
  at: time,
});

/** Canonical bytes of a deploy. */
export const deploy: Codec<Deploy> = struct<Deploy>({ change, match: texts });

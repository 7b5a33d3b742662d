/** What a source has shown of its conventions: decides where a line alone says nothing. A function of its lines. */
import { struct, text, uint, type Codec } from '../records/wire/codec.js';

/** The conventions of a source, as far as its lines have shown them. */
export interface Sticky {
  /** `dateOrders`: which of day and month is first. */
  dateOrder: number;
  /** `scales`: how it counts levels. */
  levelScale: number;
  /** `durationScales`: how it counts durations. */
  durationScale: number;
  /** Forms of stamps at the beginning of lines: 1 text, 2 a number. */
  stamps: number;
  /** Columns that a `#Fields:` line has named, behind what divides them. */
  columns: string;
  /** Day of its lines that have a time of day alone, as a `#Date:` line has it. */
  day: string;
}

/** Before the first line. */
export const newSticky = (): Sticky => ({
  dateOrder: 0,
  levelScale: 0,
  durationScale: 0,
  stamps: 0,
  columns: '',
  day: '',
});

/** Canonical bytes of the conventions. */
export const stickyCodec: Codec<Sticky> = struct<Sticky>({
  dateOrder: uint,
  levelScale: uint,
  durationScale: uint,
  stamps: uint,
  columns: text,
  day: text,
});

/** Whether nothing has changed. */
export const equalSticky = (a: Sticky, b: Sticky): boolean =>
  a.dateOrder === b.dateOrder &&
  a.levelScale === b.levelScale &&
  a.durationScale === b.durationScale &&
  a.stamps === b.stamps &&
  a.columns === b.columns &&
  a.day === b.day;

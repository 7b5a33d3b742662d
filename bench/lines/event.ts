/** The events that all kinds of lines are written from. */

/** What a line is made of, so that all kinds say about the same. */
export interface LineEvent {
  /** Event time, ms since 1970: 2,000 lines a second. */
  readonly time: number;
  /** 32 random bits, a function of the number of the line. */
  readonly seed: number;
  readonly level: 'ERROR' | 'WARN' | 'INFO';
}

/** Text of the line of an event, without a line break. */
export type LineWriter = (event: LineEvent) => string;

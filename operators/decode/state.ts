/** What decoding remembers of a source from line to line: a function of its lines alone. */
import { journalEntry, type JournalEntry } from './journal.js';
import { openRecord, type OpenRecord } from './open-records.js';
import { newSticky, stickyCodec, type Sticky } from '../../formats/sticky.js';
import { int, list, optional, struct, text, uint, type Codec } from '../../records/wire/codec.js';

/** What decoding remembers of a source. */
export interface DecodeState {
  /** The format that matched first. */
  format: string;
  /** Time of the last line that had one, ms, or -1: stamps without a year are near it. */
  last: number;
  /** Lines so far, 0 or 1: a header is the first line of a file. */
  begun: number;
  /** Names of the columns of CSV, as JSON, where line 0 of a file had them. */
  header: string;
  /** What it has shown of its conventions. */
  sticky: Sticky;
  /** Records that may still grow. */
  open: readonly OpenRecord[];
  /** An entry of the journal that has begun. */
  journal: JournalEntry | undefined;
}

/** Before the first line. */
export const newDecodeState = (): DecodeState => ({
  format: '',
  last: -1,
  begun: 0,
  header: '',
  sticky: newSticky(),
  open: [],
  journal: undefined,
});

/** Canonical bytes of a `DecodeState`. */
export const decodeState: Codec<DecodeState> = struct<DecodeState>({
  format: text,
  last: int,
  begun: uint,
  header: text,
  sticky: stickyCodec,
  open: list<OpenRecord>(openRecord),
  journal: optional(journalEntry),
});

/** What became of each line: it is read, joined to a record, or refused, and the three add up to what came in. */
import type { DecodedRecord } from '../../records/log-record.js';

/** Where a line is: the offset of its source's record, and its place among the lines of that record. */
export interface LinePlace {
  readonly offset: number;
  readonly index: number;
}

/**
 * - `read`: it is a record, or holds none by its nature (a header, a comment): then `record` is undefined. Lines that are
 *   joined later are added to the record's message.
 * - `joined`: it belongs to the record at `to`.
 * - `refused`: a dead letter, with its reason.
 */
export type LineFate = LinePlace & {
  /** Form of the line, such as `json`, `cri`, `klog`. */
  readonly form: string;
} & (
    | { readonly fate: 'read'; readonly record: DecodedRecord | undefined; readonly borrowedTime: boolean }
    | { readonly fate: 'joined'; readonly to: LinePlace }
    | { readonly fate: 'refused'; readonly reason: string; readonly detail: string }
  );

/** How many lines came in with a slice and what became of them: `read + joined + refused = in`. */
export interface LineCounts {
  in: number;
  read: number;
  joined: number;
  refused: number;
  /** Of those read: without a time of their own; the broker's, or that of the line before, was taken. */
  borrowedTime: number;
  /** Of those refused, by reason. */
  reasons: Record<string, number>;
}

/** Counts before the first line. */
export const noLines = (): LineCounts => ({ in: 0, read: 0, joined: 0, refused: 0, borrowedTime: 0, reasons: {} });

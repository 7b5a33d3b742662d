/** Something that people changed, as alerts show it. */
import { struct, text, time, type Codec } from './wire/codec.js';

/** A deploy or another change that people made. */
export interface Change {
  readonly id: string;
  /** ms since 1970. */
  readonly at: number;
  readonly title: string;
  /** Version, revision or image; empty where unknown. */
  readonly version: string;
  readonly by: string;
  /** Where to read more; empty or http(s). */
  readonly url: string;
}

/** Canonical bytes of a change. */
export const change: Codec<Change> = struct<Change>({
  id: text,
  at: time,
  title: text,
  version: text,
  by: text,
  url: text,
});

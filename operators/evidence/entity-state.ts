/** What evidence remembers of an entity. */
import { singles, struct, text, uint, type Codec } from '../../records/wire/codec.js';
import { aspectNames } from '../../models/features/aspects.js';
import { SEASON } from '../features/season.js';
import { templateStates, type TemplateState } from './template-state.js';

/** Counts of a window and what was expected of them, kept for as many windows as the longest aspect needs. */
export const RING = 5;
/** Places of a route's or replica's numbers. */
export const R = {
  lines: 0,
  usual: 1,
  bad: 2,
  badUsual: 3,
  refused: 4,
  refusedUsual: 5,
  warns: 6,
  warnsUsual: 7,
  requests: 8,
  requestsUsual: 9,
  /** How far lines and requests were from what is usual of late, ln. */
  rest: 10,
  requestsRest: 11,
  size: 12,
} as const;

/** Windows before this one that are looked at for starts. */
export const STARTS = 5;

/** Places in `numbers` of an entity. */
const ring = 5;
const smoothed = ring + RING * R.size;
/** Places of an entity's numbers. */
export const E = {
  /** Faded lines, and those that were bad, refused or warnings. */
  lines: 0,
  bad: 1,
  refused: 2,
  warns: 3,
  /** Windows that were learnt from. */
  windows: 4,
  ring,
  /** Averages over about 3 and 6 windows, two an aspect. */
  smoothed,
  /** Windows in a row with a flood, and which of the last windows had a start. */
  floods: smoothed + 2 * aspectNames.length,
  starts: smoothed + 2 * aspectNames.length + 1,
  /** Requests by the time of day. */
  requests: smoothed + 2 * aspectNames.length + 1 + STARTS,
  size: smoothed + 2 * aspectNames.length + 1 + STARTS + SEASON,
} as const;

/** What is usual of an entity and of its templates. */
export interface EntityEvidence {
  /** Artefact set by whose catalogue templates are named. */
  artefact: string;
  /** End of the last window, ms. */
  last: number;
  numbers: Float32Array;
  /** By ascending id. */
  templates: TemplateState[];
  /** Routes of requests, by the key of their part. */
  routes: TemplateState[];
}

/**
 * Before the first window of an entity.
 *
 * @param artefact the set in force
 */
export const createEvidence = (artefact: string): EntityEvidence => ({
  artefact,
  last: 0,
  numbers: new Float32Array(E.size),
  templates: [],
  routes: [],
});

/** Canonical bytes of an entity's evidence. */
export const evidenceCodec: Codec<EntityEvidence> = struct<EntityEvidence>({
  artefact: text,
  last: uint,
  numbers: singles(E.size),
  templates: templateStates,
  routes: templateStates,
});
/** Version of the store: raised with its codec. */
export const evidenceVersion = 2;

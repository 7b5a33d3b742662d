/** The usual mix of templates of an entity: the share of lines and of windows of the templates that matter most. */
import { float, list, struct, uint, type Codec } from '../../records/wire/codec.js';
import { ln } from '../../models/exact/log.js';
import { paceOf } from './tracker.js';

/** Templates that are kept; 64 take about 1.2 KB. */
export const MIX_SIZE = 64;

/** A template in the usual mix. */
export interface MixEntry {
  id: number;
  /** Usual share of the lines, and of the windows that have it. */
  share: number;
  presence: number;
  /** End of the first window that had it, in minutes since 1970. */
  since: number;
}

/** The usual mix of an entity. */
export interface Mix {
  /** By ascending id, so that sums have one order. */
  entries: MixEntry[];
  windows: number;
}

/** Before the first window. */
export const createMix = (): Mix => ({ entries: [], windows: 0 });

/** Canonical bytes of a mix. */
export const mixCodec: Codec<Mix> = struct<Mix>({
  entries: list(struct<MixEntry>({ id: uint, share: float, presence: float, since: uint })) as Codec<MixEntry[]>,
  windows: uint,
});

const DAY_MINUTES = 1440;
/** An incident of one window moves a share at most by this part of its pace. */
const MOST_STEP = 0.1;
const MOST_WINDOWS = 2016;
const FORGOTTEN = 1e-5;

/** Place of an id, or of where it would stand. */
function placeOf(entries: readonly MixEntry[], id: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The entry of a template, where it is one of those that are followed. */
export function entryOf({ entries }: Mix, id: number): MixEntry | undefined {
  const entry = entries[placeOf(entries, id)];
  return entry?.id === id ? entry : undefined;
}

interface TemplateShare {
  readonly id: number;
  readonly count: number;
}

/** Surprise of a template's presence, nats. */
export const surpriseOf = (mix: Mix, id: number): number =>
  -ln(Math.max(entryOf(mix, id)?.presence ?? 0, 1 / (mix.windows + 2)));

/** Share of lines that the mix does not name. */
const otherShare = ({ entries }: Mix): number => Math.max(0, 1 - entries.reduce((sum, { share }) => sum + share, 0));

const USUAL_LINES = 20;
const half = (p: number, m: number): number => (p > 0 ? 0.5 * p * ln(p / m) : 0);

/** Jensen-Shannon divergence (Lin 1991) in nats, 0 to ln 2. @param templates by ascending id */
export function divergence(mix: Mix, templates: readonly TemplateShare[], lines: number): number {
  const other = otherShare(mix);
  let otherLines = 0;
  let sum = 0;
  const add = (p: number, count: number): void => {
    const q = (count + USUAL_LINES * p) / (lines + USUAL_LINES);
    const m = (p + q) / 2;
    sum += half(p, m) + half(q, m);
  };
  let at = 0;
  for (const { share, id } of mix.entries) {
    while (at < templates.length && templates[at]!.id < id) otherLines += templates[at++]!.count;
    add(share, at < templates.length && templates[at]!.id === id ? templates[at++]!.count : 0);
  }
  while (at < templates.length) otherLines += templates[at++]!.count;
  add(other, otherLines);
  return Math.max(0, sum);
}

/** Usual share of each of `buckets` that templates are hashed into. */
export function bucketShares(mix: Mix, buckets: number, bucketOf: (id: number) => number): Float64Array {
  const shares = new Float64Array(buckets).fill(otherShare(mix) / buckets);
  for (const { id, share } of mix.entries) shares[bucketOf(id)]! += share;
  return shares;
}

/**
 * Learns a window with lines.
 *
 * @param templates by ascending id; @param passed, @param end ms
 */
export function learnMix(
  mix: Mix,
  templates: readonly TemplateShare[],
  lines: number,
  passed: number,
  end: number,
): void {
  const pace = Math.max(paceOf(passed / 60_000, DAY_MINUTES), 1 / (mix.windows + 1));
  const young = mix.windows < 12;
  const toward = (share: number, seen: number): number => {
    const step = seen - share;
    return share + pace * (young ? step : Math.max(-MOST_STEP, Math.min(MOST_STEP, step)));
  };
  let next = 0;
  for (const entry of mix.entries) {
    while (next < templates.length && templates[next]!.id < entry.id) next++;
    const count = templates[next]?.id === entry.id ? templates[next]!.count : 0;
    entry.share = Math.fround(toward(entry.share, count / lines));
    entry.presence = Math.fround(entry.presence + pace * ((count > 0 ? 1 : 0) - entry.presence));
  }
  const isKept = ({ share, presence }: MixEntry): boolean => share > FORGOTTEN || presence > FORGOTTEN;
  if (!mix.entries.every(isKept)) mix.entries = mix.entries.filter(isKept);
  for (const { id, count } of templates) {
    const at = placeOf(mix.entries, id);
    if (mix.entries[at]?.id === id) continue;
    const entry = {
      id,
      share: Math.fround(toward(0, count / lines)),
      presence: Math.fround(pace),
      since: Math.floor(end / 60_000),
    };
    if (mix.entries.length < MIX_SIZE) mix.entries.splice(at, 0, entry);
    else replaceLeast(mix, entry);
  }
  mix.windows = Math.min(MOST_WINDOWS, mix.windows + 1);
}

const worth = ({ share, presence }: MixEntry): number => share + presence;

function replaceLeast(mix: Mix, entry: MixEntry): void {
  let least = 0;
  mix.entries.forEach((other, i) => (least = worth(other) < worth(mix.entries[least]!) ? i : least));
  if (worth(mix.entries[least]!) >= worth(entry)) return;
  mix.entries.splice(least, 1);
  mix.entries.splice(placeOf(mix.entries, entry.id), 0, entry);
}

/** The mix under another catalogue: entries that have become one template are added up. */
export function renamed(mix: Mix, templateOf: (id: number) => number): Mix {
  const byId = new Map<number, MixEntry>();
  for (const entry of mix.entries) {
    const id = templateOf(entry.id);
    const same = byId.get(id);
    byId.set(
      id,
      same
        ? {
            id,
            share: Math.fround(same.share + entry.share),
            presence: Math.max(same.presence, entry.presence),
            since: Math.min(same.since, entry.since),
          }
        : { ...entry, id },
    );
  }
  return { entries: [...byId.values()].sort((a, b) => a.id - b.id), windows: mix.windows };
}

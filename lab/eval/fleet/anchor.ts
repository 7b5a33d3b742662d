/**
 * The anchor: what users would otherwise have. Counts of lines and of each kind of line, shares of warnings, refusals and
 * errors, latency of each kind of line, and rare lines, each as a robust z-score against the same hour of the last week;
 * the highest of each of these four sides in units of what that side of the service reaches in one window of a hundred;
 * the highest side counts where two windows agree. Its threshold is the one at which it costs as much as the product does.
 */
import { addLogAggregate, emptyLogAggregate, type LogAggregate } from '../../../records/aggregate.js';
import { entityFromKey } from '../../../records/entity.js';
import type { WindowsRecord } from '../../../records/windows.js';
import type { Raised } from './judge.js';

const windowMs = 300_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const hourWindows = hourMs / windowMs;
/** Days that a measure is compared with, and the least. */
const pastDays = 7;
const minDays = 2;
/** Windows that are at most so far apart are one alert. */
const gapMs = 30 * 60_000;
/** Kinds of line that are watched; one that is new beyond that is only rare. */
const watchedKinds = 200;
/** Windows whose scores say what is usual: a week. */
const usualWindows = pastDays * 24 * hourWindows;
const oneIn = 100;

const sides = ['counts', 'shares', 'latency', 'rare'] as const;
type Side = (typeof sides)[number];

/** A measure in one hour of the day: its values of the last days, and what is usual by them. */
class Measure {
  private readonly past: number[] = [];
  private usual: readonly [middle: number, spread: number] | undefined;
  private last = 0;

  /** @param floor least spread */
  constructor(private readonly floor: number) {}

  z(value: number, day: number): number {
    if (day !== this.last) {
      this.last = day;
      this.usual = this.past.length >= minDays * hourWindows ? robust(this.past) : undefined;
    }
    this.past.push(value);
    if (this.past.length > pastDays * hourWindows) this.past.shift();
    return this.usual ? (value - this.usual[0]) / Math.max(this.floor, this.usual[1]) : 0;
  }
}

interface Watched {
  readonly open: Map<number, LogAggregate>;
  /** Start of its next window. */
  next: number;
  windows: number;
  /** By name, one for each hour of the day. */
  readonly measures: Map<string, Measure[]>;
  /** Windows that had a kind of line. */
  readonly kinds: Map<number, number>;
  readonly reached: Record<Side, number[]>;
  usual: Record<Side, number>;
  before: Record<Side, number>;
}

interface AnchorWindow {
  readonly service: string;
  readonly start: number;
  readonly score: number;
}

const nothing = (): Record<Side, number> => ({ counts: 0, shares: 0, latency: 0, rare: 0 });

export class Anchor {
  private readonly services = new Map<string, Watched>();
  private readonly windows: AnchorWindow[] = [];

  take(records: readonly WindowsRecord[], until: number): void {
    for (const record of records) {
      if (record.type !== 'log') continue;
      const { service } = entityFromKey(record.entity).labels;
      const start = record.pane - (record.pane % windowMs);
      const watched: Watched = this.services.get(service!) ?? {
        open: new Map(),
        next: start,
        windows: 0,
        measures: new Map(),
        kinds: new Map(),
        reached: { counts: [], shares: [], latency: [], rare: [] },
        usual: nothing(),
        before: nothing(),
      };
      this.services.set(service!, watched);
      const open = watched.open.get(start) ?? emptyLogAggregate();
      addLogAggregate(open, record.aggregate);
      watched.open.set(start, open);
    }
    for (const [service, watched] of this.services) {
      for (; watched.next + windowMs <= until; watched.next += windowMs) this.score(service, watched);
    }
  }

  private score(service: string, watched: Watched): void {
    const { next: start, open, kinds, reached } = watched;
    const window = open.get(start) ?? emptyLogAggregate();
    open.delete(start);
    const day = Math.floor(start / dayMs);
    const hour = Math.floor((start % dayMs) / hourMs);
    const z = (name: string, value: number, floor: number): number => {
      let hours = watched.measures.get(name);
      if (!hours) watched.measures.set(name, (hours = Array.from({ length: 24 }, () => new Measure(floor))));
      return hours[hour]!.z(value, day);
    };
    const now = nothing();
    const keep = (side: Side, value: number): void => void (now[side] = Math.max(now[side], value));
    keep('counts', Math.abs(z('lines', Math.log(1 + window.lines), 0.2)));
    let [bad, refused, warns] = [0, 0, 0];
    for (const detail of window.details.values()) {
      bad += detail.bad;
      refused += detail.refused;
      warns += detail.warns;
    }
    // About of the same variance whatever their size is.
    const share = (count: number): number => Math.sqrt(count + 0.4) / Math.sqrt(1 + 0.01 * window.lines);
    keep('shares', z('bad', share(bad), 0.4));
    keep('shares', z('refused', share(refused), 0.4));
    keep('shares', z('warns', share(warns), 0.4));
    for (const [signature, seen] of window.signatures) {
      const before = kinds.get(signature) ?? 0;
      keep('rare', -Math.log((before + 0.5) / (watched.windows + 1)) * Math.log(1 + Math.min(3, seen)));
      if (kinds.size < watchedKinds || kinds.has(signature)) kinds.set(signature, before + 1);
      const duration = window.details.get(signature)?.numbers.at(0);
      if (duration && duration.n >= 3) keep('latency', z(`duration ${signature}`, duration.sum / duration.n, 4));
    }
    // What does not come counts as none.
    for (const signature of kinds.keys()) {
      const count = window.signatures.get(signature) ?? 0;
      keep('counts', Math.abs(z(`count ${signature}`, 2 * Math.sqrt(count + 0.4), 1)));
    }
    let score = 0;
    for (const side of sides) {
      const usual = watched.usual[side];
      if (usual > 0)
        score = Math.max(score, Math.min(watched.before[side], now[side]) / usual + (0.1 * now[side]) / usual);
      reached[side].push(now[side]);
      if (reached[side].length > usualWindows) reached[side].shift();
    }
    watched.before = now;
    watched.windows++;
    if (watched.windows >= minDays * 24 * hourWindows && watched.windows % hourWindows === 0)
      for (const side of sides) watched.usual[side] = Math.max(1, seldom(reached[side]));
    this.windows.push({ service, start, score });
  }

  /** Alerts at a threshold. */
  raised(threshold: number): Raised[] {
    const out: Raised[] = [];
    const last = new Map<string, { service: string; start: number; raisedAt: number; end: number; pages: boolean }>();
    for (const { service, start, score } of this.windows) {
      if (score < threshold) continue;
      const end = start + windowMs;
      const known = last.get(service);
      if (known && end - known.end <= gapMs) known.end = end;
      else {
        const alert = { service, start, raisedAt: end, end, pages: true };
        last.set(service, alert);
        out.push(alert);
      }
    }
    return out;
  }
}

/** Median, and median distance from it as a standard deviation. */
function robust(past: readonly number[]): readonly [number, number] {
  const sorted = [...past].sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1]!;
  const spread = past.map((one) => Math.abs(one - middle)).sort((a, b) => a - b)[past.length >> 1]!;
  return [middle, 1.4826 * spread];
}

/** What one in a hundred exceeds. */
const seldom = (values: readonly number[]): number =>
  [...values].sort((a, b) => b - a)[Math.floor(values.length / oneIn)]!;

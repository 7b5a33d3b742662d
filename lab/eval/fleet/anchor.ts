/**
 * The anchor: what users would otherwise have. Counts of lines, of warnings and errors and of new lines, and count and
 * latency of each kind of line, each as a robust z-score against the same hour of the last days; the highest counts where
 * two windows agree. Its threshold is the one at which it costs as much as the product does.
 */
import { addLogAggregate, emptyLogAggregate, type LogAggregate } from '../../../records/aggregate.js';
import { entityFromKey } from '../../../records/entity.js';
import type { WindowsRecord } from '../../../records/windows.js';
import type { Raised } from './judge.js';

const windowMs = 300_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Windows of the same hour that a measure is compared with: seven days. */
const pastWindows = 84;
const minPast = 24;
/** Windows that are at most so far apart are one alert. */
const gapMs = 30 * 60_000;

interface Watched {
  readonly open: Map<number, LogAggregate>;
  /** Start of its next window. */
  next: number;
  /** By measure and hour of the day. */
  readonly past: Map<string, number[]>;
  readonly known: Set<number>;
  before: number;
}

interface AnchorWindow {
  readonly service: string;
  readonly start: number;
  readonly score: number;
}

export class Anchor {
  private readonly services = new Map<string, Watched>();
  private readonly windows: AnchorWindow[] = [];

  take(records: readonly WindowsRecord[], until: number): void {
    for (const record of records) {
      if (record.type !== 'log') continue;
      const { service } = entityFromKey(record.entity).labels;
      const start = record.pane - (record.pane % windowMs);
      const watched = this.services.get(service) ?? {
        open: new Map<number, LogAggregate>(),
        next: start,
        past: new Map<string, number[]>(),
        known: new Set<number>(),
        before: 0,
      };
      this.services.set(service, watched);
      const open = watched.open.get(start) ?? emptyLogAggregate();
      addLogAggregate(open, record.aggregate);
      watched.open.set(start, open);
    }
    for (const [service, watched] of this.services) {
      for (; watched.next + windowMs <= until; watched.next += windowMs) this.score(service, watched);
    }
  }

  private score(service: string, watched: Watched): void {
    const { next: start, open, past, known } = watched;
    const window = open.get(start) ?? emptyLogAggregate();
    open.delete(start);
    const values = new Map([['lines', Math.log(1 + window.lines)]]);
    let [bad, warns, unseen] = [0, 0, 0];
    for (const [signature, count] of window.signatures) {
      if (!known.has(signature)) unseen++;
      known.add(signature);
      values.set(`count ${signature}`, Math.log(1 + count));
    }
    for (const [signature, detail] of window.details) {
      bad += detail.bad;
      warns += detail.warns;
      const duration = detail.numbers.at(0);
      if (duration && duration.n >= 3) values.set(`duration ${signature}`, (duration.sum / duration.n) * 0.01);
    }
    values
      .set('bad', Math.log(1 + bad))
      .set('warns', Math.log(1 + warns))
      .set('unseen', Math.log(1 + unseen));
    const hour = Math.floor((start % dayMs) / hourMs);
    let highest = 0;
    for (const [name, value] of values) {
      const key = `${hour} ${name}`;
      const usual = past.get(key) ?? [];
      if (usual.length >= minPast) highest = Math.max(highest, Math.abs(robustZ(usual, value)));
      usual.push(value);
      if (usual.length > pastWindows) usual.shift();
      past.set(key, usual);
    }
    this.windows.push({ service, start, score: Math.min(watched.before, highest) + 0.1 * highest });
    watched.before = highest;
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

function robustZ(past: readonly number[], value: number): number {
  const sorted = [...past].sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1];
  const spread = past.map((one) => Math.abs(one - middle)).sort((a, b) => a - b)[past.length >> 1];
  return (value - middle) / Math.max(0.25, 1.4826 * spread);
}

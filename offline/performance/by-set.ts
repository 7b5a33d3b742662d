/** How sets do after they were put in force: what people answered, beside what was decided. */
import { EPISODE_GAP_MS } from '../../models/calibration/defaults.js';
import type { Decision } from '../../records/score.js';
import { subjectOf } from '../../records/score.js';
import { countInterval, shareInterval, type Interval } from '../../training/gate/intervals.js';

/** Of one set, or of all. */
export interface Performance {
  /** Empty: plain rules before there was one. */
  readonly set: string;
  /** Event time of its windows, ms. */
  readonly from: number;
  readonly to: number;
  readonly windows: number;
  readonly entities: number;
  /** Alert episodes; windows within ten minutes are one. */
  readonly alerts: number;
  /** Answers on windows that fired. */
  readonly confirmed: number;
  readonly false: number;
  /** Share of them that were confirmed, after Wilson; undefined without an answer. */
  readonly precision?: Interval & { readonly share: number };
  /** Alerts called false a week and entity, after Byar. */
  readonly falseAWeek: Interval & { readonly rate: number };
  /** Questions on windows that did not fire, that were answered, and those of them that were anomalies: what is missed. */
  readonly audits: { readonly answered: number; readonly missed: number };
}

/** The last days of answers beside those before. */
export interface Decay {
  readonly recent: { readonly confirmed: number; readonly answered: number };
  readonly before: { readonly confirmed: number; readonly answered: number };
  /** Standard deviations by which the precision fell; undefined with too few answers. */
  readonly fall?: number;
  readonly isDecayed: boolean;
}

const weekMs = 7 * 86_400_000;
/** Of the last answers, ms; fewer on either side say nothing. */
const recentMs = weekMs;
const minAnswers = 10;
/** Beyond chance: one-sided .5 %. */
const maxFall = 2.58;

interface Count {
  from: number;
  to: number;
  windows: number;
  readonly entities: Set<string>;
  alerts: number;
  confirmed: number;
  false: number;
  asked: number;
  missed: number;
}

/** Gathers decisions of any shard; those of one entity must come in the order of their ends. */
export class PerformanceBySet {
  private readonly counts = new Map<string, Count>();
  private readonly lastFired = new Map<string, number>();
  private readonly answered: { readonly end: number; readonly isTrue: boolean }[] = [];
  private readonly seen = new Set<string>();

  /** @param answers whether a window was called an anomaly, by `subjectOf` */
  constructor(private readonly answers: ReadonlyMap<string, boolean>) {}

  add(decision: Decision): void {
    const { artefact, entity, end, key, fired, listed, asked } = decision;
    if (key !== '') return;
    const count = this.countOf(artefact, end);
    count.from = Math.min(count.from, decision.start);
    count.to = Math.max(count.to, end);
    count.windows++;
    count.entities.add(entity);
    const pages = fired && !listed;
    if (pages) {
      const last = this.lastFired.get(entity);
      if (last === undefined || end - last > EPISODE_GAP_MS) count.alerts++;
      this.lastFired.set(entity, end);
    }
    const subject = subjectOf(decision);
    const isTrue = this.answers.get(subject);
    // A restart may have written the same decision again.
    if (isTrue === undefined || this.seen.has(subject)) return;
    this.seen.add(subject);
    if (pages) {
      if (isTrue) count.confirmed++;
      else count.false++;
      this.answered.push({ end, isTrue });
    } else if (asked) {
      count.asked++;
      if (isTrue) count.missed++;
    }
  }

  /** In the order in which they were put in force. */
  sets(): Performance[] {
    return [...this.counts].sort(([, a], [, b]) => a.from - b.from).map(([set, count]) => performanceOf(set, count));
  }

  decay(): Decay {
    const last = this.answered.reduce((most, { end }) => Math.max(most, end), 0);
    const sideOf = (isRecent: boolean): Decay['recent'] => {
      const own = this.answered.filter(({ end }) => end > last - recentMs === isRecent);
      return { confirmed: own.filter(({ isTrue }) => isTrue).length, answered: own.length };
    };
    const [recent, before] = [sideOf(true), sideOf(false)];
    if (recent.answered < minAnswers || before.answered < minAnswers) return { recent, before, isDecayed: false };
    // One answer more of each kind: all alike are not certain.
    const all = (recent.confirmed + before.confirmed + 1) / (recent.answered + before.answered + 2);
    const sd = Math.sqrt(all * (1 - all) * (1 / recent.answered + 1 / before.answered));
    const fall = (before.confirmed / before.answered - recent.confirmed / recent.answered) / sd;
    return { recent, before, fall, isDecayed: fall > maxFall };
  }

  private countOf(set: string, end: number): Count {
    let count = this.counts.get(set);
    if (!count) {
      const none = { windows: 0, alerts: 0, confirmed: 0, false: 0, asked: 0, missed: 0 };
      this.counts.set(set, (count = { from: end, to: end, entities: new Set(), ...none }));
    }
    return count;
  }
}

function performanceOf(set: string, count: Count): Performance {
  const { from, to, windows, entities, alerts, confirmed, asked, missed } = count;
  const answered = confirmed + count.false;
  const weeks = Math.max(1, entities.size) * Math.max((to - from) / weekMs, 1 / weekMs);
  const interval = countInterval(count.false);
  return {
    ...{ set, from, to, windows, entities: entities.size, alerts, confirmed, false: count.false },
    ...(answered === 0 ? {} : { precision: { share: confirmed / answered, ...shareInterval(confirmed, answered) } }),
    falseAWeek: { rate: count.false / weeks, low: interval.low / weeks, high: interval.high / weeks },
    audits: { answered: asked, missed },
  };
}

/** A simulated service: seeded scores, incidents that some detectors see, and an operator who answers. */
import { createReturnLevel, observe, returnLevel, type ReturnLevel } from '../../../models/calibration/return-level.js';
import type { AnsweredScores, Choice, Policy } from '../../../models/policies/policy.js';
import type { VerdictValue } from '../../../models/policies/verdict.js';
import { MINUTE, normalScores, START, uniforms } from '../calibration/synthetic.js';

/** Windows of five minutes. */
const STEP = 5;
export const WEEK = (7 * 1440) / STEP;
export const DETECTORS = ['forest', 'pca', 'robust z', 'seasonal', 'rare templates', 'change'];

export interface Life {
  seed: number;
  weeks: number;
  detectors?: readonly string[];
  /** Real incidents a week, each 15 minutes long. */
  incidents?: number;
  /** Detectors (by position) that see incidents; the others break and see noise. */
  sighted?: readonly number[];
  /** What the operator answers when an alert ends; undefined is silence. */
  answer?: (truth: boolean, random: () => number) => VerdictValue | undefined;
}

export interface Lived<S> {
  state: S;
  levels: ReturnLevel[];
  /** Alerts in each week, those that hit an incident, and incidents. */
  alerts: number[];
  hits: number;
  incidents: number;
  choices: number;
  audits: number[];
}

/** Lives through the weeks with a policy: calibrate, choose, observe, and answer ten minutes after an alert's last window. */
export function live<S>(policy: Policy<S>, life: Life, each?: (choice: Choice, truth: boolean) => void): Lived<S> {
  const { seed, weeks, detectors = DETECTORS, incidents = 0, sighted = [0, 1, 2, 3, 4, 5], answer } = life;
  const random = uniforms(seed + 77);
  const levels = detectors.map(() => createReturnLevel(seed));
  const state = policy.create(seed, detectors);
  const alerts = new Array<number>(weeks).fill(0);
  const audits = new Array<number>(weeks).fill(0);
  let [hits, happened, t, incidentUntil, incidentFrom, lastFire] = [0, 0, 0, -1, -1, -Infinity];
  let open: { choice: Choice; truth: boolean } | undefined;
  let found = false;
  for (const scores of normalScores(seed, weeks * WEEK, detectors.length, 4, STEP)) {
    const time = START + t * STEP * MINUTE;
    if (t > incidentUntil && random() < incidents / WEEK)
      [incidentFrom, incidentUntil, found, happened] = [t, t + 15 / STEP, false, happened + 1];
    const truth = t >= incidentFrom && t <= incidentUntil;
    const seen = scores.map((s, k) =>
      sighted.includes(k) ? (truth ? s + 40 * (k + 1) : s) : (k + 1) * Math.pow(random(), -0.5),
    );
    const u = seen.map((s, k) => returnLevel(levels[k]!, s).u);
    const context = { time, u, direction: 1 as const };
    const choice = policy.choose(state, context);
    each?.(choice, truth);
    policy.observe(state, context, choice);
    seen.forEach((s, k) => observe(levels[k]!, time, s));
    if (open && (t - lastFire) * STEP > 10) {
      const verdict = answer?.(open.truth, random);
      if (verdict) policy.learn(state, { verdict, scored: open.choice } satisfies AnsweredScores);
      open = undefined;
    }
    if (choice.fires) {
      if (!open) {
        alerts[Math.floor(t / WEEK)]!++;
        open = { choice, truth };
      }
      if (choice.u > open.choice.u) open.choice = choice;
      open.truth ||= truth;
      if (truth && !found) [found, hits] = [true, hits + 1];
      lastFire = t;
    }
    if (choice.audit) audits[Math.floor(t / WEEK)]!++;
    t++;
  }
  return { state, levels, alerts, hits, incidents: happened, choices: t, audits };
}

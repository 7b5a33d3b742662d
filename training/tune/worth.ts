/** The label-free parts of what an ensemble is worth, each from 0 to 1. */
import { EPISODE_GAP_MS } from '../../models/calibration/defaults.js';
import { separationOf } from '../../models/detectors/importance.js';
import { log10 } from '../../models/exact/log.js';
import { aspectNames, differencesName, symptomsName } from '../../models/features/aspects.js';
import type { Decision } from '../../records/score.js';
import { rankCorrelation } from '../gate/intervals.js';
import { kinds, type Injected } from './inject.js';

type At = (place: number) => Decision;

const notModels: ReadonlySet<string> = new Set([...aspectNames, symptomsName, differencesName]);
/** Decisions that ranks are compared on, of each schema. */
const maxRanked = 2000;
/** Alerts more than claimed that are chance. */
const slack = 3;

const meanOf = (values: readonly number[], otherwise: number): number =>
  values.length === 0 ? otherwise : values.reduce((a, b) => a + b, 0) / values.length;

/**
 * A third each: anomalies that what is believed finds at the budget, how well it ranks their windows above the ordinary
 * ones, and how well the mean of the detectors does, which verdicts may come to believe.
 */
export function foundOf(
  events: readonly Injected[],
  ordinary: readonly number[],
  at: At,
  budget: number,
): { all: number; byKind: Record<string, number> } {
  const byKind: Record<string, number> = {};
  const values: number[] = [];
  const threshold = -log10(budget);
  const belief = ordinary.map((place) => at(place).u);
  const detectors = ordinary.map((place) => meanU(at(place)));
  for (const kind of Object.keys(kinds)) {
    const own = events.filter((event) => event.kind === kind);
    if (own.length === 0 || ordinary.length === 0) continue;
    const found = own.filter(({ places }) => places.some((place) => at(place).u >= threshold)).length;
    const odd = own.flatMap(({ places }) => places);
    const isOdd = [...odd.map(() => true), ...ordinary.map(() => false)];
    const ranked = separationOf([...odd.map((place) => at(place).u), ...belief], isOdd);
    const byDetectors = separationOf([...odd.map((place) => meanU(at(place))), ...detectors], isOdd);
    byKind[kind] = (found / own.length + ranked + byDetectors) / 3;
    values.push(byKind[kind]);
  }
  return { all: meanOf(values, 0), byKind };
}

/** Mean return level of the models, without aspects; 0 where there is none. */
const meanU = ({ scores }: Decision): number =>
  meanOf(
    scores.filter(({ detector }) => !notModels.has(detector)).map(({ u }) => u),
    0,
  );

/** How far each model ranks windows as what is believed does: mean rank correlation over models, none below 0. */
export function agreementOf(decisions: readonly Decision[]): number {
  const bySchema = new Map<string, Decision[]>();
  for (const decision of decisions) {
    const own = bySchema.get(decision.schema);
    if (own) own.push(decision);
    else bySchema.set(decision.schema, [decision]);
  }
  const values: number[] = [];
  for (const all of bySchema.values()) {
    const step = Math.max(1, Math.floor(all.length / maxRanked));
    const some = all.filter(({ scores }, i) => i % step === 0 && scores.length > 0);
    const names = new Set(some.flatMap(({ scores }) => scores.map(({ detector }) => detector)));
    for (const name of [...names].filter((one) => !notModels.has(one)).sort()) {
      const own = some.flatMap((decision) => {
        const score = decision.scores.find(({ detector }) => detector === name);
        return score ? [{ u: score.u, believed: decision.u }] : [];
      });
      const ranks = rankCorrelation(
        own.map(({ u }) => u),
        own.map(({ believed }) => believed),
      );
      values.push(Math.max(0, ranks));
    }
  }
  return meanOf(values, 0);
}

/** Whether "once a week" is as often in one half as in the other, and no more often than that. @param weeks of all entities */
export function stabilityOf(decisions: readonly Decision[], from: number, to: number, weeks: number): number {
  const last = new Map<string, number>();
  const counts = [0, 0];
  for (const { entity, end, u } of [...decisions].sort((a, b) => a.end - b.end)) {
    if (u < 0) continue;
    const before = last.get(entity);
    if (before === undefined || end - before > EPISODE_GAP_MS) counts[end > (from + to) / 2 ? 1 : 0]!++;
    last.set(entity, end);
  }
  const all = counts[0]! + counts[1]!;
  const even = 1 - Math.abs(counts[0]! - counts[1]!) / (all + 2);
  return even * Math.min(1, (weeks + slack) / (all + slack));
}

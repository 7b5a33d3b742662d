/**
 * What another setting would have done with alerts that were answered, by the decisions log alone: scores, arms,
 * threshold and propensity stand in it. It cannot tell of what nobody was asked about, and says so.
 */
import { armsOf, combine } from '../../models/policies/arms.js';
import { CORE } from '../../models/policies/defaults.js';
import type { Decision, DetectorScore } from '../../records/score.js';
import { subjectOf } from '../replay/answers.js';

export interface AnsweredDecision {
  readonly decision: Decision;
  /** Whether the verdict called it an anomaly. */
  readonly isTrue: boolean;
}

export interface PolicyChange {
  /** False alerts a week of a service, instead of what was in force. */
  readonly budget?: { readonly was: number; readonly is: number };
  /** A detector that is taken out. */
  readonly without?: string;
  /** `default`: the arm that is believed without verdicts; any arm by its name. */
  readonly policy?: string;
}

export interface AlertChanges {
  readonly answers: number;
  /** Alerts that would have been there as well, those that would not, and questions that would have been alerts. */
  readonly kept: { readonly true: number; readonly false: number };
  readonly lost: { readonly true: number; readonly false: number };
  readonly new: { readonly true: number; readonly false: number };
  /** Unanswered decisions that would have gone the other way: what the log does not know. */
  readonly unanswered: number;
  /** Answers on decisions that lack what the question needs. */
  readonly untold: number;
}

/** Whether a decision would have fired; undefined where the log cannot tell. */
export function wouldFire(decision: Decision, { budget, without, policy }: PolicyChange): boolean | undefined {
  const { scores, arms, fired, rules, vetoed } = decision;
  if (rules.length > 0) return true;
  if (scores.length === 0) return fired;
  let { u, threshold } = decision;
  // A threshold in return levels moves with the logarithm of the budget; that of a session is a rarity, and does not.
  if (budget && budget.was !== budget.is) {
    if (decision.key !== '') return undefined;
    threshold += Math.log10(budget.was / budget.is);
  }
  const left = scores.filter(({ detector }) => detector !== without);
  if (left.length === 0) return false;
  if (decision.key === '' && left.length < scores.length) {
    // Weights, and who was out of step, cannot be worked out again without the state.
    const arm = armOf(left, policy ?? 'default');
    if (arm === undefined) return undefined;
    u = arm;
  } else if (decision.key === '' && policy !== undefined) {
    const name = policy === 'default' ? defaultArm(scores) : policy;
    const arm = arms.find(({ arm }) => arm === name);
    if (!arm) return undefined;
    u = arm.u;
  }
  if (budget === undefined && policy === undefined && without === undefined) return fired;
  if (decision.key !== '') return without === undefined ? fired : undefined;
  return !vetoed && u >= threshold;
}

const namesOf = (scores: readonly DetectorScore[]): string[] => scores.map(({ detector }) => detector);

function defaultArm(scores: readonly DetectorScore[]): string {
  const { names, fallback } = armsOf(namesOf(scores), CORE);
  return names[fallback]!;
}

/** u of an arm over some detectors, `default` or by its name; undefined where there is none. */
function armOf(scores: readonly DetectorScore[], name: string): number | undefined {
  const arms = armsOf(namesOf(scores), CORE);
  const u = scores.map((score) => score.u);
  return [...u, ...combine(arms, u)][name === 'default' ? arms.fallback : arms.names.indexOf(name)];
}

/** Compares what was with what would have been, a decision at a time: their order changes nothing. */
export class Rescore {
  private readonly found = { kept: { true: 0, false: 0 }, lost: { true: 0, false: 0 }, new: { true: 0, false: 0 } };
  private answered = 0;
  private unanswered = 0;
  private untold = 0;

  /** @param answers - by the subject that they are on, `subjectOf` */
  constructor(
    private readonly answers: ReadonlyMap<string, boolean>,
    private readonly question: PolicyChange,
  ) {}

  add(decision: Decision): void {
    const truth = this.answers.get(subjectOf(decision));
    const fires = wouldFire(decision, this.question);
    if (truth === undefined) {
      if (fires !== undefined && fires !== decision.fired) this.unanswered++;
      return;
    }
    this.answered++;
    const { found } = this;
    if (fires === undefined) this.untold++;
    else if (decision.fired) found[fires ? 'kept' : 'lost'][truth ? 'true' : 'false']++;
    else if (fires) found.new[truth ? 'true' : 'false']++;
  }

  get changes(): AlertChanges {
    const { found, answered, unanswered, untold } = this;
    return { answers: answered, ...found, unanswered, untold };
  }
}

/** Compares all decisions of a list. @param answers by the subject that they are on, `subjectOf` */
export function rescore(
  decisions: Iterable<Decision>,
  answers: ReadonlyMap<string, boolean>,
  question: PolicyChange,
): AlertChanges {
  const made = new Rescore(answers, question);
  for (const decision of decisions) made.add(decision);
  return made.changes;
}

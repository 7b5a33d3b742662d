/**
 * Whether the entities of a canary are louder than they would be with the champion, and whether more, or fewer, of their alerts
 * are false by what people answered. Alerts come in both groups; given how many
 * came in all, their number in the canary follows from what each group is expected to have. The evidence is a mixture of
 * likelihood ratios, so that it may be looked at as often as one likes: it reaches 1 / a with a chance of at most a where
 * nothing is wrong (J. Ville, 1939).
 */
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';

/** Decided windows of one entity. */
export interface EntityCount {
  readonly isIn: boolean;
  /** Windows and episodes that fired before the canary began, with the champion. */
  readonly before: GroupCount;
  readonly since: GroupCount;
}

/** What one entity had in a time. */
export interface GroupCount {
  readonly windows: number;
  readonly episodes: number;
  /** Alerts that people answered, and those of them that they called false. */
  readonly answered: number;
  readonly false: number;
}

/** A number of the canary's entities, and of the rest. */
interface OfBoth {
  readonly canary: number;
  readonly rest: number;
}

export interface CanaryEvidence {
  readonly entities: OfBoth;
  readonly windows: OfBoth;
  readonly alerts: OfBoth;
  /** Alerts of the canary that are expected, given how many came in all. */
  readonly expected: number;
  /** Natural logarithm of the ratio that says that it is louder. */
  readonly logRatio: number;
  readonly answers: AnswerEvidence;
  /** Whether it is to end: it is louder, or more of its alerts are false. */
  readonly isWorse: boolean;
  /** Whether fewer of its alerts are false, and it is not worse. */
  readonly isBetter: boolean;
}

/** What answers say: of the alerts that were answered, how many are false. */
export interface AnswerEvidence {
  readonly answered: OfBoth;
  readonly false: OfBoth;
  /** False alerts of the canary that are expected, given how many there are in all. */
  readonly expected: number;
  /** Natural logarithms of the ratios that more, and that fewer, of its alerts are false. */
  readonly worse: number;
  readonly better: number;
}

/** How much louder it may be that is looked for. */
const louder = [2, 4, 10] as const;
/** The same of a share of answers, which is seldom ten times another one. */
const oftener = [1.5, 2, 4] as const;
/** A canary that is as good as the champion is rolled back with this chance at most by either test, however long it lasts. */
const mayBeWrong = 0.01;
/** Windows of all entities together that a rate of one entity is mixed with. */
const pooledWindows = 500;
/** The same of answered alerts; before any answer a quarter is taken to be false. */
const pooledAnswers = 10;

export function evidenceOf(counts: readonly EntityCount[]): CanaryEvidence {
  const alerts = compare(counts, ({ windows, episodes }) => [windows, episodes], {
    events: 1,
    of: 1000,
    pooled: pooledWindows,
  });
  const answers = compare(counts, (one) => [one.answered, one.false], { events: 1, of: 4, pooled: pooledAnswers });
  const logRatio = alerts.ratio(louder);
  const worse = answers.ratio(oftener);
  const better = answers.ratio(oftener.map((times) => 1 / times));
  const limit = -ln(mayBeWrong);
  const isWorse = logRatio > limit || worse > limit;
  const entitiesIn = counts.filter(({ isIn }) => isIn).length;
  return {
    entities: { canary: entitiesIn, rest: counts.length - entitiesIn },
    windows: alerts.of,
    alerts: alerts.events,
    expected: alerts.expected,
    logRatio,
    answers: { answered: answers.of, false: answers.events, expected: answers.expected, worse, better },
    isWorse,
    isBetter: better > limit && !isWorse,
  };
}

interface Compared {
  readonly of: OfBoth;
  readonly events: OfBoth;
  /** Events of the canary that are expected, given how many came in all. */
  readonly expected: number;
  /** Logarithm of the evidence that the canary has so many times as many as it would have. */
  readonly ratio: (times: readonly number[]) => number;
}

/**
 * Events among trials of the canary and of the rest, each entity against what it had before.
 *
 * @param prior events of so many trials that are assumed, and trials of all entities that a rate of one is mixed with
 */
function compare(
  counts: readonly EntityCount[],
  pick: (count: GroupCount) => readonly [trials: number, events: number],
  prior: { readonly events: number; readonly of: number; readonly pooled: number },
): Compared {
  const all = counts.map(({ isIn, before, since }) => ({ isIn, before: pick(before), since: pick(since) }));
  const sum = (of: (one: (typeof all)[number]) => number, isIn?: boolean): number =>
    all.reduce((total, one) => total + (isIn === undefined || one.isIn === isIn ? of(one) : 0), 0);
  const rate = (sum(({ before }) => before[1]) + prior.events) / (sum(({ before }) => before[0]) + prior.of);
  // What an entity had before says what it will have; a short past says less.
  const expectedOf = ({ before, since }: (typeof all)[number]): number =>
    (since[0] * (before[1] + prior.pooled * rate)) / (before[0] + prior.pooled);
  const both = (of: (one: (typeof all)[number]) => number): OfBoth => ({ canary: sum(of, true), rest: sum(of, false) });
  const usual = both(expectedOf);
  const events = both(({ since }) => since[1]);
  const total = usual.canary + usual.rest;
  const share = total === 0 ? 0 : usual.canary / total;
  return {
    of: both(({ since }) => since[0]),
    events,
    expected: share * (events.canary + events.rest),
    ratio: (times) => (share === 0 || share === 1 ? 0 : mixture(events.canary, events.rest, share, times)),
  };
}

/** Of a number of events of which a share is expected to be the canary's. */
function mixture(mine: number, others: number, share: number, times: readonly number[]): number {
  const ratios = times.map((one) => {
    const other = (one * share) / (one * share + 1 - share);
    return mine * ln(other / share) + others * ln((1 - other) / (1 - share));
  });
  const largest = Math.max(...ratios);
  return largest + ln(ratios.reduce((total, ratio) => total + exp(Math.max(-700, ratio - largest)), 0) / times.length);
}

/**
 * Whether the entities of a canary are louder than they would be with the champion. Alerts come in both groups; given how many
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
  readonly before: { readonly windows: number; readonly episodes: number };
  readonly since: { readonly windows: number; readonly episodes: number };
}

export interface CanaryEvidence {
  readonly entities: { readonly canary: number; readonly rest: number };
  readonly windows: { readonly canary: number; readonly rest: number };
  readonly alerts: { readonly canary: number; readonly rest: number };
  /** Alerts of the canary that are expected, given how many came in all. */
  readonly expected: number;
  /** Natural logarithm of the ratio. */
  readonly logRatio: number;
  /** Whether it is to end. */
  readonly isWorse: boolean;
}

/** How much louder it may be that is looked for. */
const louder = [2, 4, 10] as const;
/** A canary that is as good as the champion is rolled back with this chance at most, however long it lasts. */
const mayBeWrong = 0.01;
/** Windows of all entities together that a rate of one entity is mixed with. */
const pooledWindows = 500;

export function evidenceOf(counts: readonly EntityCount[]): CanaryEvidence {
  const sum = (of: (one: EntityCount) => number, isIn?: boolean): number =>
    counts.reduce((total, one) => total + (isIn === undefined || one.isIn === isIn ? of(one) : 0), 0);
  const pooled = (sum(({ before }) => before.episodes) + 1) / (sum(({ before }) => before.windows) + 1000);
  // What an entity had before says what it will have; a short past says less.
  const expectedOf = ({ before, since }: EntityCount): number =>
    (since.windows * (before.episodes + pooledWindows * pooled)) / (before.windows + pooledWindows);
  const [own, rest] = [sum(expectedOf, true), sum(expectedOf, false)];
  const [mine, others] = [sum(({ since }) => since.episodes, true), sum(({ since }) => since.episodes, false)];
  const share = own + rest === 0 ? 0 : own / (own + rest);
  const logRatio = share === 0 || share === 1 ? 0 : mixture(mine, others, share);
  return {
    entities: { canary: sum(() => 1, true), rest: sum(() => 1, false) },
    windows: { canary: sum(({ since }) => since.windows, true), rest: sum(({ since }) => since.windows, false) },
    alerts: { canary: mine, rest: others },
    expected: share * (mine + others),
    logRatio,
    isWorse: logRatio > -ln(mayBeWrong),
  };
}

/** Of a number of alerts of which a share is expected to be the canary's. */
function mixture(mine: number, others: number, share: number): number {
  const ratios = louder.map((times) => {
    const worse = (times * share) / (times * share + 1 - share);
    return mine * ln(worse / share) + others * ln((1 - worse) / (1 - share));
  });
  const largest = Math.max(...ratios);
  return largest + ln(ratios.reduce((total, ratio) => total + exp(Math.max(-700, ratio - largest)), 0) / louder.length);
}

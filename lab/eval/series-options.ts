/** Options of the benchmarks of metric series, as the command line says them. */
import { BUDGET_A_WEEK } from '../../models/policies/defaults.js';
import { StartError } from '../../runtime/start-error.js';
import type { Extra } from './result.js';
import type { Setting } from './series-decide.js';
import type { Detectors } from './series-train.js';

/** Throws a StartError on what is no option. */
export function settingOf({ policy = 'mixture', ...given }: Extra): Setting {
  const count = (name: 'budget' | 'verdicts' | 'break', least: number): number | undefined => {
    const text = given[name];
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!(value >= least)) throw new StartError(`--${name} ${text}: give a number of at least ${least}`);
    return value;
  };
  if (policy !== 'mixture' && policy !== 'thompson' && policy !== 'default')
    throw new StartError(`--policy ${policy}: give mixture, thompson or default`);
  const { verdicts } = given;
  return {
    budget: count('budget', 0.01) ?? BUDGET_A_WEEK,
    verdicts: verdicts === 'all' ? Number.POSITIVE_INFINITY : verdicts === 'none' ? 0 : (count('verdicts', 0) ?? 0),
    broken: count('break', 0) ?? 0,
    policy,
  };
}

/** Names by commas. */
const namesIn = (text = ''): string[] => text.split(',').filter(Boolean);

export const detectorsOf = ({ extra, without }: Extra): Detectors => ({
  extra: namesIn(extra),
  without: namesIn(without),
});

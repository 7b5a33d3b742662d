/** Asks several questions of the decisions log in one pass. */
import type { Config } from '../../config/schema.js';
import { decodeDecision } from '../../records/score.js';
import { StartError } from '../../runtime/start-error.js';
import { answersIn } from '../replay/answers.js';
import { openChannel } from '../replay/channel-records.js';
import { Rescore, type AlertChanges, type PolicyChange } from './rescore.js';

/** What is to be asked; several budgets share a pass. */
export interface WhatIfRequest {
  readonly budget?: number;
  readonly without?: string;
  readonly policy?: string;
}

export interface WhatIfAnswer extends AlertChanges {
  /** Decisions in that time. */
  readonly decisions: number;
  /** Why nothing can be said; null where something can. */
  readonly refusal: string | null;
}

/** With fewer answers not even a clear majority means anything. */
const minAnswers = 6;

/**
 * One answer a question.
 *
 * @param known - answers by `subjectOf`, where they are known: else the windows log is read for them
 * @param range - ends of decisions, ms since 1970, the latter exclusive
 * @throws StartError where a detector is not known, or there is no log
 */
export async function askWhatif(
  config: Config,
  range: { readonly from: number; readonly to: number },
  asked: readonly WhatIfRequest[],
  known?: ReadonlyMap<string, boolean>,
): Promise<WhatIfAnswer[]> {
  const answers = known ?? (await answersIn(config));
  const made = asked.map((one) => new Rescore(answers, questionOf(config, one)));
  const detectors = new Set<string>();
  let decisions = 0;
  const log = await openChannel(config, 'decisions');
  try {
    for (let shard = 0; shard < log.shards; shard++)
      for await (const { value } of log.records(shard)) {
        const decision = decodeDecision(value);
        if (decision.end < range.from || decision.end >= range.to) continue;
        decisions++;
        for (const { detector } of decision.scores) detectors.add(detector);
        for (const one of made) one.add(decision);
      }
  } finally {
    await log.close();
  }
  for (const { without } of asked)
    if (without !== undefined && !detectors.has(without))
      throw new StartError(
        `no decision has a detector ${without}; there are ${[...detectors].sort().join(', ') || 'none'}`,
      );
  return made.map(({ changes }) => ({ decisions, ...changes, refusal: refusalOf(changes) ?? null }));
}

const questionOf = ({ detection }: Config, { budget, without, policy }: WhatIfRequest): PolicyChange => ({
  ...(budget === undefined ? {} : { budget: { was: detection.budget, is: budget } }),
  ...(without === undefined ? {} : { without }),
  ...(policy === undefined ? {} : { policy }),
});

/** Why nothing can be said, or undefined. */
function refusalOf({ answers, untold }: AlertChanges): string | undefined {
  if (answers < minAnswers) return `${answers} answers in that time, at least ${minAnswers} are needed`;
  if (2 * untold > answers)
    return `${untold} of ${answers} answers are on decisions that lack what the question needs (sessions, or no such arm)`;
  return undefined;
}

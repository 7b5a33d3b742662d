/** How the sets of a run do, by its decisions and the verdicts in its log. */
import type { Config } from '../../config/schema.js';
import { decodeDecision } from '../../records/score.js';
import { answersIn } from '../replay/answers.js';
import { openChannel } from '../replay/channel-records.js';
import { PerformanceBySet, type Decay, type Performance } from './by-set.js';

export interface PerformanceReport {
  readonly sets: readonly Performance[];
  readonly decay: Decay;
  /** False alerts a week that a service may cost. */
  readonly budget: number;
}

/** @throws StartError where there is no log */
export async function performanceIn(config: Config): Promise<PerformanceReport> {
  const gathered = new PerformanceBySet(await answersIn(config));
  const decisions = await openChannel(config, 'decisions');
  try {
    for (let shard = 0; shard < decisions.shards; shard++)
      for await (const { value } of decisions.records(shard)) gathered.add(decodeDecision(value));
  } finally {
    await decisions.close();
  }
  return { sets: gathered.sets(), decay: gathered.decay(), budget: config.detection.budget };
}

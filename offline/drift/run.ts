/** Looks for drift in what a run has decided. */
import type { Config } from '../../config/schema.js';
import { decodeDecision, type Decision } from '../../records/score.js';
import { findDrift, type DriftReport, type DriftRequest } from '../../training/drift/find.js';
import { answersIn } from '../replay/answers.js';
import { openChannel } from '../replay/channel-records.js';

/** @throws StartError where there is no decisions log */
export async function driftIn(config: Config, request: DriftRequest): Promise<DriftReport> {
  const log = await openChannel(config, 'decisions');
  try {
    const answers = [...(await answersIn(config))].map(([subject, isTrue]) => ({
      end: Number(subject.split('\0')[0]),
      isTrue,
      subject,
    }));
    async function* decisions(): AsyncGenerator<Decision> {
      for (let shard = 0; shard < log.shards; shard++)
        for await (const { value } of log.records(shard)) yield decodeDecision(value);
    }
    return await findDrift({ decisions, answers, seed: config.detection.seed }, request);
  } finally {
    await log.close();
  }
}

/** Whether there is reason to train before it is scheduled: lines that the templates do not know, services that are new. */
import type { Artefacts } from './artefacts.js';
import type { ShardRecords } from './run-records.js';
import { unrepeated } from './unrepeated.js';

/** Share of a day's lines whose signature the catalogue in force does not know. */
const unknownShare = 0.2;
/** New entities, and their share of all. */
const newEntities = 3;
const newShare = 0.2;

/** Answers since the models were trained, and the share of false alerts among them, from which they are trained again. */
const enoughAnswers = 10;
const falseShare = 0.5;

/** Whether people call most alerts false since the models in force were trained. */
export function answersReason(answers: readonly { readonly isTrue: boolean }[]): string | undefined {
  const wrong = answers.filter(({ isTrue }) => !isTrue).length;
  if (answers.length < enoughAnswers || wrong <= falseShare * answers.length) return undefined;
  return `people called ${wrong} of ${answers.length} alerts false since the models were trained`;
}

/**
 * The reason in words, or undefined: what the windows from `from` to `to` (ms) have that the set `id` has not seen.
 *
 * @param artefacts has the set loaded
 */
export async function reasonToTrain(
  shards: readonly ShardRecords[],
  artefacts: Artefacts,
  id: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<string | undefined> {
  const catalogue = artefacts.loaded(id)?.catalogue;
  const levels = artefacts.calibration(id)?.levels;
  const entities = new Set<string>();
  const signatures = new Map<number, number>();
  const masked = new Map<number, string>();
  let lines = 0;
  for (const records of shards) {
    for await (const { record } of unrepeated(records({ from, to }))) {
      if (record.type === 'definition') masked.set(record.signature, record.masked);
      if (record.type !== 'log' || record.pane < from || record.pane >= to) continue;
      entities.add(record.entity);
      for (const [signature, count] of record.aggregate.signatures) {
        signatures.set(signature, (signatures.get(signature) ?? 0) + count);
        lines += count;
      }
    }
  }
  const fresh = [...entities].filter((entity) => !levels?.has(entity)).length;
  if (fresh >= newEntities && fresh >= newShare * entities.size) return `${fresh} new services`;
  let unknown = 0;
  for (const [signature, count] of signatures)
    if (catalogue?.templateOf(signature, masked.get(signature)).known !== true) unknown += count;
  if (lines > 0 && unknown >= unknownShare * lines)
    return `${Math.round((100 * unknown) / lines)} % of the lines of the last day are of unknown templates`;
  return undefined;
}

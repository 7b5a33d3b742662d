/** Which features the detectors of a set need to tell true alerts from false ones, by the logs of a run. */
import type { Config } from '../../config/schema.js';
import type { Detector } from '../../models/detectors/detector.js';
import { LEAST_ANSWERS, permutationImportance, type Importance } from '../../models/detectors/importance.js';
import { schemas } from '../../models/features/schemas.js';
import { openDetectors } from '../../models/registry/registry.js';
import type { ArtefactSet } from '../../models/registry/artefact-set.js';
import { decodeDecision } from '../../records/score.js';
import { boostedTrees } from '../../models/detectors/boosted-trees.js';
import { detectorPrefix } from '../../models/registry/artefact-set.js';
import { reductionOf, reductionText, type Reduction } from './reduction.js';
import { answersIn, subjectOf } from '../replay/answers.js';
import { openChannel } from '../replay/channel-records.js';

/** What was answered on windows of one feature schema, and what each detector makes of it. */
export interface SchemaImportance {
  readonly schema: string;
  readonly anomalies: number;
  readonly others: number;
  /** By detector; empty with too few answers of either kind. */
  readonly detectors: readonly ({ readonly name: string } & Importance)[];
  readonly reduction?: Reduction;
}

/** One answered window. */
export interface AnsweredRow {
  readonly features: readonly number[];
  readonly isTrue: boolean;
}

/** The answered windows by feature schema, with the features that were decided on. */
async function answeredRows(config: Config): Promise<Map<string, AnsweredRow[]>> {
  const answers = await answersIn(config);
  const rows = new Map<string, AnsweredRow[]>();
  const decisions = await openChannel(config, 'decisions');
  try {
    for (let shard = 0; shard < decisions.shards; shard++)
      for await (const { value } of decisions.records(shard)) {
        const decision = decodeDecision(value);
        const subject = subjectOf(decision);
        const isTrue = answers.get(subject);
        if (isTrue === undefined || decision.key !== '') continue;
        // A restart may have written the same decision again.
        answers.delete(subject);
        const known = rows.get(decision.schema);
        const row = { features: decision.features, isTrue };
        if (known) known.push(row);
        else rows.set(decision.schema, [row]);
      }
  } finally {
    await decisions.close();
  }
  return rows;
}

/** The importance of features for every detector of the set, by schema. */
export const importanceOf = async (config: Config, set: ArtefactSet): Promise<SchemaImportance[]> =>
  importanceIn(set, await answeredRows(config), config.detection.seed);

/** The same by rows that are at hand. @param answered - by schema */
export async function importanceIn(
  set: ArtefactSet,
  answered: ReadonlyMap<string, readonly AnsweredRow[]>,
  seed: number,
): Promise<SchemaImportance[]> {
  const found: SchemaImportance[] = [];
  for (const { id, columns } of schemas.values()) {
    const names = columns.map(({ name }) => name);
    const opened = await openDetectors(set, { schema: id, columns: names });
    if (opened.length === 0) continue;
    const rows = (answered.get(id) ?? []).filter(({ features }) => features.length === names.length);
    const arm = `${detectorPrefix(id)}${boostedTrees.kind}`;
    const file = set.has(arm) ? set.bytes(arm) : undefined;
    found.push(await schemaImportance(id, opened, rows, seed, file));
  }
  return found;
}

async function schemaImportance(
  schema: string,
  opened: readonly Detector[],
  rows: readonly AnsweredRow[],
  seed: number,
  arm: Uint8Array | undefined,
): Promise<SchemaImportance> {
  const columns = opened[0]!.card.columns.length;
  const matrix = { rows: rows.length, columns, data: Float64Array.from(rows.flatMap(({ features }) => features)) };
  const isTrue = rows.map((row) => row.isTrue);
  const anomalies = isTrue.filter(Boolean).length;
  const detectors = [];
  for (const detector of opened) {
    const importance = await permutationImportance(detector, { matrix, isTrue }, seed);
    if (importance) detectors.push({ name: detector.card.name, ...importance });
  }
  const reduction = reductionOf(opened[0]!.card.columns, { matrix, isTrue }, detectors, arm);
  return { schema, anomalies, others: rows.length - anomalies, detectors, ...(reduction ? { reduction } : {}) };
}

/** Drops below this are chance with the few answers that there are. */
const minDrop = 0.005;
const maxFeatures = 5;

export function importanceText(found: readonly SchemaImportance[]): string {
  return found
    .map(({ schema, anomalies, others, detectors, reduction }) => {
      const said = `${schema}: ${anomalies} windows answered as anomalies, ${others} as none`;
      if (detectors.length === 0)
        return `${said}; importance needs at least ${LEAST_ANSWERS} of each: answer alerts with tocsin feedback or by the links in them`;
      const lines = detectors.map(({ name, separation, features }) => {
        const needed = features.filter(({ drop }) => drop >= minDrop).slice(0, maxFeatures);
        const parts = needed.map(({ feature, drop }) => `${feature} -${drop.toFixed(2)}`);
        return `  ${name.padEnd(24)}${separation.toFixed(2)}  ${parts.join(', ') || 'no single feature'}`;
      });
      return [
        `${said}. How well each detector tells them apart (.5 to 1), and what it loses without a feature:`,
        ...lines,
        ...(reduction ? reductionText(reduction) : []),
      ].join('\n');
    })
    .join('\n');
}

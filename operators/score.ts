/** Scores rows by every detector of the artefact set in force. */
import { concatMap } from 'rxjs';
import type { Batch, Operator } from '../records/batch.js';
import type { FeatureRow, Featured, ScoredRecord, ScoredRow } from '../records/row.js';
import type { DetectorScore } from '../records/score.js';
import type { StateStores } from '../records/store.js';
import { checkSchema, type Detector, type FeatureMatrix } from '../models/detectors/detector.js';
import { matrixOf } from '../models/detectors/matrix.js';
import { isInCanary, type Canary } from '../records/canary.js';
import {
  artefactInForce,
  canaryInForce,
  NotReady,
  promote,
  setInForce,
  type ModelsInForce,
  type LoadedArtefacts,
} from './artefact.js';

/** Rows of one call: a session blocks the event loop while it runs. */
const SLICE = 256;

/**
 * Every row gets the score of every detector of its schema; in the warm-up, with no set in force, rows pass without
 * scores. Rows of one boundary are gathered by schema, in slices of at most 256.
 *
 * @throws NotReady where a set is in force that is not loaded
 * @throws SchemaMismatch where a detector has other columns than the schema it names
 */
export function score(stores: StateStores, loaded: LoadedArtefacts): Operator<Featured, ScoredRecord> {
  const inForce = artefactInForce(stores);
  const canary = canaryInForce(stores);
  return concatMap(async (batch: Batch<Featured>): Promise<Batch<ScoredRecord>> => {
    const out: ScoredRecord[] = [];
    /** Rows since the last promotion, with their places in `out`. */
    let waiting: { readonly row: FeatureRow; readonly at: number }[] = [];
    let set = setInForce(inForce, loaded);
    const scoreBy = async (some: typeof waiting, by: ModelsInForce | undefined): Promise<void> => {
      const scored = await scoreRows(
        some.map(({ row }) => row),
        by,
      );
      some.forEach(({ at }, i) => (out[at] = scored[i]!));
    };
    const flush = async (): Promise<void> => {
      const own = canary.get('');
      // Before there is a champion nothing can be beside it.
      if (!own || !set) await scoreBy(waiting, set);
      else {
        const isIn = ({ row }: (typeof waiting)[number]): boolean => isInCanary(row.subject.entity, own);
        await scoreBy(
          waiting.filter((one) => !isIn(one)),
          set,
        );
        await scoreBy(waiting.filter(isIn), canarySet(own, loaded));
      }
      waiting = [];
    };
    for (const item of batch.items) {
      if (item.type === 'definition' || item.type === 'shadow') continue;
      if (item.type === 'promotion') {
        await flush();
        set = promote(inForce, loaded, item);
      }
      if (item.type === 'canary') {
        await flush();
        const { artefact, share } = item;
        if (share === 0) canary.delete('');
        else canary.put('', { artefact, share });
      }
      if (item.type === 'row') {
        waiting.push({ row: item, at: out.length });
        out.push(unscored(item, set));
      } else out.push(item);
    }
    await flush();
    return { ...batch, items: out };
  });
}

/** Throws NotReady where it is not loaded. */
function canarySet({ artefact }: Pick<Canary, 'artefact'>, loaded: LoadedArtefacts): ModelsInForce {
  const set = loaded(artefact);
  if (!set) throw new NotReady(artefact);
  return set;
}

const unscored = (row: FeatureRow, set: ModelsInForce | undefined): ScoredRow => ({
  type: 'scored',
  row,
  artefact: set?.id ?? '',
  scores: [],
  confidence: 0,
});

/** Scores of rows of any schemas, in the order of the rows; detectors in the order of the set. */
export async function scoreRows(rows: readonly FeatureRow[], set: ModelsInForce | undefined): Promise<ScoredRow[]> {
  const scored = rows.map((row) => unscored(row, set));
  if (!set) return scored;
  const schemas = new Map(rows.map(({ schema }) => [schema.id, schema]));
  for (const [id, schema] of schemas) {
    const detectors = set.detectors.filter(({ card }) => card.schema === id);
    const columns = schema.columns.map(({ name }) => name);
    for (const { card } of detectors) checkSchema(card, { schema: id, columns });
    const places = rows.flatMap(({ schema: its }, i) => (its.id === id ? [i] : []));
    for (let start = 0; start < places.length && detectors.length > 0; start += SLICE) {
      const slice = places.slice(start, start + SLICE);
      const scores = await scoreSlice(
        slice.map((i) => rows[i]!.vector),
        columns.length,
        detectors,
      );
      slice.forEach((i, k) => (scored[i] = withScores(scored[i]!, scores[k]!)));
    }
  }
  return scored;
}

async function scoreSlice(
  vectors: readonly Float64Array[],
  columns: number,
  detectors: readonly Detector[],
): Promise<DetectorScore[][]> {
  const matrix = matrixOf(vectors, columns);
  const scores = vectors.map((): DetectorScore[] => []);
  for (const detector of detectors) {
    const values = await scoresOf(detector, matrix);
    scores.forEach((row, i) => {
      const score = Number.isFinite(values?.[i]) ? Number(values?.[i]) : NaN;
      row.push({ detector: detector.card.name, score, u: 0 });
    });
  }
  return scores;
}

/** Undefined where it throws: what is left of the ensemble decides, and the window says so. */
async function scoresOf(detector: Detector, rows: FeatureMatrix): Promise<Float64Array | undefined> {
  try {
    return await detector.score(rows);
  } catch {
    return undefined;
  }
}

/** A window of which a detector has no number is flagged as degraded. */
function withScores(scored: ScoredRow, scores: readonly DetectorScore[]): ScoredRow {
  const { row } = scored;
  if (scores.every(({ score }) => Number.isFinite(score))) return { ...scored, scores };
  return { ...scored, scores, row: { ...row, flags: [...row.flags, 'degraded'] } };
}

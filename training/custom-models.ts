/** Models that a user brings: what they must pass before they score, and reading those of a configuration. */
import { readFile } from 'node:fs/promises';
import { checkSchema, SchemaMismatch, type ModelCard } from '../models/detectors/detector.js';
import { boostedTrees } from '../models/detectors/boosted-trees.js';
import { forEachFamily } from '../models/detectors/families.js';
import { inspectForeign, type Inspection } from '../models/detectors/foreign.js';
import { cardOf, loadBuiltIn } from '../models/detectors/load.js';
import { schemas } from '../models/features/schemas.js';
import { RefusedModel } from '../models/onnx/guard.js';
import { ScoringError } from '../models/onnx/session.js';
import { MalformedModel } from '../models/onnx/wire.js';
import { StartError } from '../runtime/start-error.js';

export interface Admitted {
  readonly card: ModelCard;
  /** What the trial run of a foreign model found. */
  readonly inspection?: Inspection;
}

/** A file that was admitted. */
export interface CustomModel extends Admitted {
  readonly bytes: Uint8Array;
}

/** What the door says of a file, as opposed to a fault of ours. */
export const isUnfit = (error: unknown): error is Error =>
  [RefusedModel, MalformedModel, SchemaMismatch, ScoringError].some((kind) => error instanceof kind);

const knownIds = (): string => [...schemas.keys()].join(', ');

function columnsOf(id: string): readonly string[] {
  const schema = schemas.get(id);
  if (!schema) throw new StartError(`there is no feature schema ${id}: known are ${knownIds()}`);
  return schema.columns.map(({ name }) => name);
}

/**
 * Everything that a file must pass before it may score, the trial run of a foreign one included.
 *
 * @param wanted feature schema; by default the one in its card, which must be known
 * @throws RefusedModel, MalformedModel, SchemaMismatch or ScoringError saying what is wrong with it
 */
export async function admit(file: Uint8Array, wanted?: string): Promise<Admitted> {
  const card = cardOf(file);
  if (wanted === undefined && !schemas.has(card.schema))
    throw new SchemaMismatch(`model ${card.name} is for the feature schema ${card.schema}: known are ${knownIds()}`);
  const schema = wanted ?? card.schema;
  checkSchema(card, { schema, columns: columnsOf(schema) });
  const builtIn = await loadBuiltIn(file);
  if (!builtIn) {
    const inspection = await inspectForeign(file);
    return { card: inspection.card, inspection };
  }
  await builtIn.close();
  return { card };
}

/**
 * The models of `detection.models`.
 *
 * @throws StartError naming the file that cannot be read or is unfit, or whose name another detector has
 */
export async function readCustomModels(paths: readonly string[]): Promise<CustomModel[]> {
  const models: CustomModel[] = [];
  const taken = new Set([boostedTrees.kind, ...forEachFamily(({ kind }) => kind)]);
  for (const path of paths) {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(path);
    } catch (error) {
      throw new StartError(`detection.models: ${path} cannot be read: ${(error as Error).message}`);
    }
    try {
      const admitted = await admit(bytes);
      const { name } = admitted.card;
      if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name))
        throw new RefusedModel(`"${name}" cannot name a model: use letters, digits, ".", "_" and "-" in its card`);
      if (taken.has(name))
        throw new RefusedModel(`there is another detector ${name}: give it a name of its own in its card`);
      taken.add(name);
      models.push({ ...admitted, bytes });
    } catch (error) {
      if (!isUnfit(error)) throw error;
      throw new StartError(`detection.models: ${path} is not usable: ${error.message}`);
    }
  }
  return models;
}

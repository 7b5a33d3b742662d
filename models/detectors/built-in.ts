/** Trains, writes, checks and opens the detectors that tocsin brings along; each is a Family. */
import { operationsPerRow } from '../onnx/cost.js';
import { Graph } from '../onnx/graph.js';
import { guard, RefusedModel } from '../onnx/guard.js';
import { RowSession, ScoringError } from '../onnx/session.js';
import { cardMetadata, readCard } from './card.js';
import type { Attribution, Detector, FeatureMatrix, ModelCard } from './detector.js';
import { usualSettings } from '../registry/settings.js';
import type { Family, Training } from './family.js';
import { checkMatrix, emitGrid, FEATURE_LIMIT, onFeatureGrid } from './feature-grid.js';

/** A built-in detector, which also carries its own proof. */
export interface BuiltIn extends Detector {
  /** The same scores by a plain TypeScript loop: equal to `score` in every bit. */
  oracle(rows: FeatureMatrix): Float64Array;
  /** Frees the native memory. */
  close(): Promise<void>;
}

/** The file of a family's parameters; equal parameters and cards give equal bytes. */
function fileOf<P>(family: Family<P>, parameters: P, card: ModelCard): Buffer {
  const graph = new Graph(family.kind);
  const rows = graph.input('features', 'float64', ['rows', card.columns.length]);
  const score = family.write(graph, emitGrid(graph, rows, -FEATURE_LIMIT, FEATURE_LIMIT, 'feature'), parameters);
  graph.output(graph.node('Identity', [score], {}, { output: 'score' }), 'float64', ['rows', 1]);
  return graph.bytes(cardMetadata(card));
}

/**
 * Trains a detector and writes it as ONNX; undefined where the family does not apply to these columns.
 *
 * @throws RangeError where there are no rows; ScoringError where a value is NaN
 */
export function trainBuiltIn<P>(
  family: Family<P>,
  { schema, columns, matrix, seed, from, to, settings = usualSettings }: Training,
): Buffer | undefined {
  const used = family.applies(columns);
  if (!used) return undefined;
  checkMatrix(matrix, columns, family.kind);
  if (!matrix.rows) throw new RangeError(`there are no rows to train ${family.kind} for the schema ${schema} from`);
  const { kind, version, description } = family;
  const card: ModelCard = {
    name: kind,
    version,
    kind,
    schema,
    columns,
    trainedFrom: from,
    trainedTo: to,
    exact: true,
    rows: matrix.rows,
    description: typeof description === 'string' ? description : description(settings),
  };
  return fileOf(family, family.train(matrix, used, seed, settings), card);
}

/** Shares that sum to 1, largest first. A row without any part is shared by all columns alike. */
export function shares(columns: readonly string[], parts: Float64Array): Attribution[] {
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (!(total > 0)) return columns.map((feature) => ({ feature, share: 1 / columns.length }));
  return columns
    .map((feature, i) => ({ feature, share: parts[i]! / total }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
}

/**
 * Opens a file that `trainBuiltIn` wrote. Its parameters are read back and written again: only a file whose every byte
 * is what tocsin would write for them may call itself a built-in detector and go without a trial run.
 *
 * @throws RefusedModel where the file is something else
 */
export async function openBuiltIn<P>(family: Family<P>, file: Uint8Array): Promise<BuiltIn> {
  const model = guard(file);
  const { card } = readCard(model);
  const foreign = (why: string): RefusedModel =>
    new RefusedModel(
      `the model calls itself ${family.kind}, but ${why}: set another kind in its card, or train it with tocsin`,
    );
  let parameters: P;
  let same: boolean;
  try {
    parameters = family.read(model);
    same = fileOf(family, parameters, card).equals(file);
  } catch (error) {
    throw foreign(error instanceof Error ? error.message : String(error));
  }
  if (!same || card.version !== family.version)
    throw foreign(`it is not what tocsin writes for version ${family.version}`);
  const columns = card.columns.length;
  const session = await RowSession.open(file, {
    name: card.name,
    input: 'features',
    inputType: 'float64',
    output: 'score',
    columns,
    multiple: 1,
  });
  const finish = family.finish?.bind(family);
  const finished = (raw: Float64Array): Float64Array => (finish ? raw.map((value) => finish(value, parameters)) : raw);
  return {
    card,
    cost: operationsPerRow(model, columns),
    async score(rows) {
      checkMatrix(rows, card.columns, card.name);
      return finished(await session.run(rows.data, rows.rows));
    },
    attribute(row) {
      if (row.length !== columns)
        throw new ScoringError(`model ${card.name} takes ${columns} features; got a row of ${row.length}`);
      return shares(card.columns, family.parts(parameters, row.map(onFeatureGrid)));
    },
    oracle(rows) {
      checkMatrix(rows, card.columns, card.name);
      return finished(
        Float64Array.from({ length: rows.rows }, (_, i) =>
          family.oracle(parameters, rows.data.subarray(i * columns, (i + 1) * columns).map(onFeatureGrid)),
        ),
      );
    },
    close: () => session.close(),
  };
}

/** The contract of every detector, built-in or brought by a user. Higher scores are more anomalous. */

/** rows x columns, row-major, values on the 2^-12 grid and clipped to ±512. */
export interface FeatureMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** What a model says of itself; stored as JSON under `tocsin.card` in the ONNX file's metadata. */
export interface ModelCard {
  readonly name: string;
  readonly version: string;
  /** Family of the detector, such as `robust-z`; `foreign` for a model that tocsin did not train. */
  readonly kind: string;
  /** Id of the feature schema that it was trained on, such as `logs-1`. */
  readonly schema: string;
  /** Names of the features in the order of the matrix's columns. */
  readonly columns: readonly string[];
  /** Event time of the training rows, ms since 1970: from (inclusive) to (exclusive). */
  readonly trainedFrom: number;
  readonly trainedTo: number;
  /** True where a row has the same bits at any batch size, place and address. */
  readonly exact: boolean;
  /** Number of training rows. */
  readonly rows: number;
  readonly description: string;
}

/** A feature's part in a row's score; the shares of a row sum to 1. */
export interface Attribution {
  readonly feature: string;
  readonly share: number;
}

/** A detector that can score. */
export interface Detector {
  readonly card: ModelCard;
  /** Operations that a row costs, about: counted over the graph, so that it is the same on every machine. */
  readonly cost: number;
  /**
   * One score a row, higher is more anomalous.
   *
   * @throws ScoringError where the matrix has another number of columns or holds a NaN
   */
  score(rows: FeatureMatrix): Promise<Float64Array>;
  /** How much each feature contributed to a row's score, largest first; features without a part are left out. */
  attribute(row: Float64Array): Attribution[];
}

/** What the caller computes features by. A detector of another schema is refused at load. */
export interface ExpectedSchema {
  readonly schema: string;
  readonly columns: readonly string[];
}

/** The model was made for other features. */
export class SchemaMismatch extends Error {
  override name = 'SchemaMismatch';
}

/** @throws SchemaMismatch naming both schemas and the first column that differs */
export function checkSchema(card: Pick<ModelCard, 'name' | 'schema' | 'columns'>, expected: ExpectedSchema): void {
  if (card.schema !== expected.schema) {
    throw new SchemaMismatch(
      `model ${card.name} was trained on the feature schema ${card.schema}, but these features are of ${expected.schema}: train it again`,
    );
  }
  const length = Math.max(card.columns.length, expected.columns.length);
  for (let i = 0; i < length; i++) {
    if (card.columns[i] === expected.columns[i]) continue;
    throw new SchemaMismatch(
      `model ${card.name} (schema ${card.schema}) has ${card.columns[i] ?? 'nothing'} as column ${i}, but the features (schema ${expected.schema}) have ${expected.columns[i] ?? 'nothing'}`,
    );
  }
}

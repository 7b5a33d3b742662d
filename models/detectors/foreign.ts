/**
 * A model that tocsin did not train: an export of scikit-learn (skl2onnx), PyTorch or anything else that passes the
 * guard and the trial run, takes rows x features and returns a floating-point score a row.
 */
import { operationsPerRow } from '../onnx/cost.js';
import { guard, RefusedModel } from '../onnx/guard.js';
import type { ReadModel } from '../onnx/read.js';
import { RowSession, type RowPorts } from '../onnx/session.js';
import { trial, trialLimits, type TrialLimits } from '../onnx/trial.js';
import { shares } from './built-in.js';
import { readCard, type ForeignPorts } from './card.js';
import type { Detector, ModelCard } from './detector.js';
import { checkMatrix, onFeatureGrid } from './feature-grid.js';

const typeNames: Readonly<Record<number, RowPorts['inputType']>> = { 1: 'float32', 11: 'float64' };
/** Vector kernels on every processor handle this many rows alike. */
const PADDING = 16;
/** What is taken for a score that is no finite number: the model has no opinion, and no row is less anomalous. */
export const NO_OPINION = -3e38;

/** The ports of a foreign model by its graph and card. */
function portsOf({ graph }: ReadModel, card: ModelCard, { output, column }: ForeignPorts): RowPorts {
  const inputs = graph.inputs.filter(({ name }) => !graph.constants.has(name));
  const input = inputs[0]!;
  const type = typeNames[input?.type ?? 0];
  if (inputs.length !== 1 || !type || input.dims.length !== 2) {
    throw new RefusedModel(
      `the model ${card.name} must have one float or double input of rows x features; it has ${inputs.map(({ name, dims }) => `${name}[${dims.join(', ')}]`).join(', ') || 'none'}`,
    );
  }
  const [rows, columns] = input.dims;
  if (typeof rows === 'number' && rows > 0)
    throw new RefusedModel(`the model ${card.name} takes exactly ${rows} rows: export it with a free batch dimension`);
  if (typeof columns === 'number' && columns !== card.columns.length) {
    throw new RefusedModel(
      `the model ${card.name} takes ${columns} features, but its card lists ${card.columns.length}`,
    );
  }
  const scores = graph.outputs.filter(({ name, type: of }) => (output === undefined ? typeNames[of] : name === output));
  if (scores.length !== 1) {
    throw new RefusedModel(
      `the model ${card.name} has the outputs ${graph.outputs.map(({ name }) => name).join(', ')}: name the one that holds the score as "output" in its card`,
    );
  }
  return {
    name: card.name,
    input: input.name,
    inputType: type,
    output: scores[0]!.name,
    columns: card.columns.length,
    multiple: PADDING,
    ...(column === undefined ? {} : { column }),
  };
}

/** What was found out about a foreign file before it was let in. */
export interface Inspection {
  readonly card: ModelCard;
  /** Rows of 256 that had other bits in another batch, place or address; 0 for an exact model. */
  readonly differing: number;
}

/**
 * Guards and tries a file, in a child process.
 *
 * @throws RefusedModel or MalformedModel saying what is wrong with it
 */
export async function inspectForeign(
  file: Uint8Array,
  limits: TrialLimits = trialLimits,
  program?: string,
): Promise<Inspection> {
  const model = guard(file);
  const { card, ports } = readCard(model);
  const { exact, differing } = await trial(file, portsOf(model, card, ports), limits, program);
  return { card: { ...card, kind: 'foreign', exact }, differing };
}

/**
 * Opens a file that `inspectForeign` has passed. A black box has no parameters to explain it by: its attribution is the
 * size of each feature's residual.
 *
 * @param inspection what was found when this very file was let in
 */
export async function openForeign(file: Uint8Array, { card }: Inspection): Promise<Detector> {
  const model = guard(file);
  const said = readCard(model);
  const { sign } = said.ports;
  // A row that the model fails on must not stop the others: the trial has shown that usual rows have a score.
  const otherwise = sign * NO_OPINION;
  const session = await RowSession.open(file, { ...portsOf(model, said.card, said.ports), otherwise });
  return {
    card,
    cost: operationsPerRow(model, card.columns.length),
    async score(rows) {
      checkMatrix(rows, card.columns, card.name);
      const scores = await session.run(rows.data, rows.rows);
      return sign < 0 ? scores.map((score) => -score) : scores;
    },
    attribute: (row) =>
      shares(
        card.columns,
        row.map((value) => onFeatureGrid(value) * onFeatureGrid(value)),
      ),
  };
}

/**
 * Autoencoder: how badly a network with a narrow middle, trained to repeat usual rows, repeats this one. S. Hawkins et
 * al., Outlier Detection Using Replicator Neural Networks (DaWaK 2002); M. Sakurada, T. Yairi, Anomaly Detection Using
 * Autoencoders with Nonlinear Dimensionality Reduction (MLSDA 2014). As PCA, but for bent relations, too.
 *
 * Bits, for at most 256 columns: values 23 (below 2^10 on 2^-12), weights 17 (below 2^3 on 2^-13) with bias on 2^-12
 * below 2^10: products 40 on 2^-25, sums of 256 within 48; rounded to 2^-12 between layers. The residual is clipped to
 * ±64 on 2^-12 (19), its squares sum within 46. All exact.
 */
import type { Graph } from '../onnx/graph.js';
import { DenseLayer } from './dense-layer.js';
import type { FeatureMatrix } from './detector.js';
import { constantOf, type Family } from './family.js';
import { clip, emitGrid, FEATURE_STEPS, onGrid } from './feature-grid.js';
import { Seeded } from './seeded.js';
import {
  emitStandard,
  fitStandard,
  readStandard,
  spread,
  standardise,
  TRAINING_LIMIT,
  type Standard,
} from './standardise.js';

const SAMPLE = 8192;
const BATCH = 64;
/** Steps of Adam, however many rows there are. */
const STEPS = 2000;
const WEIGHT_STEPS = 8192;
const WEIGHT_LIMIT = 8 - 1 / WEIGHT_STEPS;
const VALUE_LIMIT = 1024;
const RESIDUAL_LIMIT = 64;
const MOST_COLUMNS = 256;

/** A layer on its grids. */
interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** inputs x outputs, row-major, on 2^-13. */
  readonly weights: Float64Array;
  /** On 2^-12. */
  readonly bias: Float64Array;
}

interface Autoencoder {
  readonly standard: Standard;
  readonly layers: readonly Layer[];
}

/** Units of the layers: half the columns, a fifth in the middle, and back. */
const widths = (columns: number): number[] => {
  const [wide, narrow] = [Math.max(4, Math.ceil(columns / 2)), Math.max(2, Math.ceil(columns / 5))];
  return [columns, wide, narrow, wide, columns];
};

/** Mean squared error of the sample by minibatches; all but the last layer are rectified. */
function fit(rows: Float64Array, columns: number, chance: Seeded): DenseLayer[] {
  const sizes = widths(columns);
  const layers = sizes.slice(1).map((outputs, i) => new DenseLayer(sizes[i]!, outputs, chance));
  const count = rows.length / columns;
  for (let step = 0; step < STEPS; step++) {
    for (let k = 0; k < BATCH; k++) {
      const row = chance.below(count);
      const inputs = [rows.subarray(row * columns, (row + 1) * columns)];
      for (const [i, layer] of layers.entries()) {
        const output = layer.forward(inputs[i]!);
        inputs.push(i < layers.length - 1 ? output.map((value) => Math.max(0, value)) : output);
      }
      let slope: Float64Array = inputs[layers.length]!.map((value, j) => (2 * (value - inputs[0]![j]!)) / columns);
      for (let i = layers.length - 1; i >= 0; i--) {
        const back = layers[i]!.backward(inputs[i]!, slope);
        slope = i > 0 ? back.map((value, j) => (inputs[i]![j]! > 0 ? value : 0)) : back;
      }
    }
    for (const layer of layers) layer.step();
  }
  return layers;
}

function onGrids({ inputs, outputs, parameters }: DenseLayer): Layer {
  return {
    inputs,
    outputs,
    weights: Float64Array.from({ length: inputs * outputs }, (_, i) => {
      const weight = parameters[(i % outputs) * inputs + Math.floor(i / outputs)]!;
      return onGrid(clip(weight, -WEIGHT_LIMIT, WEIGHT_LIMIT), WEIGHT_STEPS) + 0;
    }),
    bias: parameters
      .subarray(inputs * outputs)
      .map((value) => onGrid(clip(value, -VALUE_LIMIT, VALUE_LIMIT), FEATURE_STEPS) + 0),
  };
}

function train(matrix: FeatureMatrix, used: readonly number[], seed: number): Autoencoder {
  const standard = fitStandard(matrix, used);
  const chance = new Seeded(seed);
  const sample = chance.sample(matrix.rows, SAMPLE);
  const rows = new Float64Array(sample.length * used.length);
  sample.forEach((row, i) => {
    const z = standardise(standard, matrix.data.subarray(row * matrix.columns, (row + 1) * matrix.columns));
    z.forEach((value, j) => (rows[i * used.length + j] = clip(value, -TRAINING_LIMIT, TRAINING_LIMIT)));
  });
  return { standard, layers: fit(rows, used.length, chance).map(onGrids) };
}

/** What the network cannot repeat of a row, by used column. */
function residual({ standard, layers }: Autoencoder, row: Float64Array): Float64Array {
  const z = standardise(standard, row);
  let values: Float64Array = z;
  layers.forEach(({ inputs, outputs, weights, bias }, layer) => {
    const low = layer < layers.length - 1 ? 0 : -VALUE_LIMIT;
    const from = values;
    values = bias.map((start, o) => {
      let sum = start;
      for (let i = 0; i < inputs; i++) sum += from[i]! * weights[i * outputs + o]!;
      return onGrid(clip(sum, low, VALUE_LIMIT), FEATURE_STEPS);
    });
  });
  return z.map((value, j) => onGrid(clip(value - values[j]!, -RESIDUAL_LIMIT, RESIDUAL_LIMIT), FEATURE_STEPS));
}

function write(graph: Graph, input: string, { standard, layers }: Autoencoder): string {
  const z = emitStandard(graph, input, standard);
  let values = z;
  layers.forEach(({ inputs, outputs, weights, bias }, layer) => {
    const product = graph.node('MatMul', [values, graph.constant(`weights_${layer}`, [inputs, outputs], weights)]);
    const sum = graph.node('Add', [product, graph.constant(`bias_${layer}`, [1, outputs], bias)]);
    // Clipped at 0 it is the rectifier.
    values = emitGrid(graph, sum, layer < layers.length - 1 ? 0 : -VALUE_LIMIT, VALUE_LIMIT, `layer_${layer}`);
  });
  const rest = emitGrid(graph, graph.node('Sub', [z, values]), -RESIDUAL_LIMIT, RESIDUAL_LIMIT, 'residual');
  const ones = graph.constant('ones', [standard.used.length, 1], new Float64Array(standard.used.length).fill(1));
  return graph.node('Sqrt', [graph.node('MatMul', [graph.node('Mul', [rest, rest]), ones])]);
}

const error = (parameters: Autoencoder, row: Float64Array): number =>
  Math.sqrt(residual(parameters, row).reduce((sum, value) => sum + value * value, 0));

/** The detector, offered as an extra. */
export const autoencoder: Family<Autoencoder> = {
  kind: 'autoencoder',
  version: '1',
  extra: true,
  description: 'How badly a network with a narrow middle repeats the row.',
  applies: (columns) => (columns.length >= 3 && columns.length <= MOST_COLUMNS ? columns.map((_, i) => i) : undefined),
  train,
  write,
  read(model) {
    const layers = Array.from({ length: 4 }, (_, layer): Layer => {
      const { dims, values } = constantOf(model, `weights_${layer}`);
      return { inputs: dims[0]!, outputs: dims[1]!, weights: values, bias: constantOf(model, `bias_${layer}`).values };
    });
    return { standard: readStandard(model), layers };
  },
  oracle: error,
  // One feature far out bends what is made of all others, so that the largest residual may be another's: what counts is
  // how much better the row is repeated with the feature at its median (occlusion; Zeiler and Fergus, ECCV 2014).
  parts(parameters, row) {
    const whole = error(parameters, row);
    const without = row.slice();
    const { used, centre } = parameters.standard;
    const credit = Float64Array.from(used, (column, j) => {
      without[column] = centre[j]!;
      const gain = whole - error(parameters, without);
      without[column] = row[column]!;
      return Math.max(0, gain);
    });
    return spread(parameters.standard, credit, row.length);
  },
};

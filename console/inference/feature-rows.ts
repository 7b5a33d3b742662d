/** Rows of features in a request. */
import { onFeatureGrid } from '../../models/detectors/feature-grid.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import type { InputTensor } from './tensors.js';

export const maxRows = 4096;

/** Numbers of an input of shape `[n, columns]`. @throws Problem saying what does not fit */
export function matrixOf(given: InputTensor, columns: number): Float64Array {
  const { name, shape, datatype, numbers } = given;
  if (datatype === 'BYTES' || datatype === 'BOOL')
    throw new HttpProblem(400, `${name}: datatype ${datatype}: give FP64, FP32, INT32 or INT64`);
  const [rows = 0, width] = shape;
  if (shape.length !== 2 || width !== columns || rows < 1)
    throw new HttpProblem(400, `${name}: shape ${JSON.stringify(shape)}: the model takes [n, ${columns}]`);
  if (rows > maxRows) throw new HttpProblem(400, `${name}: ${rows} rows: at most ${maxRows} in one request`);
  return numbers;
}

/**
 * The rows of the only input, `features`, as the stream rounds them: the same row has the same score there and here.
 *
 * @throws Problem saying what does not fit
 */
export function featuresOf(inputs: ReadonlyMap<string, InputTensor>, columns: number): Float64Array {
  const given = inputs.get('features');
  if (!given || inputs.size > 1)
    throw new HttpProblem(400, `one input is taken, features; got ${[...inputs.keys()].join(', ') || 'none'}`);
  return matrixOf(given, columns).map(onFeatureGrid);
}

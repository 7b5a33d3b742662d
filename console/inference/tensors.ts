/** Tensors of the Open Inference Protocol V2: as JSON, or as little-endian bytes behind the JSON header. */
import { Problem } from '../api/problem.js';

/** One tensor of a request or an answer. */
export interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: readonly unknown[];
  readonly parameters?: { readonly binary_data_size?: number };
}

export interface InferRequest {
  readonly id?: string;
  readonly inputs: readonly Tensor[];
  readonly outputs?: readonly { readonly name: string; readonly parameters?: { readonly binary_data?: boolean } }[];
  readonly parameters?: { readonly binary_data_output?: boolean };
}

const sizes: Readonly<Record<string, number>> = { FP32: 4, FP64: 8, INT32: 4, INT64: 8 };

/** The header of a body and the bytes behind it. @throws Problem where it is none */
export function parted(body: Buffer, headerLength: string | undefined): { request: InferRequest; rest: Buffer } {
  const length = headerLength === undefined ? body.length : Number(headerLength);
  if (!Number.isSafeInteger(length) || length < 2 || length > body.length)
    throw new Problem(400, `Inference-Header-Content-Length is ${headerLength} of a body of ${body.length} bytes`);
  let request: InferRequest;
  try {
    request = JSON.parse(body.subarray(0, length).toString('utf8')) as InferRequest;
  } catch {
    throw new Problem(400, 'the body is no JSON of an inference request');
  }
  if (typeof request !== 'object' || request === null || !Array.isArray(request.inputs))
    throw new Problem(400, 'the request has no list of inputs');
  return { request, rest: body.subarray(length) };
}

/**
 * The numbers of the input, row by row.
 *
 * @param columns - of a row
 * @param maxRows - more are refused
 * @throws Problem saying what does not fit
 */
export function rowsOf(
  { inputs }: InferRequest,
  rest: Buffer,
  columns: number,
  maxRows: number,
): { rows: number; data: Float64Array } {
  const [input, ...more] = inputs;
  if (!input || more.length > 0 || input.name !== 'features')
    throw new Problem(400, `one input is taken, features; got ${inputs.map(({ name }) => name).join(', ') || 'none'}`);
  const { shape, datatype, parameters } = input;
  const size = sizes[datatype];
  if (size === undefined) throw new Problem(400, `datatype ${datatype}: give FP64, FP32, INT32 or INT64`);
  if (
    !Array.isArray(shape) ||
    shape.length !== 2 ||
    shape[1] !== columns ||
    !(Number.isSafeInteger(shape[0]) && shape[0] > 0)
  )
    throw new Problem(400, `shape ${JSON.stringify(shape)}: the model takes [n, ${columns}]`);
  const [rows] = shape as number[];
  if (rows > maxRows) throw new Problem(400, `${rows} rows: at most ${maxRows} in one request`);
  const n = rows * columns;
  const binary = parameters?.binary_data_size;
  const data = binary === undefined ? jsonNumbers(input.data, n) : binaryNumbers(rest, binary, n, datatype);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Problem(400, `row ${Math.floor(bad / columns)}, column ${bad % columns} is no finite number`);
  return { rows, data };
}

function jsonNumbers(data: readonly unknown[] | undefined, n: number): Float64Array {
  const flat = Array.isArray(data) ? (data as readonly unknown[]).flat(2) : [];
  if (flat.length !== n) throw new Problem(400, `${flat.length} numbers for a shape of ${n}`);
  return Float64Array.from(flat, (value) => (typeof value === 'number' ? value : NaN));
}

function binaryNumbers(rest: Buffer, length: number, n: number, datatype: string): Float64Array {
  if (length !== n * sizes[datatype] || rest.length < length)
    throw new Problem(400, `${length} bytes of ${rest.length} for ${n} numbers of ${datatype}`);
  const read: Readonly<Record<string, (at: number) => number>> = {
    FP32: (at) => rest.readFloatLE(at * 4),
    FP64: (at) => rest.readDoubleLE(at * 8),
    INT32: (at) => rest.readInt32LE(at * 4),
    INT64: (at) => Number(rest.readBigInt64LE(at * 8)),
  };
  return Float64Array.from({ length: n }, (_, at) => read[datatype](at));
}

export interface Answered {
  readonly body: Buffer | string;
  /** Bytes of the JSON header, where numbers follow it. */
  readonly headerLength?: number;
}

/** The answer, in the form that was asked for. @throws Problem where an output is asked for that there is not */
export function answerOf(
  request: InferRequest,
  model: { name: string; version: string },
  scores: Float64Array,
): Answered {
  const asked = request.outputs?.find(({ name }) => name === 'score');
  if (request.outputs && request.outputs.length > 0 && !asked)
    throw new Problem(400, `no output ${request.outputs.map(({ name }) => name).join(', ')}: there is score`);
  const isBinary = asked?.parameters?.binary_data ?? request.parameters?.binary_data_output ?? false;
  const head = {
    model_name: model.name,
    model_version: model.version,
    ...(request.id === undefined ? {} : { id: request.id }),
  };
  const output = { name: 'score', datatype: 'FP64', shape: [scores.length] };
  if (!isBinary) return { body: JSON.stringify({ ...head, outputs: [{ ...output, data: [...scores] }] }) };
  const bytes = Buffer.alloc(scores.length * 8);
  scores.forEach((score, i) => bytes.writeDoubleLE(score, i * 8));
  const json = Buffer.from(
    JSON.stringify({ ...head, outputs: [{ ...output, parameters: { binary_data_size: bytes.length } }] }),
  );
  return { body: Buffer.concat([json, bytes]), headerLength: json.length };
}

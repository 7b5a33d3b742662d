/** Tensors of the Open Inference Protocol V2: as JSON, or as little-endian bytes behind the JSON header. */
import { HttpProblem } from '../../connectors/http/problem.js';

/** One tensor of a request. */
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
  readonly parameters?: { readonly binary_data_output?: boolean; readonly source?: unknown };
}

export type Datatype = 'FP32' | 'FP64' | 'INT32' | 'INT64' | 'BOOL' | 'BYTES';

/** A tensor that was read: numbers, or texts of `BYTES`. */
export interface InputTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
}

/** A tensor of an answer. Booleans are 0 and 1. */
export interface OutputTensor {
  readonly name: string;
  readonly datatype: 'FP64' | 'INT64' | 'BOOL' | 'BYTES';
  readonly shape: readonly number[];
  readonly data: readonly number[] | readonly string[] | Float64Array;
}

const sizes: Readonly<Record<Exclude<Datatype, 'BYTES'>, number>> = { FP32: 4, FP64: 8, INT32: 4, INT64: 8, BOOL: 1 };
const isDatatype = (text: unknown): text is Datatype =>
  text === 'BYTES' || (typeof text === 'string' && Object.hasOwn(sizes, text));
/** Numbers or texts of one tensor. */
const maxElements = 262_144;
const maxInputs = 16;

/** The header of a body and the bytes behind it. @throws Problem where it is none */
export function parted(body: Buffer, headerLength: string | undefined): { request: InferRequest; rest: Buffer } {
  const length = headerLength === undefined ? body.length : Number(headerLength);
  if (!Number.isSafeInteger(length) || length < 2 || length > body.length)
    throw new HttpProblem(400, `Inference-Header-Content-Length is ${headerLength} of a body of ${body.length} bytes`);
  let request: InferRequest;
  try {
    request = JSON.parse(body.subarray(0, length).toString('utf8')) as InferRequest;
  } catch {
    throw new HttpProblem(400, 'the body is no JSON of an inference request');
  }
  if (typeof request !== 'object' || request === null || !Array.isArray(request.inputs))
    throw new HttpProblem(400, 'the request has no list of inputs');
  const {
    outputs = [],
    parameters = {},
    id = '',
  } = request as { outputs?: unknown; parameters?: unknown; id?: unknown };
  if (!Array.isArray(outputs) || outputs.some((output: unknown) => typeof output !== 'object' || output === null))
    throw new HttpProblem(400, 'outputs is no list of outputs');
  if (typeof parameters !== 'object' || parameters === null) throw new HttpProblem(400, 'parameters is no object');
  if (typeof id !== 'string') throw new HttpProblem(400, 'id is no text');
  return { request, rest: body.subarray(length) };
}

/**
 * The inputs by name; binary ones follow each other in the order of the header.
 *
 * @throws Problem saying what does not fit
 */
export function inputsOf({ inputs }: InferRequest, rest: Buffer): Map<string, InputTensor> {
  if (inputs.length > maxInputs) throw new HttpProblem(400, `${inputs.length} inputs: at most ${maxInputs}`);
  const given = new Map<string, InputTensor>();
  let at = 0;
  for (const input of inputs as readonly unknown[]) {
    if (typeof input !== 'object' || input === null) throw new HttpProblem(400, 'an input is no object');
    const { name, datatype, shape, data, parameters } = input as Tensor;
    if (typeof name !== 'string' || given.has(name)) throw new HttpProblem(400, 'each input needs a name of its own');
    if (!isDatatype(datatype))
      throw new HttpProblem(400, `datatype ${JSON.stringify(datatype)}: give FP64, FP32, INT64 or BYTES`);
    const n = elements(name, shape);
    const size = parameters?.binary_data_size;
    let read: Pick<InputTensor, 'numbers' | 'texts'>;
    if (size === undefined) read = fromJson(name, datatype, data, n);
    else {
      if (!Number.isSafeInteger(size) || size < 0 || at + size > rest.length)
        throw new HttpProblem(400, `${name}: ${size} bytes from ${at} on of ${rest.length}`);
      read = fromBytes(name, datatype, rest.subarray(at, at + size), n);
      at += size;
    }
    given.set(name, { name, datatype, shape, ...read });
  }
  return given;
}

function elements(name: string, shape: unknown): number {
  const isShape = Array.isArray(shape) && shape.length > 0 && shape.length <= 4;
  if (!isShape || !shape.every((length) => Number.isSafeInteger(length) && (length as number) >= 0))
    throw new HttpProblem(400, `${name}: ${JSON.stringify(shape)} is no shape`);
  const n = (shape as number[]).reduce((product, length) => product * length, 1);
  if (n > maxElements)
    throw new HttpProblem(400, `${name}: shape ${JSON.stringify(shape)}, at most ${maxElements} elements`);
  return n;
}

function fromJson(name: string, datatype: Datatype, data: unknown, n: number): Pick<InputTensor, 'numbers' | 'texts'> {
  const flat = Array.isArray(data) ? (data as readonly unknown[]).flat(3) : [];
  if (flat.length !== n) throw new HttpProblem(400, `${name}: ${flat.length} elements for a shape of ${n}`);
  if (datatype === 'BYTES') {
    if (!flat.every((text) => typeof text === 'string')) throw new HttpProblem(400, `${name}: BYTES are texts in JSON`);
    return { numbers: new Float64Array(), texts: flat };
  }
  return { numbers: finite(name, Float64Array.from(flat, numberOf)), texts: [] };
}

const numberOf = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : NaN;

function fromBytes(name: string, datatype: Datatype, bytes: Buffer, n: number): Pick<InputTensor, 'numbers' | 'texts'> {
  if (datatype === 'BYTES') return { numbers: new Float64Array(), texts: textsOf(name, bytes, n) };
  if (bytes.length !== n * sizes[datatype])
    throw new HttpProblem(400, `${name}: ${bytes.length} bytes for ${n} elements of ${datatype}`);
  const read: Readonly<Record<Exclude<Datatype, 'BYTES'>, (at: number) => number>> = {
    FP32: (at) => bytes.readFloatLE(at * 4),
    FP64: (at) => bytes.readDoubleLE(at * 8),
    INT32: (at) => bytes.readInt32LE(at * 4),
    INT64: (at) => Number(bytes.readBigInt64LE(at * 8)),
    BOOL: (at) => bytes[at]!,
  };
  const one = read[datatype];
  return {
    numbers: finite(
      name,
      Float64Array.from({ length: n }, (_, at) => one(at)),
    ),
    texts: [],
  };
}

/** Each text has its length in front of it, four bytes. */
function textsOf(name: string, bytes: Buffer, n: number): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Infinity;
    if (at + 4 + length > bytes.length) throw new HttpProblem(400, `${name}: a text is longer than its tensor`);
    texts.push(bytes.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (texts.length !== n) throw new HttpProblem(400, `${name}: ${texts.length} texts for a shape of ${n}`);
  return texts;
}

function finite(name: string, numbers: Float64Array): Float64Array {
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new HttpProblem(400, `${name}: element ${bad} is no finite number`);
  return numbers;
}

export interface TensorReply {
  readonly body: Buffer | string;
  /** Bytes of the JSON header, where tensors follow it. */
  readonly headerLength?: number;
}

/** The outputs that were asked for, all where none is named. @throws Problem where there is no such output */
export function wanted(
  { outputs: asked = [] }: Pick<InferRequest, 'outputs'>,
  outputs: readonly OutputTensor[],
): OutputTensor[] {
  if (asked.length === 0) return [...outputs];
  return asked.map(({ name }) => {
    const found = outputs.find((output) => output.name === name);
    if (!found)
      throw new HttpProblem(400, `no output ${name}: there is ${outputs.map((output) => output.name).join(', ')}`);
    return found;
  });
}

/** The answer, in the form that was asked for. @param outputs - those that were asked for, in their order */
export function answerOf(
  request: InferRequest,
  model: { readonly name: string; readonly version: string },
  outputs: readonly OutputTensor[],
): TensorReply {
  const tails: Buffer[] = [];
  const shown = outputs.map((output, i) => {
    const { name, datatype, shape, data } = output;
    const isBinary = request.outputs?.[i]?.parameters?.binary_data ?? request.parameters?.binary_data_output ?? false;
    if (!isBinary) return { name, datatype, shape, data: datatype === 'BOOL' ? [...data].map(Boolean) : [...data] };
    const bytes = bytesOf(output);
    tails.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const json = JSON.stringify({
    model_name: model.name,
    model_version: model.version,
    ...(request.id === undefined ? {} : { id: request.id }),
    outputs: shown,
  });
  if (tails.length === 0) return { body: json };
  const header = Buffer.from(json);
  return { body: Buffer.concat([header, ...tails]), headerLength: header.length };
}

/** Little-endian, texts with their length in front. */
export function bytesOf({ datatype, data }: OutputTensor): Buffer {
  if (datatype === 'BYTES')
    return Buffer.concat(
      [...(data as readonly string[])].flatMap((text) => {
        const bytes = Buffer.from(text);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return [length, bytes];
      }),
    );
  const numbers = data as readonly number[] | Float64Array;
  const bytes = Buffer.alloc(numbers.length * sizes[datatype]);
  numbers.forEach((value: number, i: number) => {
    if (datatype === 'FP64') bytes.writeDoubleLE(value, i * 8);
    else if (datatype === 'INT64') bytes.writeBigInt64LE(BigInt(value), i * 8);
    else bytes[i] = value;
  });
  return bytes;
}

/**
 * Writes an ONNX model: nodes, initializers, inputs, outputs and metadata to deterministic bytes, so that the same
 * parameters always give the same file and the same hash. Field numbers: onnx.proto of ONNX 1.14 (IR 8, opset 17).
 */
import { block, float, integer, packedFloats, packedIntegers, text } from './wire.js';

/** Version of the operators of ONNX that graphs are written in. */
export const OPSET = 17;
/** Version of the operators of ONNX-ML. */
export const ML_OPSET = 3;
const IR_VERSION = 8;

/** Element types by their number in TensorProto.DataType. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const;
/** One of `elementTypes`. */
export type ElementType = keyof typeof elementTypes;

/** A node's attribute, by its kind in AttributeProto. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly texts: readonly string[] };

/** A fixed size or the name of a free one. */
export type Dim = number | string;

/** The elements of a tensor, row-major. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array;

function typeOf(data: TensorData): ElementType {
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'int64';
}

function attributeBytes(name: string, value: Attribute): Buffer {
  const head = text(1, name);
  if ('int' in value) return block(5, head, integer(3, value.int), integer(20, 2));
  if ('float' in value) return block(5, head, float(2, value.float), integer(20, 1));
  if ('text' in value) return block(5, head, text(4, value.text), integer(20, 3));
  if ('ints' in value) return block(5, head, packedIntegers(8, value.ints), integer(20, 7));
  if ('floats' in value) return block(5, head, packedFloats(7, value.floats), integer(20, 6));
  return block(5, head, ...value.texts.map((item) => text(9, item)), integer(20, 8));
}

function portBytes(field: number, name: string, type: ElementType, dims: readonly Dim[]): Buffer {
  const shape = block(2, ...dims.map((dim) => block(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim))));
  return block(field, text(1, name), block(2, block(1, integer(1, elementTypes[type]), shape)));
}

/**
 * A graph under construction. Every method returns the name of the value that it adds.
 *
 * @example
 * const g = new Graph('double');
 * const x = g.input('x', 'float64', ['rows', 3]);
 * g.output(g.node('Mul', [x, g.scalar('two', 2)]), 'float64', ['rows', 3]);
 * const file = g.bytes({ 'tocsin.card': '{}' });
 */
export class Graph {
  private readonly nodes: Buffer[] = [];
  private readonly initializers: Buffer[] = [];
  private readonly inputs: Buffer[] = [];
  private readonly outputs: Buffer[] = [];

  constructor(private readonly name: string) {}

  input(name: string, type: ElementType, dims: readonly Dim[]): string {
    this.inputs.push(portBytes(11, name, type, dims));
    return name;
  }

  output(name: string, type: ElementType, dims: readonly Dim[]): string {
    this.outputs.push(portBytes(12, name, type, dims));
    return name;
  }

  /** A constant tensor, little-endian raw data. Throws a RangeError where `dims` and the data do not agree. */
  constant(name: string, dims: readonly number[], data: TensorData): string {
    if (dims.reduce((product, dim) => product * dim, 1) !== data.length) {
      throw new RangeError(
        `constant ${name} has ${data.length} elements, which its shape [${dims.join(', ')}] does not hold`,
      );
    }
    const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push(
      block(5, packedIntegers(1, dims), integer(2, elementTypes[typeOf(data)]), text(8, name), block(9, raw)),
    );
    return name;
  }

  scalar(name: string, value: number): string {
    return this.constant(name, [], Float64Array.of(value));
  }

  /**
   * A node, by its first output, whose name is `output` or made from the operator and the node's number.
   *
   * @param more names of outputs behind the first
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    {
      output = `${operator}_${this.nodes.length}`,
      more = [],
      domain = '',
    }: { output?: string; more?: readonly string[]; domain?: string } = {},
  ): string {
    const sorted = Object.keys(attributes).sort();
    this.nodes.push(
      block(
        1,
        ...inputs.map((input) => text(1, input)),
        text(2, output),
        ...more.map((name) => text(2, name)),
        text(3, output),
        text(4, operator),
        ...sorted.map((name) => attributeBytes(name, attributes[name]!)),
        ...(domain ? [text(7, domain)] : []),
      ),
    );
    return output;
  }

  /** The finished file. Metadata is written in key order. */
  bytes(metadata: Readonly<Record<string, string>>): Buffer {
    const graph = block(7, ...this.nodes, text(2, this.name), ...this.initializers, ...this.inputs, ...this.outputs);
    return Buffer.concat([
      integer(1, IR_VERSION),
      text(2, 'tocsin'),
      graph,
      block(8, text(1, ''), integer(2, OPSET)),
      block(8, text(1, 'ai.onnx.ml'), integer(2, ML_OPSET)),
      ...Object.keys(metadata)
        .sort()
        .map((key) => block(14, text(1, key), text(2, metadata[key]!))),
    ]);
  }
}

/**
 * Reads an ONNX file as far as the guard, the cards and the TypeScript oracles need: operators, attributes,
 * constants, ports and metadata (which onnxruntime-node does not expose). Nothing is executed or followed.
 */
import { doublesOf, fields, floatsOf, integersOf, MalformedModel, type Field } from './wire.js';

/** A constant. */
export interface ReadTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** Number in TensorProto.DataType: 1 float32, 6 int32, 7 int64, 11 float64. */
  readonly type: number;
  /** Numbers as doubles; empty for types that detectors do not use. */
  readonly values: Float64Array;
  /** Elements that are really stored in the file. */
  readonly stored: number;
  /** True where the data is stored in another file. */
  readonly external: boolean;
}

/** An attribute of a node. */
export interface ReadAttribute {
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly texts: readonly string[];
  readonly tensors: readonly ReadTensor[];
  readonly graphs: readonly ReadGraph[];
  readonly sparse: boolean;
}

/** A node. */
export interface ReadNode {
  readonly operator: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, ReadAttribute>;
}

/** An input or output of a graph. */
export interface ReadPort {
  readonly name: string;
  /** Element type number; 0 where the port is no dense tensor. */
  readonly type: number;
  readonly dims: readonly (number | string)[];
}

/** A graph. */
export interface ReadGraph {
  readonly nodes: readonly ReadNode[];
  readonly constants: ReadonlyMap<string, ReadTensor>;
  readonly inputs: readonly ReadPort[];
  readonly outputs: readonly ReadPort[];
  readonly sparse: boolean;
}

/** A file. */
export interface ReadModel {
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: ReadGraph;
  readonly functions: number;
  readonly training: number;
}

/** Graphs inside attributes of graphs are read this deep, so that the guard can name what it refuses. */
const NESTING = 4;
const widths: Readonly<Record<number, number>> = {
  1: 4,
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  9: 1,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
};

function enter(depth: number): number {
  if (depth >= NESTING)
    throw new MalformedModel(`graphs nest deeper than ${NESTING} levels: a detector needs no subgraphs`);
  return depth + 1;
}

const textOf = (field: Field): string => field.bytes.toString('utf8');

function rawValues(raw: Buffer, type: number): Float64Array {
  const width = widths[type] ?? 1;
  const values = new Float64Array(
    type === 1 || type === 6 || type === 7 || type === 11 ? Math.floor(raw.length / width) : 0,
  );
  for (let i = 0; i < values.length; i++) {
    const at = i * width;
    if (type === 1) values[i] = raw.readFloatLE(at);
    else if (type === 6) values[i] = raw.readInt32LE(at);
    else if (type === 7) values[i] = Number(raw.readBigInt64LE(at));
    else values[i] = raw.readDoubleLE(at);
  }
  return values;
}

function tensor(bytes: Buffer): ReadTensor {
  const dims: number[] = [];
  const listed: number[] = [];
  let texts = 0;
  let type = 0;
  let name = '';
  let raw: Buffer | undefined;
  let external = false;
  for (const field of fields(bytes)) {
    if (field.number === 1) for (const dim of integersOf(field)) dims.push(Number(dim));
    else if (field.number === 2) type = Number(field.integer);
    else if (field.number === 4) for (const value of floatsOf(field)) listed.push(value);
    else if (field.number === 5 || field.number === 7 || field.number === 11)
      for (const value of integersOf(field)) listed.push(Number(value));
    else if (field.number === 6) texts++;
    else if (field.number === 8) name = textOf(field);
    else if (field.number === 9) raw = field.bytes;
    else if (field.number === 10) for (const value of doublesOf(field)) listed.push(value);
    else if (field.number === 13 || (field.number === 14 && field.integer !== 0n)) external = true;
  }
  const stored = raw ? Math.floor(raw.length / (widths[type] ?? 1)) : listed.length + texts;
  return { name, dims, type, values: raw ? rawValues(raw, type) : Float64Array.from(listed), stored, external };
}

function attribute(bytes: Buffer, depth: number): [string, ReadAttribute] {
  let name = '';
  const ints: number[] = [];
  const floats: number[] = [];
  const texts: string[] = [];
  const tensors: ReadTensor[] = [];
  const graphs: ReadGraph[] = [];
  let sparse = false;
  for (const field of fields(bytes)) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 2 || field.number === 7) for (const value of floatsOf(field)) floats.push(value);
    else if (field.number === 3 || field.number === 8) for (const value of integersOf(field)) ints.push(Number(value));
    else if (field.number === 4 || field.number === 9) texts.push(textOf(field));
    else if (field.number === 5 || field.number === 10) tensors.push(tensor(field.bytes));
    else if (field.number === 6 || field.number === 11) graphs.push(graph(field.bytes, depth));
    else if (field.number === 22 || field.number === 23) sparse = true;
  }
  return [name, { ints, floats, texts, tensors, graphs, sparse }];
}

function node(bytes: Buffer, depth: number): ReadNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, ReadAttribute>();
  let operator = '';
  let domain = '';
  let name = '';
  for (const field of fields(bytes)) {
    if (field.number === 1) inputs.push(textOf(field));
    else if (field.number === 2) outputs.push(textOf(field));
    else if (field.number === 3) name = textOf(field);
    else if (field.number === 4) operator = textOf(field);
    else if (field.number === 5) attributes.set(...attribute(field.bytes, depth));
    else if (field.number === 7) domain = textOf(field);
  }
  return { operator, domain: domain === 'ai.onnx' ? '' : domain, name, inputs, outputs, attributes };
}

function port(bytes: Buffer): ReadPort {
  let name = '';
  let type = 0;
  const dims: (number | string)[] = [];
  for (const field of fields(bytes)) {
    if (field.number === 1) name = textOf(field);
    if (field.number !== 2) continue;
    for (const kind of fields(field.bytes)) {
      if (kind.number !== 1) continue;
      for (const part of fields(kind.bytes)) {
        if (part.number === 1) type = Number(part.integer);
        if (part.number !== 2) continue;
        for (const dim of fields(part.bytes)) {
          let size: number | string = '';
          for (const value of fields(dim.bytes))
            size =
              value.number === 1 ? Number(BigInt.asIntN(64, value.integer)) : value.number === 2 ? textOf(value) : size;
          dims.push(size);
        }
      }
    }
  }
  return { name, type, dims };
}

function graph(bytes: Buffer, depth: number): ReadGraph {
  const below = enter(depth);
  const nodes: ReadNode[] = [];
  const constants = new Map<string, ReadTensor>();
  const inputs: ReadPort[] = [];
  const outputs: ReadPort[] = [];
  let sparse = false;
  for (const field of fields(bytes)) {
    if (field.number === 1) nodes.push(node(field.bytes, below));
    else if (field.number === 5) {
      const read = tensor(field.bytes);
      constants.set(read.name, read);
    } else if (field.number === 11) inputs.push(port(field.bytes));
    else if (field.number === 12) outputs.push(port(field.bytes));
    else if (field.number === 15) sparse = true;
  }
  return { nodes, constants, inputs, outputs, sparse };
}

/**
 * Reads a model from the bytes of its file.
 *
 * @throws MalformedModel where the bytes are cut off, are no ONNX model, or nest too deeply
 */
export function readModel(file: Uint8Array): ReadModel {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  let read: ReadGraph | undefined;
  let functions = 0;
  let training = 0;
  const pair = (field: Field): [string, Field] => {
    let key = '';
    let value: Field = { ...field, bytes: field.bytes.subarray(0, 0) };
    for (const part of fields(field.bytes)) {
      if (part.number === 1) key = textOf(part);
      if (part.number === 2) value = part;
    }
    return [key, value];
  };
  for (const field of fields(bytes)) {
    if (field.number === 7) {
      if (read) throw new MalformedModel('the file holds two graphs');
      read = graph(field.bytes, 0);
    } else if (field.number === 8) {
      const [domain, version] = pair(field);
      opsets.set(domain === 'ai.onnx' ? '' : domain, Number(version.integer));
    } else if (field.number === 14) {
      const [key, value] = pair(field);
      metadata.set(key, textOf(value));
    } else if (field.number === 20) training++;
    else if (field.number === 25) functions++;
  }
  if (!read) throw new MalformedModel('the file holds no graph: it is cut off, or is no ONNX model');
  return { opsets, metadata, graph: read, functions, training };
}

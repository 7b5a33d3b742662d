/** Files that a detector must not be: each is what someone could really send. */
import { Graph, type Attribute } from '../../../models/onnx/graph.js';
import { block, integer, text } from '../../../models/onnx/wire.js';

export const card = { 'tocsin.card': JSON.stringify({ name: 'guest', schema: 'series-1', columns: ['a', 'b'] }) };

/** A model of two features whose score is made by `body`. */
export function guest(body: (graph: Graph, x: string) => string, metadata: Record<string, string> = card): Buffer {
  const graph = new Graph('guest');
  const x = graph.input('x', 'float32', ['n', 2]);
  graph.output(graph.node('Identity', [body(graph, x)], {}, { output: 'score' }), 'float32', ['n', 1]);
  return graph.bytes(metadata);
}

const sum = (graph: Graph, x: string): string =>
  graph.node('MatMul', [x, graph.constant('w', [2, 1], Float32Array.of(1, 1))]);
export const honest = guest(sum);

export const single = (operator: string, attributes: Record<string, Attribute> = {}, domain = ''): Buffer =>
  guest((graph, x) => graph.node(operator, [x], attributes, { domain }));

/** A node with an attribute that is given as raw bytes, appended to the graph of an honest model. */
const withGraphParts = (...parts: Uint8Array[]): Buffer => Buffer.concat([integer(1, 8), block(7, ...parts)]);

export const files: Readonly<Record<string, readonly [Uint8Array, string]>> = {
  'a Loop': [single('Loop'), 'node "Loop_0" uses the operator Loop: it may never end'],
  'an Expand of 8 GiB': [
    guest((graph, x) =>
      sum(graph, graph.node('Expand', [x, graph.constant('shape', [2], BigInt64Array.of(2n ** 30n, 2n))])),
    ),
    'Expand: its result may be of any size',
  ],
  chance: [single('RandomNormalLike'), 'not on the list'],
  'batch-wide quantisation': [single('DynamicQuantizeLinear'), 'depends on its neighbours'],
  'a Microsoft operator': [
    single('Attention', {}, 'com.microsoft'),
    'com.microsoft.Attention: only ai.onnx and ai.onnx.ml are allowed',
  ],
  'a graph in an attribute': [
    withGraphParts(
      block(
        1,
        text(2, 'y'),
        text(3, 'n'),
        text(4, 'Identity'),
        block(5, text(1, 'body'), block(6, text(2, 'inner')), integer(20, 5)),
      ),
    ),
    'attribute body of node "n" is a graph',
  ],
  'graphs in graphs': [
    withGraphParts(
      Array.from({ length: 50 }).reduce<Buffer>(
        (inner) => block(1, text(4, 'If'), block(5, text(1, 'body'), block(6, inner))),
        text(2, 'end'),
      ),
    ),
    'nest deeper',
  ],
  'external data': [
    withGraphParts(
      block(
        5,
        integer(1, 4),
        integer(2, 1),
        text(8, 'weights'),
        block(13, text(1, 'location'), text(2, '../../etc/passwd')),
        integer(14, 1),
      ),
    ),
    'initializer "weights" keeps its data in another file',
  ],
  'a constant that claims more than it holds': [
    withGraphParts(block(5, integer(1, 2 ** 40), integer(2, 1), text(8, 'weights'), block(9, Buffer.alloc(8)))),
    'claims the shape [1099511627776] but holds 2 elements',
  ],
  'a sparse constant': [withGraphParts(block(15, text(2, 'x'))), 'sparse'],
  'functions of its own': [Buffer.concat([honest, block(25, text(1, 'f'))]), 'functions of its own'],
  'training information': [Buffer.concat([honest, block(20)]), 'training information'],
  'two graphs': [Buffer.concat([honest, block(7)]), 'two graphs'],
  'a file cut off': [honest.subarray(0, honest.length - 5), 'cut off'],
  'an empty file': [Buffer.alloc(0), 'holds no graph'],
  text: [Buffer.from('<!doctype html><html>'), 'no ONNX model'],
};

/** Doubles the columns again and again: nothing in the file is large. */
export const doubling = guest((graph, x) => {
  let wide = x;
  for (let i = 0; i < 24; i++) wide = graph.node('Concat', [wide, wide], { axis: { int: 1 } });
  return graph.node('ReduceMax', [wide], { axes: { ints: [1] }, keepdims: { int: 1 } });
});

/** A long chain of products of large matrices: small in the file (one matrix), endless in time. */
export const slow = guest((graph, x) => {
  const size = 2000;
  const square = graph.constant('square', [size, size], new Float32Array(size * size).fill(5e-4));
  let value = graph.node('MatMul', [x, graph.constant('wide', [2, size], new Float32Array(2 * size).fill(0.1))]);
  for (let i = 0; i < 450; i++) value = graph.node('Tanh', [graph.node('MatMul', [value, square])]);
  return graph.node('ReduceMax', [value], { axes: { ints: [1] }, keepdims: { int: 1 } });
});

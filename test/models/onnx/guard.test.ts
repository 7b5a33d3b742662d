import fc from 'fast-check';
import { Graph } from '../../../models/onnx/graph.js';
import { guard, RefusedModel } from '../../../models/onnx/guard.js';
import { readModel } from '../../../models/onnx/read.js';
import { MalformedModel } from '../../../models/onnx/wire.js';
import { card, files, guest, honest } from './hostile.js';

test.each(Object.entries(files))('refuses %s', (_what, [file, message]) => {
  expect(() => guard(file)).toThrow(message);
});

test('passes an honest model and reads its metadata', () => {
  expect(guard(honest).metadata.get('tocsin.card')).toBe(card['tocsin.card']);
});

test('refuses what is over a limit, with the limit', () => {
  const limits = { bytes: 10_000, nodes: 10, elements: 100, depth: 5 };
  expect(() => guard(Buffer.alloc(10_001), limits)).toThrow('10001 bytes; the limit is 10000');
  const chain = (length: number) =>
    guest((graph, x) => Array.from({ length }).reduce<string>((value) => graph.node('Abs', [value]), x));
  expect(() => guard(chain(12), limits)).toThrow('13 nodes; the limit is 10');
  expect(() => guard(chain(8), limits)).toThrow('9 nodes in a row; the limit is 5');
  const wide = guest((graph, x) => graph.node('Mul', [x, graph.constant('w', [101], new Float32Array(101))]));
  expect(() => guard(wide, limits)).toThrow('101 stored elements; the limit is 100');
});

test('random bytes and damaged files end in a clear error or in a model, never in anything else', () => {
  const survives = (file: Uint8Array): void => {
    try {
      guard(file);
    } catch (error) {
      expect(error instanceof MalformedModel || error instanceof RefusedModel).toBe(true);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), survives), { numRuns: 1000 });
  fc.assert(
    fc.property(fc.nat(honest.length - 1), fc.nat(255), fc.nat(honest.length), (at, value, cut) => {
      const damaged = Buffer.from(honest);
      damaged[at] = value;
      survives(damaged);
      survives(damaged.subarray(0, cut));
    }),
    { numRuns: 2000 },
  );
});

test('what the graph writes is what the reader reads', () => {
  const graph = new Graph('all');
  graph.input('x', 'float64', ['rows', 3]);
  graph.constant('f32', [2], Float32Array.of(0.5, -1));
  graph.constant('f64', [2, 1], Float64Array.of(1 / 3, -0));
  graph.constant('i32', [1], Int32Array.of(-7));
  graph.constant('i64', [2], BigInt64Array.of(-(2n ** 40n), 3n));
  graph.node(
    'Anything',
    ['x', 'f32'],
    {
      a: { int: -1 },
      b: { float: 0.25 },
      c: { text: 'é' },
      d: { ints: [300, -2] },
      e: { floats: [1.5] },
      f: { texts: ['p', 'q'] },
    },
    { output: 'y', domain: 'ai.onnx.ml' },
  );
  graph.output('y', 'float32', ['rows', 1]);
  const model = readModel(graph.bytes({ b: '2', a: '1' }));
  expect([...model.metadata]).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect(Object.fromEntries(model.opsets)).toEqual({ '': 17, 'ai.onnx.ml': 3 });
  expect(model.graph.inputs).toEqual([{ name: 'x', type: 11, dims: ['rows', 3] }]);
  expect(model.graph.outputs).toEqual([{ name: 'y', type: 1, dims: ['rows', 1] }]);
  const values = (name: string) => [...model.graph.constants.get(name)!.values];
  expect([values('f32'), values('f64'), values('i32'), values('i64')]).toEqual([
    [0.5, -1],
    [1 / 3, -0],
    [-7],
    [-(2 ** 40), 3],
  ]);
  const { operator, domain, inputs, outputs, attributes } = model.graph.nodes[0]!;
  expect([operator, domain, inputs, outputs]).toEqual(['Anything', 'ai.onnx.ml', ['x', 'f32'], ['y']]);
  expect([...attributes.values()].map(({ ints, floats, texts }) => [...ints, ...floats, ...texts])).toEqual([
    [-1],
    [0.25],
    ['é'],
    [300, -2],
    [1.5],
    ['p', 'q'],
  ]);
});

test('a constant whose shape and data disagree is a mistake of the caller', () => {
  expect(() => new Graph('g').constant('w', [3], new Float64Array(2))).toThrow('constant w has 2 elements');
});

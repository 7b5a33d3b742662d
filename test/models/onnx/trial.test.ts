import { join } from 'node:path';
import { inspectForeign, NO_OPINION, openForeign } from '../../../models/detectors/foreign.js';
import { cardOf, loadDetector } from '../../../models/detectors/load.js';
import { Graph } from '../../../models/onnx/graph.js';
import { trialLimits } from '../../../models/onnx/trial.js';
import { detectorSuite } from '../../conformance/detector.js';
import { compileRooms } from './compile.js';
import { doubling, files, guest, slow } from './hostile.js';

let rooms: ReturnType<typeof compileRooms>;
beforeAll(() => (rooms = compileRooms()));
afterAll(() => rooms.remove());

const inspect = (file: Uint8Array, limits = trialLimits) =>
  inspectForeign(file, limits, join(rooms.folder, 'models/onnx/trial-child.js'));
const carded = (extra: object, columns: readonly string[] = ['a', 'b']) => ({
  'tocsin.card': JSON.stringify({ name: 'guest', schema: 'series-1', columns, ...extra }),
});
jest.setTimeout(60_000);

test('an honest linear model of two features is exact, and its card cannot say otherwise', async () => {
  const { card: found, differing } = await inspect(
    guest(
      (graph, x) => graph.node('MatMul', [x, graph.constant('w', [2, 1], Float32Array.of(1, 0.5))]),
      carded({ exact: false, kind: 'robust-zeta' }),
    ),
  );
  expect([found.exact, found.kind, differing]).toEqual([true, 'foreign', 0]);
});

test('a model whose rows depend on their neighbours is found to be not exact', async () => {
  const neighbours = guest((graph, x) => {
    const mean = graph.node('ReduceMean', [x], { axes: { ints: [0] }, keepdims: { int: 1 } });
    return graph.node('MatMul', [graph.node('Sub', [x, mean]), graph.constant('w', [2, 1], Float32Array.of(1, 1))]);
  });
  const { card: found, differing } = await inspect(neighbours);
  expect(found.exact).toBe(false);
  expect(differing).toBeGreaterThan(100);
});

test.each([
  ['doubles itself beyond the memory limit', doubling, 'more than 512 MB'],
  ['never comes to an end', slow, 'did not end within 3000 ms'],
  [
    'gives NaN',
    guest((graph, x) =>
      graph.node('MatMul', [
        graph.node('Sqrt', [graph.node('Neg', [graph.node('Abs', [x])])]),
        graph.constant('w', [2, 1], Float32Array.of(1, 1)),
      ]),
    ),
    'must be a finite number',
  ],
  ['gives two scores a row', guest((_graph, x) => x), 'expected one floating-point score a row'],
  [
    'cannot be loaded',
    guest((graph, x) => graph.node('MatMul', [x, graph.constant('w', [3, 1], new Float32Array(3))])),
    'ONNX Runtime cannot load the model guest',
  ],
])('refuses a model that %s', async (_what, file, message) => {
  await expect(inspect(file, { ...trialLimits, time: file === slow ? 3000 : 20_000 })).rejects.toThrow(message);
});

test.each([
  ['no card', guest((_g, x) => x, {}), 'set the metadata property tocsin.card'],
  ['a card that is no JSON', guest((_g, x) => x, { 'tocsin.card': '{' }), 'is no JSON'],
  [
    'a card without a schema',
    guest((_g, x) => x, { 'tocsin.card': '{"columns":["a"]}' }),
    'must name its feature schema',
  ],
  [
    'another number of columns',
    guest((_g, x) => x, carded({}, ['a', 'b', 'c'])),
    'takes 2 features, but its card lists 3',
  ],
  ['an output that it lacks', guest((_g, x) => x, carded({ output: 'other' })), 'name the one that holds the score'],
])('refuses a model with %s', async (_what, file, message) => {
  await expect(inspect(file)).rejects.toThrow(message);
});

test.each(Object.entries(files))('%s does not come as far as a trial', async (_what, [file]) => {
  await expect(inspect(file)).rejects.toThrow(/^(?!trial run)/);
});

test('a model may not call itself built-in', async () => {
  const pretender = guest((_graph, x) => x, carded({ kind: 'robust-z' }));
  await expect(loadDetector(pretender, { schema: 'series-1', columns: ['a', 'b'] })).rejects.toThrow(
    'calls itself robust-z, but',
  );
});

test('a model whose low scores are anomalous is turned round', async () => {
  const file = guest(
    (graph, x) => graph.node('MatMul', [x, graph.constant('w', [2, 1], Float32Array.of(1, 1))]),
    carded({ sign: -1 }),
  );
  const detector = await openForeign(file, await inspect(file));
  expect([...(await detector.score({ rows: 2, columns: 2, data: Float64Array.of(1, 2, 4, 5) }))]).toEqual([-3, -9]);
});

test.each([1, -1])(
  'a row that a model has no number for is the least anomalous, the others have theirs (sign %d)',
  async (sign) => {
    const root = guest(
      (graph, x) => graph.node('MatMul', [graph.node('Sqrt', [x]), graph.constant('w', [2, 1], Float32Array.of(1, 1))]),
      carded({ sign }),
    );
    const detector = await openForeign(root, { card: cardOf(root), differing: 0 });
    const data = Float64Array.of(4, 9, -1, 0, 1, 1);
    expect([...(await detector.score({ rows: 3, columns: 2, data }))]).toEqual([sign * 5, NO_OPINION, sign * 2]);
  },
);

const columns = ['a', 'b', 'c', 'd'];
detectorSuite({
  name: 'foreign (squared length)',
  async open() {
    const graph = new Graph('length');
    const x = graph.input('x', 'float64', ['n', 4]);
    const ones = graph.constant('ones', [4, 1], new Float64Array(4).fill(1));
    graph.output(graph.node('MatMul', [graph.node('Mul', [x, x]), ones], {}, { output: 'score' }), 'float64', ['n', 1]);
    const file = graph.bytes({ 'tocsin.card': JSON.stringify({ name: 'length', schema: 'series-1', columns }) });
    return openForeign(file, await inspect(file));
  },
});

/**
 * Kernel rarity of sessions: how often the past has seen a session with about these templates.
 *
 *     f(x) = 1/N sum over past sets s of n_s exp(-(sum over differing, due templates e of c_e³)^(1/3))
 *
 * A session is a set of templates (a row of 0 and 1); a template is due where it has come or is late. Nothing is trained
 * offline: past sets, their weights and the costs are inputs, since every session changes them. An anomaly is a small f.
 *
 * Bits: costs below 2^12 on 2^-16, a sum of up to 2^12 of them 40 bits. The kernel comes from a table on 2^-32 over
 * sqrt(distance) in steps of 2^-8, weights on 2^-6 with a sum of at most 2^14: kernel times weights 53 bits. All exact,
 * also in a product of two inputs, whose order of summation is nobody's promise.
 */
import '../onnx/telemetry.js';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { exp } from '../exact/exp.js';
import { ln } from '../exact/log.js';
import { Graph } from '../onnx/graph.js';
import { guard } from '../onnx/guard.js';
import { loadSession, ScoringError } from '../onnx/session.js';
import { cardMetadata } from './card.js';
import type { FeatureMatrix, ModelCard } from './detector.js';
import { clip, onGrid, roundEven } from './feature-grid.js';

const COST_STEPS = 65536;
/** Costs c³ are clipped here: c is then 15.9, a template seen once in eight million sessions. */
export const COST_LIMIT = 4095;
const WEIGHT_STEPS = 64;
/** Largest sum of the weights of past sessions. */
export const WEIGHT_SUM_LIMIT = 16384;
const MOST_TEMPLATES = 4096;
const KERNEL_STEPS = 4294967296;
const ROOT_STEPS = 256;
/** Numbers in the rows x sets matrix of one call: bounds its memory and its time on the event loop. */
const CALL_LIMIT = 262144;

/** Kernel by round(256 sqrt(distance)): exp(-r^(2/3)) on 2^-32, up to where it is 0. */
function kernelTable(): Float64Array {
  const table = [1];
  while (table[table.length - 1]! > 0) {
    const root = table.length / ROOT_STEPS;
    table.push(onGrid(exp(-exp((2 / 3) * ln(root))), KERNEL_STEPS));
  }
  return Float64Array.from(table);
}

const table = kernelTable();

/** A cost c³ as the kernel takes it: on 2^-16, at most COST_LIMIT. */
export const onCostGrid = (cubed: number): number => onGrid(clip(cubed, 0, COST_LIMIT), COST_STEPS);

/** A weight of a past set as the kernel takes it: on 2^-6. */
export const onWeightGrid = (weight: number): number => onGrid(weight, WEIGHT_STEPS);

/** Sessions to score and the past to score them by. */
export interface KernelQuery {
  /** sessions x templates, 0 or 1: which templates have come. */
  readonly x: FeatureMatrix;
  /** sessions x templates, 0 or 1: which templates count. */
  readonly due: FeatureMatrix;
  /** past sets x templates, 0 or 1. */
  readonly sets: FeatureMatrix;
  /** Weight of each past set, on 2^-6, with a sum of at most 2^14. */
  readonly weights: Float64Array;
  /** c_e³ of each template, on 2^-16, at most COST_LIMIT. */
  readonly costs3: Float64Array;
}

function checkQuery({ x, due, sets, weights, costs3 }: KernelQuery): void {
  const templates = costs3.length;
  const refuse = (what: string): never => {
    throw new ScoringError(`kernel rarity: ${what}`);
  };
  if (templates > MOST_TEMPLATES) refuse(`${templates} templates; at most ${MOST_TEMPLATES}`);
  for (const [name, matrix] of Object.entries({ x, due, sets })) {
    if (matrix.columns !== templates || matrix.data.length !== matrix.rows * templates)
      refuse(`${name} has ${matrix.columns} columns for ${templates} templates`);
    if (!matrix.data.every((bit) => bit === 0 || bit === 1)) refuse(`${name} holds a number other than 0 and 1`);
  }
  if (due.rows !== x.rows) refuse(`${x.rows} sessions but ${due.rows} rows of due templates`);
  if (weights.length !== sets.rows) refuse(`${sets.rows} past sets but ${weights.length} weights`);
  if (!costs3.every((cost) => onCostGrid(cost) === cost))
    refuse(`costs must lie on steps of 2^-16 within [0, ${COST_LIMIT}]: use onCostGrid`);
  if (!weights.every((weight) => weight >= 0 && onWeightGrid(weight) === weight))
    refuse('weights must lie on steps of 2^-6: use onWeightGrid');
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum > WEIGHT_SUM_LIMIT) refuse(`the weights sum to ${sum}; at most ${WEIGHT_SUM_LIMIT}: let past sets decay`);
}

/** The same in plain TypeScript, to the bit: f of every session, 0 where the past is empty. */
export function kernelRarity(query: KernelQuery): Float64Array {
  checkQuery(query);
  const { x, due, sets, weights, costs3 } = query;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Float64Array.from({ length: x.rows }, (_, i) => {
    if (!(total > 0)) return 0;
    let mass = 0;
    for (let k = 0; k < sets.rows; k++) {
      let distance = 0;
      for (let e = 0; e < costs3.length; e++) {
        const at = i * costs3.length + e;
        if (due.data[at] === 1 && x.data[at] !== sets.data[k * costs3.length + e]) distance += costs3[e]!;
      }
      mass += weights[k]! * table[Math.min(table.length - 1, roundEven(Math.sqrt(distance) * ROOT_STEPS))]!;
    }
    return mass / total;
  });
}

/** The graph as a file; its bytes never change for a version. */
export function kernelRarityFile(): Buffer {
  const card: ModelCard = {
    name: 'kernel-rarity',
    version: '1',
    kind: 'kernel-rarity',
    schema: 'sessions-1',
    columns: ['x', 'due', 'sets', 'weights', 'costs3'],
    trainedFrom: 0,
    trainedTo: 0,
    exact: true,
    rows: 0,
    description: 'How often the past has seen a session with about these templates; its parameters are inputs.',
  };
  const graph = new Graph('kernel-rarity');
  const x = graph.input('x', 'float64', ['sessions', 'templates']);
  const due = graph.input('due', 'float64', ['sessions', 'templates']);
  const sets = graph.input('sets', 'float64', ['sets', 'templates']);
  const weights = graph.input('weights', 'float64', ['sets', 1]);
  const costs3 = graph.input('costs3', 'float64', ['templates', 1]);
  const cost = graph.node('Reshape', [costs3, graph.constant('row', [2], BigInt64Array.of(1n, -1n))]);
  // d = sum due c (x + s - 2 x s), the exclusive or of x and s: one part without s, one as a product with it.
  const counted = graph.node('Mul', [due, cost]);
  const alone = graph.node('MatMul', [graph.node('Mul', [due, x]), costs3]);
  const turned = graph.node('Sub', [graph.scalar('one', 1), graph.node('Mul', [x, graph.scalar('two', 2)])]);
  const against = graph.node('MatMul', [graph.node('Mul', [counted, turned]), graph.node('Transpose', [sets])]);
  const root = graph.node('Sqrt', [graph.node('Add', [against, alone])]);
  const step = graph.node('Round', [graph.node('Mul', [root, graph.scalar('root_steps', ROOT_STEPS)])]);
  const index = graph.node('Cast', [graph.node('Min', [step, graph.scalar('last', table.length - 1)])], {
    to: { int: 7 },
  });
  const kernel = graph.node('Gather', [graph.constant('kernel', [table.length], table), index]);
  graph.output(graph.node('MatMul', [kernel, weights], {}, { output: 'mass' }), 'float64', ['sessions', 1]);
  return graph.bytes(cardMetadata(card));
}

/** Scores sessions by ONNX Runtime. */
export class KernelRarity {
  private constructor(private readonly session: InferenceSession) {}

  static async open(): Promise<KernelRarity> {
    const file = kernelRarityFile();
    guard(file);
    return new KernelRarity(await loadSession(file, 'kernel-rarity'));
  }

  /**
   * f of every session, in [0, 1]; 0 where the past is empty. Surprise is then -log10(f + 1e-9).
   *
   * @throws ScoringError where shapes do not fit or numbers are off their grids
   */
  async score(query: KernelQuery): Promise<Float64Array> {
    checkQuery(query);
    const { x, due, sets, weights, costs3 } = query;
    const result = new Float64Array(x.rows);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (!(total > 0) || !x.rows) return result;
    if (!costs3.length) return result.fill(1);
    const columns = costs3.length;
    const most = Math.max(1, Math.min(256, Math.floor(CALL_LIMIT / sets.rows)));
    const past = {
      sets: new Tensor('float64', sets.data, [sets.rows, columns]),
      weights: new Tensor('float64', weights, [sets.rows, 1]),
      costs3: new Tensor('float64', costs3, [columns, 1]),
    };
    for (let start = 0; start < x.rows; start += most) {
      const rows = Math.min(most, x.rows - start);
      const slice = (matrix: FeatureMatrix): Tensor =>
        new Tensor('float64', matrix.data.subarray(start * columns, (start + rows) * columns), [rows, columns]);
      const { mass } = await this.session.run({ x: slice(x), due: slice(due), ...past }, ['mass']);
      if (!(mass!.data instanceof Float64Array) || mass!.data.length !== rows)
        throw new ScoringError('kernel rarity returned another shape than one number a session');
      mass!.data.forEach((value, i) => (result[start + i] = value / total));
    }
    return result;
  }

  /** Frees the native memory. */
  async close(): Promise<void> {
    await this.session.release();
  }
}

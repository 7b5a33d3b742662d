/**
 * What an ONNX file may hold before ONNX Runtime sees it. A Loop with 2^62 trips hangs for ever, an Expand of 8 GiB is
 * really allocated, external data is read from the working directory: such files are refused by what they contain.
 * A chain of Concat(x, x) passes any static guard, which is why a foreign model also has a trial run (trial.ts).
 */
import { readModel, type ReadGraph, type ReadModel, type ReadNode, type ReadTensor } from './read.js';

/** Limits on a file; the defaults fit detectors of a few megabytes with room to spare. */
export interface GuardLimits {
  /** Bytes of the file. */
  readonly bytes: number;
  readonly nodes: number;
  /** Elements of all constants together. */
  readonly elements: number;
  /** Longest path of nodes from an input to an output. */
  readonly depth: number;
}

/** The limits that a foreign file must keep. */
export const guardLimits: GuardLimits = { bytes: 64 * 1024 * 1024, nodes: 5000, elements: 16_000_000, depth: 1000 };

/** The file is refused; the message says what in it and why. */
export class RefusedModel extends Error {
  override name = 'RefusedModel';
}

const core = `Abs Add And ArgMax ArgMin BatchNormalization Cast CastLike Ceil Clip Concat Constant DequantizeLinear Div Dropout
  Elu Equal Erf Exp Flatten Floor Gather GatherElements Gelu Gemm Greater GreaterOrEqual HardSigmoid HardSwish Identity
  InstanceNormalization LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization MatMul Max Mean Min
  Mul Neg Not Or PRelu Pow QuantizeLinear Reciprocal ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin
  ReduceProd ReduceSum ReduceSumSquare Relu Reshape Round Selu Shape Sigmoid Sign Slice Softmax Softplus Softsign Split Sqrt
  Squeeze Sub Sum Tanh ThresholdedRelu TopK Transpose Unsqueeze Where Xor`;
const ml = `ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer LabelEncoder LinearClassifier LinearRegressor Normalizer SVMClassifier
  SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor`;
const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));
const allowed: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['', words(core)],
  ['ai.onnx.ml', words(ml)],
]);

/** Why the best known operators are not allowed. */
const reasons: Readonly<Record<string, string>> = {
  Loop: 'it may never end',
  Scan: 'it may never end',
  If: 'it hides a graph in an attribute',
  Expand: 'its result may be of any size',
  Tile: 'its result may be of any size',
  Pad: 'its result may be of any size',
  ConstantOfShape: 'its result may be of any size',
  Range: 'its result may be of any size',
  DynamicQuantizeLinear:
    "it scales over the whole batch, so that a row's score depends on its neighbours and no replay could repeat it",
};

function checkTensor(tensor: ReadTensor, where: string): number {
  if (tensor.external) {
    throw new RefusedModel(
      `${where} keeps its data in another file; save the model with its weights inside (save_as_external_data=False)`,
    );
  }
  const elements = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (tensor.dims.some((dim) => dim < 0) || elements !== tensor.stored) {
    throw new RefusedModel(`${where} claims the shape [${tensor.dims.join(', ')}] but holds ${tensor.stored} elements`);
  }
  return elements;
}

/** Refuses operators outside the list, subgraphs and sparse values; gives the number of elements in its attributes. */
function checkNode(node: ReadNode): number {
  const operators = allowed.get(node.domain);
  if (!operators?.has(node.operator)) {
    const full = node.domain ? `${node.domain}.${node.operator}` : node.operator;
    const reason =
      reasons[node.operator] ??
      (operators
        ? 'it is not on the list of operators that a detector may use'
        : 'only ai.onnx and ai.onnx.ml are allowed');
    throw new RefusedModel(`node "${node.name}" uses the operator ${full}: ${reason}`);
  }
  let elements = 0;
  for (const [name, attribute] of node.attributes) {
    const where = `attribute ${name} of node "${node.name}"`;
    if (attribute.graphs.length) throw new RefusedModel(`${where} is a graph: subgraphs are not allowed`);
    if (attribute.sparse) throw new RefusedModel(`${where} is a sparse tensor: store it dense`);
    elements += attribute.ints.length + attribute.floats.length + attribute.texts.length;
    for (const tensor of attribute.tensors) elements += checkTensor(tensor, where);
  }
  return elements;
}

/** Longest path of nodes; nodes stand in topological order in a valid file, and ONNX Runtime refuses others. */
function depthOf(graph: ReadGraph): number {
  const depths = new Map<string, number>();
  let deepest = 0;
  for (const node of graph.nodes) {
    let depth = 1;
    for (const input of node.inputs) depth = Math.max(depth, (depths.get(input) ?? 0) + 1);
    for (const output of node.outputs) depths.set(output, depth);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/**
 * Reads a file and refuses what a detector has no business to contain. Hand the same buffer to the runtime afterwards,
 * never a path, so that what was checked is what runs.
 *
 * @throws RefusedModel naming the node or tensor and the reason; MalformedModel where the bytes are no model
 */
export function guard(file: Uint8Array, limits: GuardLimits = guardLimits): ReadModel {
  const over = (what: string, size: number, limit: number): void => {
    if (size > limit) throw new RefusedModel(`the model has ${size} ${what}; the limit is ${limit}`);
  };
  over('bytes', file.length, limits.bytes);
  const model = readModel(file);
  const { graph } = model;
  if (model.functions) throw new RefusedModel('the model defines functions of its own: inline them before saving');
  if (model.training) throw new RefusedModel('the model holds training information: export it for inference');
  if (graph.sparse) throw new RefusedModel('the model holds sparse initializers: store them dense');
  over('nodes', graph.nodes.length, limits.nodes);
  over('nodes in a row', depthOf(graph), limits.depth);
  let elements = 0;
  for (const tensor of graph.constants.values()) elements += checkTensor(tensor, `initializer "${tensor.name}"`);
  for (const node of graph.nodes) elements += checkNode(node);
  over('stored elements', elements, limits.elements);
  return model;
}

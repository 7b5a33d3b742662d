import { logs1 } from '../../../models/features/schemas.js';
import type { Inspection } from '../../../models/detectors/foreign.js';
import { cardOf } from '../../../models/detectors/load.js';
import { Graph } from '../../../models/onnx/graph.js';
import { openSet, writeSet } from '../../../models/registry/registry.js';

const columns = logs1.columns.map(({ name }) => name);

function constantDetector(name: string): Uint8Array {
  const graph = new Graph('candidate');
  const rows = graph.input('rows', 'float32', ['n', columns.length]);
  const none = graph.constant('none', [columns.length, 1], new Float32Array(columns.length));
  graph.output(graph.node('MatMul', [rows, none]), 'float32', ['n', 1]);
  return graph.bytes({ 'tocsin.card': JSON.stringify({ schema: 'logs-1', columns, name }) });
}

/**
 * Stores a bad model: a set whose detectors of logs all give one number, in a folder of sets.
 * @param like id of the set whose other members it has
 * @returns its id
 */
export async function writeConstantSet(models: string, like: string): Promise<string> {
  const set = await openSet(models, like);
  const prefix = 'detector/logs-1/';
  const members = set.names.map((name): [string, Uint8Array] => [
    name,
    name.startsWith(prefix) ? constantDetector(name.slice(prefix.length)) : set.bytes(name),
  ]);
  const inspect = async (file: Uint8Array): Promise<Inspection> => ({ card: cardOf(file), differing: 0 });
  return writeSet(models, { from: set.index.from, members: Object.fromEntries(members) }, { inspect });
}

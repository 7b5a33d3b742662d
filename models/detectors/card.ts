/** The model card in an ONNX file: JSON under one metadata key. */
import type { ReadModel } from '../onnx/read.js';
import { RefusedModel } from '../onnx/guard.js';
import type { ModelCard } from './detector.js';

/** The metadata key. */
export const CARD = 'tocsin.card';

/** A card as metadata of a file. */
export const cardMetadata = (card: ModelCard): Record<string, string> => ({ [CARD]: JSON.stringify(card) });

/** What the card of a foreign model may say beyond a ModelCard. */
export interface ForeignPorts {
  /** Name of the output that holds the score; by default the only floating-point one. */
  readonly output?: string;
  /** Place of the score where that output has the chances of several classes. */
  readonly column?: number;
  /** -1 where lower is more anomalous, as in scikit-learn's score_samples. */
  readonly sign: 1 | -1;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The card of a file, and how its score is to be read. Everything but schema and columns has a default.
 *
 * @throws RefusedModel where there is none, or where schema or columns are missing
 */
export function readCard(model: ReadModel): { readonly card: ModelCard; readonly ports: ForeignPorts } {
  const text = model.metadata.get(CARD);
  const example = `{"schema": "series-1", "columns": ["first", "second"], "name": "my-model"}`;
  if (text === undefined) {
    throw new RefusedModel(`the model has no card: set the metadata property ${CARD} to JSON such as ${example}`);
  }
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw new RefusedModel(`the metadata property ${CARD} is no JSON; expected something like ${example}`);
  }
  if (!isRecord(said))
    throw new RefusedModel(`the metadata property ${CARD} is no object; expected something like ${example}`);
  const textAt = (key: string, otherwise: string): string => (typeof said[key] === 'string' ? said[key] : otherwise);
  const numberAt = (key: string): number => (typeof said[key] === 'number' ? said[key] : 0);
  const { columns } = said;
  const schema = textAt('schema', '');
  if (!schema || !Array.isArray(columns) || !columns.length || !columns.every((name) => typeof name === 'string')) {
    throw new RefusedModel(`the card must name its feature schema and columns, as in ${example}`);
  }
  const card: ModelCard = {
    name: textAt('name', 'foreign'),
    version: textAt('version', '1'),
    kind: textAt('kind', 'foreign'),
    schema,
    columns,
    trainedFrom: numberAt('trainedFrom'),
    trainedTo: numberAt('trainedTo'),
    exact: said.exact === true,
    rows: numberAt('rows'),
    description: textAt('description', ''),
  };
  return {
    card,
    ports: {
      sign: said.sign === -1 ? -1 : 1,
      ...(typeof said.output === 'string' ? { output: said.output } : {}),
      ...(Number.isInteger(said.class) && Number(said.class) >= 0 ? { column: Number(said.class) } : {}),
    },
  };
}

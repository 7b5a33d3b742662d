/**
 * `decide` as a model: raw lines or rows of features in; level, threshold, would-fire, whom the policy believes and an
 * explanation out, from a copy of the stream's state. Each window is decided from what the one before it leaves, so that
 * the windows that follow `as_of` have the bits that the stream will give them.
 */
import type { Config, SourceConfig } from '../../config/schema.js';
import { streamName } from '../../config/stream-name.js';
import { aspectScores } from '../../models/features/aspects.js';
import { logs1, series1 } from '../../models/features/schemas.js';
import { onFeatureGrid } from '../../models/detectors/feature-grid.js';
import { directionOf } from '../../operators/features/row-builder.js';
import { NotReady } from '../../operators/artefact.js';
import { entityFromKey } from '../../records/entity.js';
import { compareBytes } from '../../records/wire/order.js';
import type { FeatureRow } from '../../records/row.js';
import type { Closed } from '../../records/window.js';
import {
  AsideClosed,
  type AsideDecision,
  type Aside,
  type KnownEntity,
  type AsideQuestion,
} from '../../topologies/aside.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { matrixOf, maxRows } from './feature-rows.js';
import type { Inferred, ServedModel, TensorMetadata } from './model.js';
import { windowsOfLines } from './raw-windows.js';
import { isRowOf, type DecisionLookup } from './recorded.js';
import type { InputTensor, OutputTensor } from './tensors.js';

/** Lines of one request. */
const maxLines = 20_000;
const maxEntities = 64;

export interface DecideParts {
  readonly config: Config;
  /** What answers for an entity; undefined where its shard is at another process, or the run still starts. */
  readonly asideOf: (entity: string) => Aside | undefined;
  /** In words, where the state of an entity is that is not here. */
  readonly whereIs: (entity: string) => Promise<string>;
  readonly inForce: () => string | undefined;
  /** What was decided already. */
  readonly recorded: DecisionLookup;
}

/** One row of the answer. */
interface DecidedRow {
  readonly entity: string;
  readonly end: number;
  readonly asOf: number;
  readonly level: number;
  readonly threshold: number;
  readonly fires: boolean;
  readonly believed: string;
  readonly explanation: string;
  readonly artefact: string;
}

const any = (name: string, datatype: string): TensorMetadata => ({ name, datatype, shape: [-1] });

export function decideModel({ config, asideOf, whereIs, inForce, recorded }: DecideParts): ServedModel {
  const version = inForce() ?? '';
  const ask = async (question: AsideQuestion): Promise<DecidedRow[]> => {
    const { entity } = question;
    const aside = asideOf(entity);
    if (!aside) throw new HttpProblem(503, `the state of ${entity} is not at this process: ${await whereIs(entity)}`);
    return answered(question, aside);
  };
  return {
    name: 'decide',
    version,
    platform: 'tocsin',
    inputs: [
      any('entity', 'BYTES'),
      { name: 'features', datatype: 'FP64', shape: [-1, -1] },
      { name: 'aspects', datatype: 'FP64', shape: [-1, aspectScores] },
      any('end', 'INT64'),
      any('lines', 'BYTES'),
    ],
    outputs: [
      ...[any('entity', 'BYTES'), any('end', 'INT64'), any('as_of', 'INT64')],
      ...[any('level', 'FP64'), any('threshold', 'FP64'), any('would_fire', 'BOOL')],
      ...[any('believed', 'BYTES'), any('explanation', 'BYTES')],
    ],
    async infer(inputs, parameters): Promise<Inferred> {
      const unknown = [...inputs.keys()].filter((name) => !known.has(name));
      if (unknown.length > 0)
        throw new HttpProblem(400, `no input ${unknown.join(', ')}: there is ${[...known].join(', ')}`);
      const lines = inputs.get('lines');
      const answers: DecidedRow[] = [];
      if (lines) {
        for (const question of await ofLines(config, sourceOf(config, parameters.source), lines, inputs))
          answers.push(...(await ask(question)));
      } else
        for (const { question, entity, ends, rows } of ofRows(inputs, config.windows))
          answers.push(...((await decidedOf(entity, ends, rows, recorded)) ?? (await ask(question))));
      const artefact = answers[answers.length - 1]?.artefact;
      return { ...(artefact ? { version: artefact } : {}), outputs: outputsOf(answers) };
    },
  };
}

const known: ReadonlySet<string> = new Set(['entity', 'features', 'aspects', 'end', 'lines']);

/** Answers of the log, where all rows were decided already; undefined where not. */
async function decidedOf(
  entity: string,
  ends: readonly number[],
  rows: readonly Float64Array[],
  recorded: DecisionLookup,
): Promise<DecidedRow[] | undefined> {
  const shown: DecidedRow[] = [];
  for (const [i, end] of ends.entries()) {
    const decision = await recorded(entity, end);
    if (!decision || !isRowOf(decision, rows[i]!)) return undefined;
    const { u, threshold, fired, arms, artefact, start } = decision;
    const [heaviest] = [...arms].sort((a, b) => b.weight - a.weight);
    shown.push({
      ...{ entity, end, level: u, threshold, fires: fired, artefact, asOf: start },
      believed: heaviest?.arm ?? 'plain rules alone',
      explanation: 'decided already: this is what the log has',
    });
  }
  return shown.length > 0 ? shown : undefined;
}

const shownOf = ({ decided: { decision }, explanation, asOf }: AsideDecision): DecidedRow => ({
  ...{ entity: decision.entity, end: decision.end, asOf, level: decision.u, threshold: decision.threshold },
  ...{ fires: decision.fired, artefact: decision.artefact },
  ...{ believed: explanation.believed, explanation: explanation.summary },
});

async function answered(question: AsideQuestion, aside: Aside): Promise<DecidedRow[]> {
  try {
    return (await aside.ask(question)).map(shownOf);
  } catch (error) {
    if (error instanceof AsideClosed || error instanceof NotReady) throw new HttpProblem(503, error.message);
    throw error;
  }
}

function sourceOf({ sources }: Config, asked: unknown): SourceConfig {
  const name = typeof asked === 'string' ? asked : undefined;
  const found = name === undefined ? sources[0] : sources.find((source) => namesOf(source).includes(name));
  if (!found)
    throw new HttpProblem(400, `parameters.source: there is ${sources.flatMap(namesOf).join(', ') || 'no source'}`);
  if (found.format === 'registry')
    throw new HttpProblem(400, 'records of a schema registry are no lines: send rows of features');
  return found;
}

function namesOf(source: SourceConfig): readonly string[] {
  if (source.type === 'file') return [source.path];
  if (source.type === 'http') return [source.name];
  return source.type === 'nats' ? [streamName(source)] : source.topics;
}

/** Texts of `entity`, checked. */
function entitiesOf(given: InputTensor | undefined): readonly string[] {
  if (given && given.datatype !== 'BYTES') throw new HttpProblem(400, 'entity: datatype BYTES');
  for (const key of given?.texts ?? []) {
    try {
      if (entityFromKey(key).kind === 'session') throw new HttpProblem(400, `${key}: sessions are not decided aside`);
    } catch (error) {
      if (error instanceof HttpProblem) throw error;
      throw new HttpProblem(400, `${key.slice(0, 200)} is no entity: /api/v1/entities lists them`);
    }
  }
  return given?.texts ?? [];
}

async function ofLines(
  config: Config,
  source: SourceConfig,
  lines: InputTensor,
  inputs: ReadonlyMap<string, InputTensor>,
): Promise<AsideQuestion[]> {
  if (inputs.has('features') || inputs.has('aspects') || inputs.has('end'))
    throw new HttpProblem(400, 'lines come alone, or with entity');
  if (lines.datatype !== 'BYTES') throw new HttpProblem(400, 'lines: datatype BYTES');
  if (lines.texts.length > maxLines) throw new HttpProblem(400, `${lines.texts.length} lines: at most ${maxLines}`);
  const { windows, definitions, refused } = await windowsOfLines(config, source, lines.texts);
  if (windows.length === 0)
    throw new HttpProblem(400, `no line could be read${refused[0] === undefined ? '' : `: ${refused[0]}`}`);
  const meant = new Set(entitiesOf(inputs.get('entity')));
  const entities = [...new Set(windows.map(({ entity }) => entity))].sort(compareBytes);
  const asked = meant.size === 0 ? entities : entities.filter((entity) => meant.has(entity));
  if (asked.length === 0) throw new HttpProblem(400, `the lines are of ${entities.join(', ').slice(0, 500)}`);
  if (asked.length > maxEntities)
    throw new HttpProblem(400, `the lines are of ${asked.length} entities: at most ${maxEntities}`);
  return asked.map((entity): AsideQuestion => {
    const own = windows.filter((window) => window.entity === entity);
    return {
      entity,
      windows: (state) => {
        notBefore(entity, own[0]!.end, state);
        return own.map((window, i): readonly Closed[] => (i === 0 ? [...definitions, window] : [window]));
      },
    };
  });
}

/** What was learnt already cannot be decided as it was. */
function notBefore(entity: string, end: number, { last }: KnownEntity): void {
  if (end <= last)
    throw new HttpProblem(
      409,
      `${entity}: the window up to ${new Date(end).toISOString()} was decided already, up to ${new Date(last).toISOString()}; ` +
        '/api/v1/decisions has what was decided',
    );
}

interface AskedRows {
  readonly entity: string;
  readonly question: AsideQuestion;
  /** Ends of the rows, ms; empty where none were given. */
  readonly ends: readonly number[];
  readonly rows: readonly Float64Array[];
}

function ofRows(inputs: ReadonlyMap<string, InputTensor>, { length, pane }: Config['windows']): AskedRows[] {
  const features = inputs.get('features');
  if (!features) throw new HttpProblem(400, 'features or lines are needed');
  const [rows = 0, columns = 0] = features.shape;
  const names = entitiesOf(inputs.get('entity'));
  if (names.length !== rows && names.length !== 1)
    throw new HttpProblem(400, `entity: ${names.length} names for ${rows} rows: give one, or one a row`);
  const data = matrixOf(features, columns).map(onFeatureGrid);
  const aspects = inputs.get('aspects');
  if (aspects && aspects.shape[0] !== rows) throw new HttpProblem(400, `aspects: ${aspects.shape[0]} rows of ${rows}`);
  const aspectData = aspects && matrixOf(aspects, aspectScores);
  const ends = inputs.get('end')?.numbers;
  if (ends && ends.length !== rows) throw new HttpProblem(400, `end: ${ends.length} times for ${rows} rows`);
  if (ends?.some((end) => !(Number.isSafeInteger(end) && end > 0 && end < maxTime)))
    throw new HttpProblem(400, 'end: ms since 1970');

  const byEntity = new Map<string, number[]>();
  for (let i = 0; i < rows; i++) {
    const entity = names[names.length === 1 ? 0 : i]!;
    byEntity.set(entity, [...(byEntity.get(entity) ?? []), i]);
  }
  if (byEntity.size > maxRows) throw new HttpProblem(400, 'too many entities');
  return [...byEntity].map(([entity, places]): AskedRows => {
    const isSeries = entityFromKey(entity).kind === 'series';
    const schema = isSeries ? series1 : logs1;
    if (schema.columns.length !== columns)
      throw new HttpProblem(
        400,
        `${entity}: ${columns} features, its schema ${schema.id} has ${schema.columns.length}`,
      );
    if (!isSeries && !aspectData)
      throw new HttpProblem(
        400,
        `${entity}: a log service is judged by its aspects: give aspects beside features, or lines`,
      );
    const span = isSeries ? pane : length;
    const rows = places.map((i) => data.slice(i * columns, (i + 1) * columns));
    const question: AsideQuestion = {
      entity,
      rows: (state) => {
        let [first, before] = [state.first, state.last];
        return places.map((i, n) => {
          // Without a time it is the window that comes next; before the first one, any.
          const end = ends?.[i] ?? (before === 0 ? span : before) + span;
          if (n === 0) notBefore(entity, end, state);
          else if (end <= before) throw new HttpProblem(400, `${entity}: row ${i}: ends ascend`);
          if (first === 0) first = end;
          before = end;
          return rowOf({
            schema,
            subject: { entity, start: end - span, end, key: '' },
            vector: rows[n]!,
            known: end - first,
            ...(aspectData && !isSeries
              ? { aspects: aspectData.slice(i * aspectScores, (i + 1) * aspectScores), notes: [] }
              : {}),
          });
        });
      },
    };
    return { entity, question, rows, ends: ends ? places.map((i) => ends[i]!) : [] };
  });
}

/** The year 9999. */
const maxTime = 253_402_300_800_000;

function rowOf(given: Pick<FeatureRow, 'schema' | 'subject' | 'vector' | 'known' | 'aspects' | 'notes'>): FeatureRow {
  const none = new Float64Array(given.vector.length).fill(NaN);
  return {
    ...given,
    type: 'row',
    actual: none,
    typical: none,
    templates: [],
    lines: 0,
    direction: directionOf(given.schema, given.vector),
    rules: [],
    flags: [],
    warm: true,
  };
}

function outputsOf(answers: readonly DecidedRow[]): OutputTensor[] {
  const shape = [answers.length];
  const texts = (name: string, of: (answer: DecidedRow) => string): OutputTensor => ({
    ...{ name, datatype: 'BYTES', shape },
    data: answers.map(of),
  });
  const numbers = (
    name: string,
    datatype: 'FP64' | 'INT64' | 'BOOL',
    of: (answer: DecidedRow) => number,
  ): OutputTensor => ({
    ...{ name, datatype, shape },
    data: answers.map(of),
  });
  return [
    texts('entity', ({ entity }) => entity),
    numbers('end', 'INT64', ({ end }) => end),
    numbers('as_of', 'INT64', ({ asOf }) => asOf),
    numbers('level', 'FP64', ({ level }) => level),
    numbers('threshold', 'FP64', ({ threshold }) => threshold),
    numbers('would_fire', 'BOOL', ({ fires }) => Number(fires)),
    texts('believed', ({ believed }) => believed),
    texts('explanation', ({ explanation }) => explanation),
  ];
}

/**
 * What the offline feature store holds, as flat columns: windows and series with their features, decisions with their
 * scores, and answers. No text of a message is in any of them; a session's key may be one, and is stored as its hash.
 */
import { createHash } from 'node:crypto';
import type { ParquetColumn, Row, Value } from '../../connectors/parquet/part.js';
import { schemas } from '../../models/features/schemas.js';
import type { Decision } from '../../records/score.js';
import type { Verdict } from '../../records/verdict.js';

export const viewNames = ['windows', 'series', 'decisions', 'answers'] as const;
export type ViewName = (typeof viewNames)[number];

/** A row on its way to a part. Parts hold rows of one view, day and schema. */
export interface ViewRow {
  readonly view: ViewName;
  /** The feature schema; empty for views that have none. */
  readonly schema: string;
  readonly row: Row;
}

/** `event_time`: what the row is about ends there. `known_time`: the boundary at which it was decided, or learnt. */
const times: readonly ParquetColumn[] = [
  { name: 'event_time', type: 'TIMESTAMP' },
  { name: 'known_time', type: 'TIMESTAMP' },
];
const subject: readonly ParquetColumn[] = [
  { name: 'entity', type: 'STRING' },
  ...times,
  { name: 'start_time', type: 'TIMESTAMP' },
];
const featureHead: readonly ParquetColumn[] = [
  ...subject,
  { name: 'schema', type: 'STRING' },
  { name: 'inexact', type: 'STRING' },
];
const decisionHead: readonly ParquetColumn[] = [
  ...subject,
  { name: 'session', type: 'STRING' },
  { name: 'schema', type: 'STRING' },
  { name: 'artefact', type: 'STRING' },
  { name: 'policy', type: 'STRING' },
  { name: 'u', type: 'DOUBLE' },
  { name: 'threshold', type: 'DOUBLE' },
  { name: 'confidence', type: 'DOUBLE' },
  { name: 'propensity', type: 'DOUBLE' },
  { name: 'direction', type: 'INT32' },
  { name: 'fired', type: 'BOOLEAN' },
  { name: 'listed', type: 'BOOLEAN' },
  { name: 'asked', type: 'BOOLEAN' },
  { name: 'vetoed', type: 'BOOLEAN' },
  { name: 'rules', type: 'STRING' },
  { name: 'inexact', type: 'STRING' },
];
const answerHead: readonly ParquetColumn[] = [
  { name: 'entity', type: 'STRING' },
  ...times,
  { name: 'session', type: 'STRING' },
  { name: 'verdict', type: 'STRING' },
  { name: 'value', type: 'STRING' },
  { name: 'anomaly', type: 'BOOLEAN' },
  { name: 'revoked', type: 'BOOLEAN' },
];
const heads: Readonly<Record<ViewName, readonly ParquetColumn[]>> = {
  windows: featureHead,
  series: featureHead,
  decisions: decisionHead,
  answers: answerHead,
};

/** What makes a row of a view itself: it is stored once. */
export const identityOf: Readonly<Record<ViewName, readonly string[]>> = {
  windows: ['entity', 'event_time'],
  series: ['entity', 'event_time'],
  decisions: ['entity', 'event_time', 'known_time', 'session'],
  answers: ['entity', 'known_time', 'verdict', 'revoked'],
};

const rowIdentity = new Map<ViewName, (row: Row) => string>(
  viewNames.map((view) => [view, (row) => identityOf[view].map((name) => row[name] ?? '').join('\0')]),
);

/** Equal for rows that are the same. */
export const idOf = (view: ViewName, row: Row): string => rowIdentity.get(view)!(row);

/** Columns of a part: those that every row of the view has, and those of its features or detectors in order of names. */
export function columnsOf(view: ViewName, schema: string, rows: readonly Row[]): ParquetColumn[] {
  const head = heads[view];
  const known = new Set(head.map(({ name }) => name));
  if (view === 'answers') return [...head];
  const features = schemas.get(schema)?.columns.map(({ name }) => name);
  const more =
    view === 'decisions' || !features
      ? [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => !known.has(name)).sort()
      : features;
  const type = view === 'decisions' ? 'DOUBLE' : 'FLOAT';
  return [...head, ...more.map((name): ParquetColumn => ({ name, type }))];
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
const sessionOf = (key: string): string => (key === '' ? '' : hashOf(key));
/** Names of detectors have dashes and blanks, which not every query engine takes in a column. */
const columnName = (detector: string): string => detector.replace(/[^A-Za-z0-9]+/g, '_');

/** The rows of a decision: its features, where it is about a window, and the decision itself. */
export function* rowsOf(decision: Decision): Generator<ViewRow> {
  const { entity, start, end, key, schema, flags } = decision;
  const features = schemas.get(schema)?.columns;
  const about = { entity, event_time: end, known_time: end, start_time: start };
  if (key === '' && features?.length === decision.features.length) {
    const row: Record<string, Value> = { ...about, schema, inexact: flags.join(' ') };
    features.forEach(({ name }, i) => (row[name] = Math.fround(decision.features[i]!)));
    yield { view: schema.startsWith('series') ? 'series' : 'windows', schema, row };
  }
  const row: Record<string, Value> = {
    ...about,
    session: sessionOf(key),
    schema,
    inexact: flags.join(' '),
    artefact: decision.artefact,
    policy: decision.policy,
    u: decision.u,
    threshold: decision.threshold,
    confidence: decision.confidence,
    propensity: decision.propensity,
    direction: decision.direction,
    fired: decision.fired,
    listed: decision.listed,
    asked: decision.asked,
    vetoed: decision.vetoed,
    rules: decision.rules.join(' '),
  };
  for (const { detector, score, u } of decision.scores) {
    row[`score_${columnName(detector)}`] = score;
    row[`u_${columnName(detector)}`] = u;
  }
  // What a session is about begins with its first event, and it is judged several times.
  if (key !== '') row.event_time = start;
  yield { view: 'decisions', schema: '', row };
}

/** The row of a verdict that took effect, or was taken back, at the boundary `at`, ms. */
export function answerRow({ id, value, context }: Verdict, isRevoked: boolean, at: number): ViewRow {
  const { entity, key, end } = context;
  const row: Row = {
    entity,
    event_time: end,
    known_time: at,
    session: sessionOf(key),
    verdict: hashOf(id),
    value,
    anomaly: value === 'anomaly',
    revoked: isRevoked,
  };
  return { view: 'answers', schema: '', row };
}

/** Looks for drift in what was decided: features, scores, believed levels and verdicts, each entity by its own past. */
import { createAdwin, observeValue } from '../../models/drift/adwin.js';
import { discoveries } from '../../models/drift/false-discoveries.js';
import { driftOf, minDays, referenceOf, type Drift, type DriftReference } from '../../models/drift/reference.js';
import { schemas } from '../../models/features/schemas.js';
import type { Decision } from '../../records/score.js';
import { hashText } from '../../records/wire/hash.js';

/** An answered window. */
export interface DatedAnswer {
  readonly end: number;
  readonly isTrue: boolean;
  /** Tells answers at one time apart. */
  readonly subject: string;
}

export interface DriftSource {
  /** All decisions, each entity's in order of time; read several times. */
  readonly decisions: () => AsyncIterable<Decision>;
  readonly answers: readonly DatedAnswer[];
  readonly seed: number;
}

export interface DriftRequest {
  /** Event time that the reference is learnt from, from the entity's first window on, ms. */
  readonly reference: number;
  /** Instead: windows that end after `from` and up to `until` are the reference, those up to `to` are judged; ms. */
  readonly between?: { readonly from: number; readonly until: number; readonly to: number };
  /** False drift alarms a week, of all entities together. */
  readonly budget: number;
}

/** A day of an entity on which something drifted. */
export interface DriftAlarm {
  readonly entity: string;
  /** End of the day, ms. */
  readonly at: number;
  /** What drifted, the least likely first. */
  readonly series: readonly (Drift & { readonly name: string })[];
}

/** How an entity stands on its last day. */
export interface DriftStanding {
  readonly entity: string;
  readonly at: number;
  readonly days: number;
  readonly alarms: number;
  readonly isDrifted: boolean;
  /** The series that is furthest out on the last day. */
  readonly worst?: Drift & { readonly name: string };
}

/** Share of answers that were anomalies, of all entities: where ADWIN saw it change. */
export interface VerdictDrift {
  readonly answers: number;
  /** Event times of the answered windows at which the share changed, ms. */
  readonly changes: readonly number[];
}

export interface DriftReport {
  readonly entities: readonly DriftStanding[];
  /** In order of time. */
  readonly alarms: readonly DriftAlarm[];
  /** Entities of which there is less than the reference and a day. */
  readonly young: number;
  /** Level of an entity's day, and alarms that are expected without any drift, in all. */
  readonly level: number;
  readonly expected: number;
  readonly verdicts: VerdictDrift;
}

const dayMs = 86_400_000;
/** Entities that are held at once: the log is read once for as many. */
const atOnce = 200;
/** An entity's own baselines are young for so long: what they normalise is not what it will be, ms. */
const settling = 2 * dayMs;
/** A day with less of its windows is not judged. */
const minShare = 0.5;

/** Values of an entity by name, in the order of time. */
interface EntityPast {
  readonly times: number[];
  readonly series: Map<string, number[]>;
}

export async function findDrift(source: DriftSource, request: DriftRequest): Promise<DriftReport> {
  const { budget, between } = request;
  const windows = (): AsyncGenerator<Decision> => windowsIn(source, between);
  const entities = await entitiesOf(windows());
  // Every entity has a chance each day.
  const level = Math.min(0.5, budget / (7 * Math.max(1, entities.length)));
  const alarms: DriftAlarm[] = [];
  const standings: DriftStanding[] = [];
  let [young, days] = [0, 0];
  for (let start = 0; start < entities.length; start += atOnce) {
    const pasts = await pastsOf(windows(), new Set(entities.slice(start, start + atOnce)));
    for (const [entity, past] of pasts) {
      const found = judge(entity, past, request, level, source.seed);
      if (!found) {
        young++;
        continue;
      }
      days += found.standing.days;
      alarms.push(...found.alarms);
      standings.push(found.standing);
    }
  }
  alarms.sort((a, b) => a.at - b.at || (a.entity < b.entity ? -1 : 1));
  const verdicts = verdictDrift(source.answers);
  return { entities: standings, alarms, young, level, expected: level * days, verdicts };
}

async function* windowsIn({ decisions }: DriftSource, between: DriftRequest['between']): AsyncGenerator<Decision> {
  for await (const decision of decisions())
    if (decision.key === '' && (!between || (decision.end > between.from && decision.end <= between.to)))
      yield decision;
}

async function entitiesOf(windows: AsyncIterable<Decision>): Promise<string[]> {
  const found = new Set<string>();
  for await (const { entity } of windows) found.add(entity);
  return [...found].sort();
}

async function pastsOf(
  windows: AsyncIterable<Decision>,
  wanted: ReadonlySet<string>,
): Promise<Map<string, EntityPast>> {
  const pasts = new Map<string, EntityPast>();
  for await (const decision of windows) {
    if (!wanted.has(decision.entity)) continue;
    let past = pasts.get(decision.entity);
    if (!past) pasts.set(decision.entity, (past = { times: [], series: new Map() }));
    // A restart writes again what its checkpoint did not cover.
    if (decision.end <= (past.times.at(-1) ?? Number.NEGATIVE_INFINITY)) continue;
    past.times.push(decision.end);
    for (const [name, value] of seriesOf(decision)) {
      let values = past.series.get(name);
      if (!values) past.series.set(name, (values = new Array<number>(past.times.length - 1).fill(Number.NaN)));
      values.push(value);
    }
    for (const values of past.series.values()) if (values.length < past.times.length) values.push(Number.NaN);
  }
  return pasts;
}

function* seriesOf({ schema, features, scores, u, artefact }: Decision): Generator<readonly [string, number]> {
  const columns = schemas.get(schema)?.columns ?? [];
  for (const [i, { name }] of columns.entries()) if (i < features.length) yield [`feature ${name}`, features[i]!];
  // Another set is another scale.
  const set = artefact.slice(0, 8);
  for (const { detector, score } of scores) if (Number.isFinite(score)) yield [`score ${detector} (${set})`, score];
  if (scores.length > 0) yield [`believed u (${set})`, u];
}

function judge(
  entity: string,
  { times, series }: EntityPast,
  { reference: usual, between }: DriftRequest,
  level: number,
  seed: number,
): { readonly alarms: DriftAlarm[]; readonly standing: DriftStanding } | undefined {
  const settled = indexFrom(times, times[0]! + settling);
  const first = times[settled] ?? 0;
  // What ends at the bound was learnt from.
  const until = indexFrom(times, between ? between.until + 1 : first + usual);
  const span = between ? between.until - first : usual;
  if (settled === times.length || until === times.length || span < minDays * dayMs) return undefined;
  const size = Math.round((until - settled) / (span / dayMs));
  /** References, and the place from which on days are compared with them. */
  const references = new Map<string, { readonly reference: DriftReference; readonly from: number }>();
  for (const [name, values] of series) {
    // The scores of a later set have a reference of their own.
    const begins = Math.max(settled, values.findIndex(Number.isFinite));
    const from = indexFrom(times, times[begins]! + span);
    const known = values.slice(begins, from).filter(Number.isFinite);
    if (from === times.length || known.length < minShare * (span / dayMs) * size) continue;
    const reference = referenceOf(known, size, hashText(`${entity} ${name}`, seed));
    if (reference) references.set(name, { reference, from });
  }
  if (references.size === 0) return undefined;
  const alarms: DriftAlarm[] = [];
  let days = 0;
  let standing: DriftStanding | undefined;
  for (let start = until; start < times.length;) {
    const begins = times[start]!;
    let end = start;
    while (end < times.length && times[end]! - begins < dayMs) end++;
    if (end - start >= minShare * size) {
      days++;
      const at = times[end - 1]!;
      const drifts = [...references].flatMap(([name, { reference, from }]) => {
        if (start < from) return [];
        const own = series.get(name)!.slice(start, end).filter(Number.isFinite);
        return own.length < minShare * size ? [] : [{ name, ...driftOf(reference, own) }];
      });
      const counts = discoveries(
        drifts.map(({ p }) => p),
        level,
      );
      const found = drifts.filter((_, i) => counts[i]).sort((a, b) => a.p - b.p);
      if (found.length > 0) alarms.push({ entity, at, series: found });
      const worst = drifts.reduce<(typeof drifts)[number] | undefined>((a, b) => (a && a.p <= b.p ? a : b), undefined);
      standing = { entity, at, days, alarms: alarms.length, isDrifted: found.length > 0, ...(worst ? { worst } : {}) };
    }
    start = end;
  }
  return standing && { alarms, standing };
}

/** The first place at or after a time. */
function indexFrom(times: readonly number[], time: number): number {
  const found = times.findIndex((one) => one >= time);
  return found < 0 ? times.length : found;
}

/** What people answer says whether alerts are as good as they were. */
function verdictDrift(given: readonly DatedAnswer[]): VerdictDrift {
  const answers = [...given].sort((a, b) => a.end - b.end || (a.subject < b.subject ? -1 : 1));
  const window = createAdwin();
  const changes = answers.filter(({ isTrue }) => observeValue(window, Number(isTrue))).map(({ end }) => end);
  return { answers: answers.length, changes };
}

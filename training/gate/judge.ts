/** Judges what a candidate did beside the champion: each check by itself, with its figures and the reason where it fails. */
import { countInterval, rankCorrelation, shareInterval, signTest, type Interval } from './intervals.js';
import type { Probe } from './probe.js';
import type { DetectorRecord, PagedAlert, TrialRecord } from './record.js';

/** A set in the trial. */
export interface TriedSet {
  readonly record: TrialRecord;
  /** Its own detectors, `SCHEMA/NAME`; the aspects of a log service are nobody's. */
  readonly detectors: ReadonlySet<string>;
  /** By schema. */
  readonly probes: ReadonlyMap<string, Probe>;
}

/** A window that a person answered. */
export interface AnsweredWindow {
  readonly entity: string;
  readonly end: number;
  readonly isTrue: boolean;
}

/** What a window and the answer to it are found by. */
export const windowKey = ({ entity, end }: Pick<AnsweredWindow, 'entity' | 'end'>): string => `${end} ${entity}`;

export interface GateInput {
  /** Why the candidate could not be tried at all; then there is no `candidate`. */
  readonly failure?: string;
  readonly candidate?: TriedSet;
  readonly champion?: TriedSet;
  readonly answers: readonly AnsweredWindow[];
  /** Whether the champion ships with tocsin: own models need not agree with it, and judge more than it does. */
  readonly isShipped?: boolean;
  /** False alerts a week that a service may cost. */
  readonly budget: number;
  /** Event time that was tried, ms. */
  readonly span: number;
}

export interface GateCheck {
  readonly name: string;
  readonly passed: boolean;
  /** The figures, in words. */
  readonly said: string;
}

export interface GateFigures {
  readonly weeks: number;
  readonly entities: number;
  readonly alerts: Side & { readonly allowed: number; readonly limit: number; readonly interval: Interval };
  /** Alerts of the candidate where the champion had none, a week. */
  readonly fresh: { readonly aWeek: number; readonly interval: Interval };
  /** Of the windows that were answered: those on which each fires. */
  readonly answered: Readonly<Record<'true' | 'false', Side & { readonly all: number; readonly interval: Interval }>>;
  readonly lost: number;
  readonly won: number;
  /** Correlation of the ranks of what is believed, and share of windows that are decided alike. */
  readonly agreement?: { readonly ranks: number; readonly alike: number; readonly windows: number } | undefined;
  readonly separation: Readonly<Record<string, Side>>;
  readonly operations: Readonly<Record<string, Side>>;
  readonly ms: Readonly<Record<string, Side>>;
}

export interface Side {
  readonly candidate: number;
  readonly champion?: number;
}

export interface GateResult {
  readonly passed: boolean;
  readonly checks: readonly GateCheck[];
  readonly figures?: GateFigures;
}

const week = 7 * 86_400_000;
/** Factor and alerts on top by which a candidate may be louder than the champion, or than the budgets allow. */
const louder = 3;
const slack = 3;
/** Factor by which a detector may exceed once a week where it claims that, and the champion's worst one. */
const miscalibrated = 10;
/** A set whose mean separation is below this, or below the champion's by more than that, sees nothing. */
const minSeparation = 0.6;
const maxLoss = 0.1;
/** Operations a row that are always accepted, and the factor over the champion's beyond. */
const freeOperations = 50_000;
const maxSlower = 10;
/** Windows below which a constant score, or a rank correlation, means nothing. */
const minWindows = 50;
const minRanks = 0.1;
/** An answered window counts as found where one fires within this time of it, ms. */
const near = 3_600_000;
const significant = 0.05;

export function judge(input: GateInput): GateResult {
  const { candidate, champion, failure } = input;
  if (!candidate)
    return { passed: false, checks: [{ name: 'runs', passed: false, said: failure ?? 'it was not tried' }] };
  const figures = figuresOf(input, candidate);
  const checks = [
    { name: 'runs', passed: true, said: 'it loads, and scores every window' },
    scores(candidate),
    coverage(candidate, champion),
    constant(candidate, champion),
    volume(figures),
    calibration(candidate, champion, input.span),
    answers(figures),
    separation(figures),
    cost(figures),
    agreement(figures, input.isShipped === true),
  ];
  return { passed: checks.every(({ passed }) => passed), checks, figures };
}

function figuresOf({ champion, answers, budget, span }: GateInput, candidate: TriedSet): GateFigures {
  const weeks = span / week;
  const entities = candidate.record.entities.size;
  const [fresh, old] = [candidate.record.alerts.size, champion?.record.alerts.size];
  const allowed = budget * entities * weeks;
  const side = (of: (tried: TriedSet) => number): Side => ({
    candidate: of(candidate),
    ...(champion ? { champion: of(champion) } : {}),
  });
  const scaled = ({ low, high }: Interval): Interval => ({ low: low / weeks, high: high / weeks });
  const unmatched = champion ? newAlerts(candidate.record, champion.record) : fresh;
  const answered = (isTrue: boolean): GateFigures['answered']['true'] => {
    const own = answers.filter((one) => one.isTrue === isTrue);
    const found = side(({ record }) => own.filter((one) => finds(record, one)).length);
    return { ...found, all: own.length, interval: shareInterval(found.candidate, own.length) };
  };
  const truths = champion ? answers.filter(({ isTrue }) => isTrue) : [];
  const differ = (one: TrialRecord, other: TrialRecord): number =>
    truths.filter((answer) => finds(one, answer) && !finds(other, answer)).length;
  const schemas = [...candidate.record.windows.keys()].sort();
  const bySchema = (of: (probe: Probe) => number): Record<string, Side> =>
    Object.fromEntries(
      schemas.flatMap((schema) => {
        const [mine, theirs] = [candidate.probes.get(schema), champion?.probes.get(schema)];
        return mine ? [[schema, { candidate: of(mine), ...(theirs ? { champion: of(theirs) } : {}) }]] : [];
      }),
    );
  return {
    weeks,
    entities,
    alerts: {
      candidate: fresh,
      ...(old === undefined ? {} : { champion: old }),
      allowed,
      limit: Math.floor(louder * Math.max(allowed, old ?? 0) + slack),
      interval: scaled(countInterval(fresh)),
    },
    fresh: { aWeek: unmatched / weeks, interval: scaled(countInterval(unmatched)) },
    answered: { true: answered(true), false: answered(false) },
    lost: champion ? differ(champion.record, candidate.record) : 0,
    won: champion ? differ(candidate.record, champion.record) : 0,
    ...(champion ? { agreement: agreementOf(candidate.record, champion.record) } : {}),
    separation: bySchema((one) => one.separation),
    operations: bySchema((one) => one.operations),
    ms: bySchema((one) => one.ms),
  };
}

const finds = ({ fired }: TrialRecord, { entity, end }: AnsweredWindow): boolean =>
  (fired.get(entity) ?? []).some((time) => Math.abs(time - end) <= near);

/** Alerts that have none of the same entity within an hour on the other side. */
function newAlerts(one: TrialRecord, other: TrialRecord): number {
  const known = [...other.alerts.values()];
  const has = ({ entity, at }: PagedAlert): boolean =>
    known.some((alert) => alert.entity === entity && Math.abs(alert.at - at) <= near);
  return [...one.alerts.values()].filter((alert) => !has(alert)).length;
}

function agreementOf(one: TrialRecord, other: TrialRecord): GateFigures['agreement'] {
  const both = [...one.believed].flatMap(([subject, mine]) => {
    const theirs = other.believed.get(subject);
    return theirs ? [[mine, theirs] as const] : [];
  });
  const alike = both.filter(([mine, theirs]) => mine.fired === theirs.fired).length;
  return {
    ranks: rankCorrelation(
      both.map(([{ u }]) => u),
      both.map(([, { u }]) => u),
    ),
    alike: both.length === 0 ? 0 : alike / both.length,
    windows: both.length,
  };
}

const round = (value: number, digits = 2): string => value.toFixed(digits);
const percent = (share: number): string => `${round(100 * share, 1)} %`;
const range = ({ low, high }: Interval, digits = 1): string => `${round(low, digits)} to ${round(high, digits)}`;
const beside = (said: string, other: string | undefined): string =>
  other === undefined ? said : `${said} (champion ${other})`;

/** What was recorded of its own detectors. */
const ownOf = ({ record, detectors }: TriedSet): [string, DetectorRecord][] =>
  [...record.detectors].filter(([name]) => detectors.has(name));

function scores(candidate: TriedSet): GateCheck {
  const broken = ownOf(candidate).filter(([, { broken: count }]) => count > 0);
  return {
    name: 'scores',
    passed: broken.length === 0,
    said:
      broken.map(([name, one]) => `${name}: ${one.broken} of ${one.windows} scores are no finite number`).join('; ') ||
      'every score is a finite number',
  };
}

/** A schema whose windows nobody judges any more. */
function coverage({ record, probes }: TriedSet, champion: TriedSet | undefined): GateCheck {
  const lost = [...record.windows.keys()].filter(
    (schema) => !probes.has(schema) && (champion?.probes.has(schema) ?? true),
  );
  return {
    name: 'features',
    passed: record.windows.size > 0 && lost.length === 0,
    said:
      record.windows.size === 0
        ? 'there was no window to judge: give a longer --span'
        : lost
            .map((schema) => `it has no detector for ${record.windows.get(schema)!.seen} windows of ${schema}`)
            .join('; ') ||
          [...record.windows]
            .map(([schema, { seen, judged }]) => `${schema}: ${judged} of ${seen} windows judged`)
            .join('; '),
  };
}

/** A quiet time may give one number, too: it is degenerate where it does so whatever a window is. */
function constant(candidate: TriedSet, champion: TriedSet | undefined): GateCheck {
  const isStuck = (name: string): boolean =>
    [...candidate.probes].some(([schema, { stuck }]) => stuck.some((detector) => `${schema}/${detector}` === name));
  const stuck = ownOf(candidate)
    .filter(([name, one]) => {
      const other = champion?.record.detectors.get(name);
      return one.isConstant && one.windows >= minWindows && other?.isConstant !== true && isStuck(name);
    })
    .map(([name, { first }]) => `${name} gives ${first} for every window`);
  return {
    name: 'degenerate',
    passed: stuck.length === 0,
    said: stuck.join('; ') || 'no detector gives one number for all windows',
  };
}

function volume({ alerts, fresh, weeks, entities }: GateFigures): GateCheck {
  const { candidate, champion, allowed, limit, interval } = alerts;
  const by = beside(`${candidate} alerts`, champion?.toString());
  return {
    name: 'alert volume',
    passed: candidate <= limit,
    said: `${by} of ${entities} entities in ${round(weeks)} weeks: ${range(interval)} a week; the budgets allow ${round(allowed, 1)}, at most ${limit} are accepted; ${round(fresh.aWeek, 1)} new ones a week (${range(fresh.interval)})`,
  };
}

/** A detector that claims "once a week" is taken at its word. */
function calibration(candidate: TriedSet, champion: TriedSet | undefined, span: number): GateCheck {
  const weeksOf = (of: TriedSet): number => (of.record.entities.size * span) / week;
  // In little time a few episodes are chance, and much above the limit they are none.
  const rates = (of: TriedSet): [string, number][] =>
    ownOf(of).map(([name, { episodes }]) => [name, countInterval(episodes).low / weeksOf(of)]);
  const worst = (of: TriedSet): [string, number] =>
    rates(of).reduce<[string, number]>((most, one) => (one[1] > most[1] ? one : most), ['', 0]);
  const [name, mine] = worst(candidate);
  const theirs = champion ? worst(champion)[1] : 0;
  const limit = miscalibrated * Math.max(1, theirs);
  return {
    name: 'calibration',
    passed: mine <= limit,
    said:
      name === ''
        ? 'no detector was unusual once a week'
        : `${name} is at "once a week" ${beside(`${round(mine, 1)} times a week and entity`, champion ? round(theirs, 1) : undefined)}; at most ${round(limit, 1)} are accepted`,
  };
}

function answers({ answered, lost, won }: GateFigures): GateCheck {
  const { true: right, false: wrong } = answered;
  const chance = signTest(lost, lost + won);
  const found = (side: typeof right): string =>
    beside(`${side.candidate} of ${side.all}`, side.champion?.toString()) +
    ` [${percent(side.interval.low)}, ${percent(side.interval.high)}]`;
  return {
    name: 'answered alerts',
    passed: !(lost > won && chance < significant),
    said:
      right.all + wrong.all === 0
        ? 'nobody answered an alert of that time'
        : `fires on ${found(right)} that were called anomalies and on ${found(wrong)} that were not; loses ${lost} anomalies and wins ${won} (p ${round(chance, 3)})`,
  };
}

function separation({ separation: bySchema }: GateFigures): GateCheck {
  const blind = Object.entries(bySchema).filter(
    ([, { candidate, champion }]) =>
      candidate < minSeparation || (champion !== undefined && candidate < champion - maxLoss),
  );
  const said = Object.entries(bySchema)
    .map(
      ([schema, { candidate, champion }]) =>
        `${schema}: ${beside(round(candidate), champion === undefined ? undefined : round(champion))}`,
    )
    .join('; ');
  return {
    name: 'sees what is odd',
    passed: blind.length === 0,
    said: `chance that a window moved 10 deviations out in one feature ranks above the others: ${said}; at least ${minSeparation}, and ${maxLoss} below the champion, are needed`,
  };
}

function cost({ operations, ms }: GateFigures): GateCheck {
  const slow = Object.entries(operations).filter(
    ([, { candidate, champion = 0 }]) => candidate > Math.max(freeOperations, maxSlower * champion),
  );
  const said = Object.entries(operations)
    .map(
      ([schema, { candidate, champion }]) =>
        `${schema}: ${beside(`${candidate} operations a row`, champion?.toString())}, ${beside(`${round(ms[schema]!.candidate, 1)} ms for 256 rows here`, ms[schema]!.champion === undefined ? undefined : round(ms[schema]!.champion, 1))}`,
    )
    .join('; ');
  return {
    name: 'latency',
    passed: slow.length === 0,
    said:
      slow.length === 0
        ? said
        : `${said}: at most ${freeOperations} operations, or ${maxSlower} times the champion's, are accepted`,
  };
}

function agreement({ agreement: found }: GateFigures, isShipped: boolean): GateCheck {
  if (isShipped)
    return { name: 'agreement', passed: true, said: 'own models need not agree with those that ship with tocsin' };
  if (!found) return { name: 'agreement', passed: true, said: 'there is no champion to compare with' };
  const { ranks, alike, windows } = found;
  return {
    name: 'agreement',
    passed: windows < minWindows || ranks >= minRanks,
    said: `${percent(alike)} of ${windows} windows decided alike; ranks correlate by ${round(ranks)}, at least ${minRanks} is needed`,
  };
}

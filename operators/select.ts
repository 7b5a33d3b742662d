/** Decides every window and session: whom to believe, at what threshold; learns from the verdicts that take effect. */
import { pipe } from 'rxjs';
import { BASELINES } from '../models/policies/baselines.js';
import { log10 } from '../models/exact/log.js';
import { differencesName } from '../models/features/aspects.js';
import type { Policy, VerdictScores as ScoredWindow } from '../models/policies/policy.js';
import { goingOver, type PolicyName, type TrustMemory } from '../models/policies/going-over.js';
import { selector, type SelectorState } from '../models/policies/selector.js';
import { DAY_MS } from '../models/calibration/defaults.js';
import { LISTED_A_WEEK } from '../models/policies/defaults.js';
import { rebudget } from '../models/policies/rebudget.js';
import { usualSettings, type PolicySettings } from '../models/registry/settings.js';
import type { Batch, Operator } from '../records/batch.js';
import { hashText } from '../records/wire/hash.js';
import type { Decided, DecidedRecord as Kept } from '../records/decided.js';
import type { ScoredRecord, ScoredRow, SessionRelease } from '../records/row.js';
import { isInCanary } from '../records/canary.js';
import type { StateStores, Store } from '../records/store.js';
import { effectiveId, verdictNumber, type ScoredContext } from '../records/verdict.js';
import type { EffectiveVerdict } from '../records/window.js';
import { Budgets, type BudgetOptions } from './select/budget.js';
import { artefactInForce, canaryInForce } from './artefact.js';
import { Calendars } from './calendars/calendars.js';
import { inPieces } from './in-pieces.js';
import { mapBatch } from './map-batch.js';
import { decidedOf, unjudged } from './select/decided.js';
import { selectSessions, type SessionSelectOptions } from './select-sessions.js';

/** Sessions that are over pass through: their class learns from them behind this. */
export type SelectedRow = Kept | SessionRelease;

/** How windows and sessions are decided. */
export interface SelectOptions extends Omit<SessionSelectOptions, 'budget'>, BudgetOptions {
  readonly policy: PolicyName;
  /** What a set asks for; the usual settings where it asks for nothing. */
  readonly settings?: (artefact: string) => PolicySettings | undefined;
}

type AnyState = SelectorState<TrustMemory>;
type AnyPolicy = Policy<AnyState>;

/** The policy of each set: its state is the same for all, whom it believes and how much it asks for is not. */
function policiesOf({ policy: configured, settings }: SelectOptions): (artefact: string) => AnyPolicy {
  const known = new Map<string, AnyPolicy>();
  return (artefact) => {
    const { policy, fallback, valueChance, audits } = settings?.(artefact) ?? usualSettings;
    const key = `${policy} ${valueChance} ${audits} ${fallback}`;
    let own = known.get(key);
    if (!own) {
      own = selector({ trust: goingOver(policy === '' ? configured : policy), fallback, valueChance, audits });
      known.set(key, own);
    }
    return own;
  };
}

/** The scored window inside a verdict, as policies take it. */
const scoredOf = (context: ScoredContext): ScoredWindow => ({
  time: context.end,
  direction: Math.sign(context.direction) as -1 | 0 | 1,
  arms: context.arms.map(([, u]) => u),
  own: context.own,
  u: context.u,
  threshold: context.threshold,
  propensity: context.propensity,
  believed: context.believed,
  baselines: context.baselines,
});

/** What each entity may cost, by those that share. */
export type BudgetShares = Pick<Budgets, 'of' | 'leave'>;

/** One decision for every row and session; verdicts first, since they stand at the head of a boundary. */
export function select(
  stores: StateStores,
  options: SelectOptions,
  budgets: BudgetShares = new Budgets(stores, options),
): Operator<ScoredRecord, SelectedRow> {
  const policies = policiesOf(options);
  const policy = policies('');
  const inForce = artefactInForce(stores);
  const canary = canaryInForce(stores);
  const setOf = (entity: string): string => {
    const own = canary.get('');
    return own && isInCanary(entity, own) ? own.artefact : (inForce.get('') ?? '');
  };
  const states = stores.open('policy', policy.codec, policy.version, policy.older);
  const calendars = new Calendars(stores);
  const learns = ({ row }: ScoredRow): boolean => {
    const { freeze, expect } = calendars.inForce(row.subject.entity, row.subject.start, row.subject.end);
    return freeze === undefined && expect === undefined;
  };
  const sessions = selectSessions(stores, { ...options, budget: (entity) => budgets.of(entity) });

  /** Verdicts of the batch at hand, by entity. */
  const effective = new Map<string, string[]>();
  const decided = mapBatch((batch: Batch<ScoredRecord>) => {
    const items: SelectedRow[] = [];
    for (const item of batch.items) {
      if (item.type === 'verdict') {
        const { entity } = item.verdict.context;
        effective.set(entity, [...(effective.get(entity) ?? []), effectiveId(item)]);
        if (item.verdict.context.key === '') learnVerdict(states, policies(setOf(entity)), item);
        else if (item.revoked) sessions.unlearn(item.verdict);
        else sessions.learn(item.verdict);
      } else if (item.type === 'scored')
        items.push(
          decide(states, policies(item.artefact), budgets.of(item.row.subject.entity), item, effective, learns(item)),
        );
      else if (item.type === 'session') items.push(sessions.decide(item, effective.get(item.session.entity) ?? []));
      else if (item.type === 'release') {
        sessions.release(item);
        items.push(item);
      } else if (item.type === 'boundary') {
        for (const entity of item.expired) {
          states.delete(entity);
          budgets.leave(entity);
        }
        items.push(item);
      }
    }
    return { ...batch, items };
  });
  // Very many sessions may be over at one boundary.
  return pipe(inPieces({ begins: () => effective.clear() }), decided);
}

function learnVerdict(
  states: Store<AnyState>,
  policy: AnyPolicy,
  { verdict: { id, value, context }, revoked }: EffectiveVerdict,
): void {
  const state = states.get(context.entity);
  if (!state) return;
  const answer = { verdict: value, scored: scoredOf(context), id: verdictNumber(id) };
  if (revoked) policy.unlearn(state, answer);
  else policy.learn(state, answer);
  states.put(context.entity, state);
}

function decide(
  states: Store<AnyState>,
  policy: AnyPolicy,
  budget: number,
  { row, artefact, scores, confidence }: ScoredRow,
  effective: ReadonlyMap<string, readonly string[]>,
  learns: boolean,
): Decided {
  const { entity, start, end, key } = row.subject;
  const paged = row.rules.length > 0;
  const schema = row.schema.id;
  const features = numbersOf(row.vector);
  const { rules, flags, direction } = row;
  const given = effective.get(entity) ?? [];
  const templates = row.templates.map(({ id }) => id);
  // Before there are models, only plain rules can fire; of an entity's first windows nothing is usual.
  if (scores.length === 0 || row.known < 2 * (end - start)) {
    const common = { entity, start, end, key, artefact, schema, features, rules, flags, effective: given };
    const propensity = paged ? 1 : 0;
    return decidedOf({ ...unjudged, ...common, row, direction, templates, scores, fired: paged, propensity });
  }

  // What only differs is no arm: it never pages.
  const judges = scores.filter(({ detector }) => detector !== differencesName);
  const differs = scores.find(({ detector }) => detector === differencesName);
  const detectors = judges.map(({ detector }) => detector);
  const known = states.get(entity);
  const same = known !== undefined && isSame(known.detectors, detectors) && policy.follows(known);
  const state = !known ? policy.create(hashText(entity), detectors) : same ? known : policy.adopt(known, detectors);
  rebudget(state.threshold, budget);
  const context = { time: end, u: judges.map(({ u }) => u), direction };
  const choice = policy.choose(state, context);
  if (learns) policy.observe(state, context, choice);
  states.put(entity, state);

  const fired = choice.fires || paged;
  const { answered, right } = state.record;
  // Field by field: spreading takes several times as long.
  return decidedOf({
    entity,
    start,
    end,
    key,
    artefact,
    schema,
    features,
    rules,
    flags,
    effective: given,
    row,
    direction,
    templates,
    scores,
    arms: choice.arms.map((u, i) => ({ arm: choice.armNames[i]!, u, weight: choice.weights[i]! })),
    policy: choice.policy,
    u: choice.u,
    threshold: choice.threshold,
    confidence,
    propensity: fired ? 1 : choice.propensity,
    fired,
    // It takes a day to know what is usual.
    listed: !fired && row.known >= DAY_MS && differs !== undefined && differs.u >= -log10(LISTED_A_WEEK),
    asked: !fired && choice.audit,
    vetoed: choice.vetoed,
    baselines: BASELINES.map((name, i) => [name, choice.baselines[i]!] as const),
    informed: choice.arms.map((value, i) => [choice.armNames[i]!, value] as const),
    own: choice.own,
    believed: choice.believed,
    record: answered === 0 ? 'no verdicts yet' : `right in ${right} of ${answered} verdicts`,
    severity: choice.severity,
  });
}

/** A plain array; for so few numbers a loop is several times as fast as spreading. */
function numbersOf(vector: Float64Array): number[] {
  const numbers = new Array<number>(vector.length);
  for (let i = 0; i < vector.length; i++) numbers[i] = vector[i]!;
  return numbers;
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

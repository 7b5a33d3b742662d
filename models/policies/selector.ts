/**
 * The policy that runs: whom to believe (a mixture behind a gate, or another strategy), what the budget allows, what
 * operators called false before, what to ask. Each part is a file of its own; this one joins them for one entity.
 */
import { int, list, readAs, struct, text, uint, type Codec } from '../../records/wire/codec.js';
import { dayOf, endsWeek, weekOf } from '../calibration/boundary.js';
import { EPISODE_GAP_MS } from '../calibration/defaults.js';
import { asU } from '../calibration/grid.js';
import {
  agreementCodec,
  carryAgreement,
  createAgreement,
  judgeAgreement,
  observeAgreement,
  type Agreement,
} from './agreement.js';
import { armsOf, combine, type Arms } from './arms.js';
import {
  carryConcord,
  concordCodec,
  createConcord,
  dailessConcordCodec,
  judgeConcord,
  observeConcord,
  stuckMembers,
  type Concord,
} from './concord.js';
import { audited, auditChance, isAudited, type Audits } from './asking.js';
import {
  baselinesFire,
  createTrackRecord,
  forgetRecord,
  keepRecord,
  trackRecordCodec,
  type TrackRecord,
} from './baselines.js';
import { AUDIT_MARGIN, AUDITS_A_WEEK, BUDGET_A_WEEK, CORE, TRACKING_DEPTH, VALUE_CHANCE } from './defaults.js';
import { memoryCodec, namelessMemoryCodec, remember, UNKNOWN_U, type Memory } from './memory.js';
import { mixture } from './mixture.js';
import { average, severity } from './persistence.js';
import { gridCodec, type AnsweredScores, type Choice, type Context, type Policy } from './policy.js';
import {
  answer,
  createThreshold,
  endDays,
  rethink,
  thresholdCodec,
  track,
  unanswer,
  type EpisodePhase,
  type Threshold,
} from './threshold.js';
import { byName, type Lesson, type Trust } from './trust.js';
import { isTrue } from './verdict.js';
import { veto } from './veto.js';

/** How a selector is set up. */
export interface SelectorOptions<S> {
  /** False alerts a week that this entity may cost; default `BUDGET_A_WEEK`. */
  readonly budget?: number;
  /** Detectors that `core mean` and `core median` are made of; default `CORE`. */
  readonly core?: readonly string[];
  /** The default arm of an ensemble without aspects; empty: the usual one. */
  readonly fallback?: string;
  /** Fire where the chance of being true is at least this; default `VALUE_CHANCE`. */
  readonly valueChance?: number;
  /** Audits below the threshold a week; default `AUDITS_A_WEEK`. */
  readonly audits?: number;
  /** Whom to believe; default the gated mixture. */
  readonly trust: Trust<S>;
}

/** What a selector remembers of an entity. */
export interface SelectorState<S> {
  seed: number;
  detectors: readonly string[];
  /** Event time of the first window and of the last, ms; -1 before the first. */
  anchor: number;
  last: number;
  day: number;
  trust: S;
  threshold: Threshold;
  memory: Memory;
  /** Answers so far, those that were taken back among them. */
  answers: number;
  audits: Audits;
  agreement: Agreement;
  concord: Concord;
  /** Last window that fired, and last that came near it, ms; -1 before. */
  fired: number;
  near: number;
  /** Average over ten minutes of the highest u, `RANKING_ARM`: the more sides see it, the higher it ranks. */
  lasting: number;
  record: TrackRecord;
  /** Last window that reached the level from which on episodes count against the budget, ms; -1 before. */
  over: number;
}

/**
 * A policy over one entity.
 *
 * @example
 * const policy = selector({ budget: 3, trust: mixture });
 * const state = policy.create(hashText(entity.key), ['forest', 'pca', 'robust z']);
 * const choice = policy.choose(state, { time, u: [0.2, 1.1, 0.8], direction: 1 });
 * policy.observe(state, context, choice);
 */
export function selector<S>({
  budget = BUDGET_A_WEEK,
  core = CORE,
  fallback = '',
  valueChance = VALUE_CHANCE,
  audits: auditsAWeek = AUDITS_A_WEEK,
  trust,
}: SelectorOptions<S>): Policy<SelectorState<S>> {
  /** Arms follow from the names, so this is no state. */
  const known = new WeakMap<readonly string[], Arms>();
  const armsFor = (detectors: readonly string[]): Arms => {
    const arms = known.get(detectors) ?? armsOf(detectors, core, fallback);
    known.set(detectors, arms);
    return arms;
  };

  function create(seed: number, detectors: readonly string[]): SelectorState<S> {
    const arms = armsFor(detectors);
    return {
      seed,
      detectors,
      anchor: -1,
      last: -1,
      day: 0,
      trust: trust.create(arms, seed),
      threshold: createThreshold(budget),
      memory: [],
      answers: 0,
      audits: { week: 0, asked: 0 },
      agreement: createAgreement(arms.byAspect ? 0 : detectors.length),
      concord: createConcord(),
      fired: -1,
      near: -1,
      lasting: 0,
      record: createTrackRecord(arms),
      over: -1,
    };
  }

  const dayAt = (state: SelectorState<S>, time: number): number =>
    state.anchor < 0 ? 0 : dayOf(state.anchor, state.seed, time);

  function choose(state: SelectorState<S>, { time, u: detectors, direction }: Context): Choice {
    const arms = armsFor(state.detectors);
    if (detectors.length !== arms.detectors) {
      throw new RangeError(
        `${detectors.length} scores for an ensemble of ${arms.detectors}: ${state.detectors.join(', ')}`,
      );
    }
    const all = [...detectors, ...combine(arms, detectors, state.agreement.out)];
    const day = dayAt(state, time);
    const judged = trust.judge(state.trust, arms, all, day);
    const combined = asU(judged.u);
    const taken = veto(state.memory, detectors, direction);
    const u = asU(combined + taken);
    const threshold = state.threshold.value;
    const fires = u >= threshold;
    const begins = state.near < 0 || time - state.near > EPISODE_GAP_MS;
    const chance = begins && !fires ? auditChance(state.audits, weekOf(day, state.seed), u, threshold, auditsAWeek) : 0;
    const ranked = all[arms.ranking]! + u - combined;
    const e = average(state.lasting, ranked, state.last < 0 ? 0 : time - state.last);
    return {
      policy: trust.name,
      time,
      direction,
      arms: all,
      own: asU(judged.own),
      combined,
      u,
      threshold,
      fires,
      vetoed: !fires && combined >= threshold,
      audit: isAudited(state.seed, time, chance),
      propensity: fires ? 1 : chance,
      believed: judged.believed,
      severity: severity(ranked, e),
      armNames: arms.names,
      weights: judged.weights,
      // The same veto for all: what differs between them is whom they believe.
      baselines: baselinesFire(state.record, arms, state.seed, time, all, threshold - taken),
    };
  }

  /** Days and weeks that ended between the last window and `time`. */
  function boundaries(state: SelectorState<S>, time: number): void {
    if (state.anchor < 0) {
      state.anchor = time;
      state.day = dayAt(state, time);
    }
    const day = dayAt(state, time);
    if (day === state.day) return;
    endDays(state.threshold, state.day, day);
    for (let d = Math.max(state.day + 1, day - 6); d <= day; d++) {
      if (endsWeek(d, state.seed)) trust.weekly(state.trust);
    }
    rethink(state.threshold, state.memory, valueChance);
    // Where the ensemble has no core, as that of logs, all stand for it: its detectors look at different things.
    const { core: members, detectors, byAspect } = armsFor(state.detectors);
    if (members.length < detectors && !byAspect) {
      judgeAgreement(state.agreement, day - state.day);
      const apart = judgeConcord(state.concord, detectors, members);
      takeOut(state, apart);
      takeOut(state, stuckMembers(state.concord, detectors, members));
    }
    state.day = day;
  }

  /** Until the next day, when all are judged again. */
  function takeOut({ agreement }: SelectorState<S>, apart: readonly boolean[]): void {
    if (apart.includes(true)) agreement.out = agreement.out.map((isOut, i) => isOut || apart[i]!);
  }

  function observeWindow(state: SelectorState<S>, { time, u }: Context, choice: Choice): void {
    const arms = armsFor(state.detectors);
    boundaries(state, time);
    if (!arms.byAspect) observeAgreement(state.agreement, time, u);
    if (!arms.byAspect && arms.core.length < arms.detectors && observeConcord(state.concord, time, u))
      takeOut(state, stuckMembers(state.concord, arms.detectors, arms.core));

    const passed = state.last < 0 ? 0 : time - state.last;
    const depth = arms.byAspect ? 0 : TRACKING_DEPTH;
    const isOver = choice.u >= choice.threshold - depth;
    const counted = { depth, phase: phaseOf(isOver, state.over, time) };
    track(state.threshold, state.day, passed, phaseOf(choice.fires, state.fired, time), choice.u, counted);
    if (choice.fires) state.fired = time;
    if (isOver) state.over = time;
    if (choice.u >= choice.threshold - AUDIT_MARGIN) state.near = time;
    if (choice.audit) audited(state.audits, weekOf(state.day, state.seed));
    if (!choice.fires && choice.baselines.some((fires) => fires)) {
      const pairs = state.record.pairs.map((pair, i) =>
        choice.baselines[i] ? { ...pair, alone: pair.alone + 1 } : pair,
      );
      state.record = { ...state.record, pairs };
    }
    state.lasting = average(state.lasting, choice.arms[arms.ranking]! + choice.u - choice.combined, passed);
    state.last = time;
  }

  /** Undefined for an answer of an ensemble that was replaced since. */
  function lessonOf(arms: Arms, { verdict, scored }: AnsweredScores): Lesson | undefined {
    if (scored.arms.length !== arms.names.length) return undefined;
    const { arms: u, own, threshold, propensity, believed } = scored;
    return { u, own, threshold, true: isTrue(verdict), propensity, believed };
  }

  function learn(state: SelectorState<S>, given: AnsweredScores): void {
    const { scored } = given;
    const arms = armsFor(state.detectors);
    const lesson = lessonOf(arms, given);
    if (!lesson) return;
    const { u, threshold, true: truth } = lesson;
    const fired = scored.u >= threshold;
    trust.learn(state.trust, arms, lesson);
    state.record = keepRecord(state.record, u, threshold, fired, scored.baselines, truth);
    state.answers++;
    state.memory = remember(state.memory, given, arms.detectors, state.answers);
    if (fired) answer(state.threshold, dayAt(state, scored.time), state.day, truth);
    rethink(state.threshold, state.memory, valueChance);
  }

  function unlearn(state: SelectorState<S>, given: AnsweredScores): boolean {
    const { scored, id } = given;
    const remembered = state.memory.find((one) => one.id === id && one.n > 0);
    if (!remembered) return false;
    state.memory = state.memory.filter((one) => one !== remembered);
    const arms = armsFor(state.detectors);
    const lesson = lessonOf(arms, given);
    // Of another ensemble: what it taught can no longer be assigned to arms.
    if (lesson) {
      trust.unlearn(state.trust, arms, lesson, state.answers - remembered.n);
      const fired = scored.u >= scored.threshold;
      state.record = forgetRecord(state.record, lesson.u, lesson.threshold, fired, scored.baselines, lesson.true);
    }
    if (scored.u >= scored.threshold)
      unanswer(state.threshold, dayAt(state, scored.time), state.day, isTrue(given.verdict));
    rethink(state.threshold, state.memory, valueChance);
    return true;
  }

  function adopt(state: SelectorState<S>, detectors: readonly string[]): SelectorState<S> {
    const [from, to] = [armsFor(state.detectors), armsFor(detectors)];
    const fresh = create(state.seed, detectors);
    return {
      ...state,
      detectors,
      trust: trust.carry(state.trust, fresh.trust, from, to),
      memory: state.memory.map((entry) => ({
        ...entry,
        u: detectors.map((name) => entry.u[state.detectors.indexOf(name)] ?? UNKNOWN_U),
      })),
      agreement: to.byAspect ? createAgreement(0) : carryAgreement(state.agreement, state.detectors, detectors),
      concord: carryConcord(state.concord, state.detectors, detectors),
      record: { ...state.record, arms: byName(state.record.arms, fresh.record.arms, from, to) },
    };
  }

  /** Before version 4 there were three of each arm: it, and copies that could fire on a rise or on a fall alone. */
  const withoutCopies = (codec: Codec<SelectorState<S>>): Codec<SelectorState<S>> =>
    readAs(codec, (state) => {
      const arms = armsFor(state.detectors);
      const copied = { ...arms, names: ['', 'up:', 'down:'].flatMap((way) => arms.names.map((name) => way + name)) };
      return {
        ...state,
        trust: trust.carry(state.trust, state.trust, copied, arms),
        record: { ...state.record, arms: byName(state.record.arms, [], copied, arms) },
      };
    });

  const untagged = trust.older ?? trust.codec;
  return {
    name: trust.name,
    codec: selectorCodec(trust.codec),
    version: 8,
    older: new Map([
      [1, withoutCopies(olderSelectorCodec(untagged, false))],
      [2, withoutCopies(olderSelectorCodec(untagged, true))],
      [3, withoutCopies(withoutConcord(untagged))],
      [4, withoutConcord(untagged)],
      [5, withoutDays(untagged)],
      // Before version 7 the strategy's memory did not say whose it is.
      [6, withoutOver(untagged)],
      [7, withoutOver(trust.codec)],
    ]),
    follows: (state) => trust.isOwn?.(state.trust) ?? true,
    create,
    adopt,
    choose,
    observe: observeWindow,
    learn,
    unlearn,
  };
}

/** Whether an episode begins or goes on at a window. @param last window of an episode, ms; -1 before the first */
const phaseOf = (isIn: boolean, last: number, time: number): EpisodePhase =>
  !isIn ? 'none' : last < 0 || time - last > EPISODE_GAP_MS ? 'begun' : 'on';

/** The default policy: the gated mixture. */
export const defaultPolicy = (options: Omit<SelectorOptions<never>, 'trust'> = {}) =>
  selector({ ...options, trust: mixture });

const fieldsOf = <S>(trust: Codec<S>, memory: Codec<Memory>) => ({
  seed: uint,
  detectors: list(text),
  anchor: int,
  last: int,
  day: uint,
  trust,
  threshold: thresholdCodec,
  memory,
  audits: struct<Audits>({ week: uint, asked: uint }),
  fired: int,
  near: int,
  lasting: gridCodec,
  record: trackRecordCodec,
});

const agreeingFieldsOf = <S>(trust: Codec<S>) => ({
  ...fieldsOf(trust, memoryCodec),
  answers: uint,
  agreement: agreementCodec,
});

const selectorCodec = <S>(trust: Codec<S>): Codec<SelectorState<S>> =>
  struct<SelectorState<S>>({ ...agreeingFieldsOf(trust), concord: concordCodec, over: int });

/** Before version 8 only alerts were counted against the budget. */
const overFired = <S>(state: Omit<SelectorState<S>, 'over'>): SelectorState<S> => ({ ...state, over: state.fired });

const withoutOver = <S>(trust: Codec<S>, concord: Codec<Concord> = concordCodec): Codec<SelectorState<S>> =>
  readAs(struct<Omit<SelectorState<S>, 'over'>>({ ...agreeingFieldsOf(trust), concord }), overFired);

/** Before version 6 the core was judged by the last four days alone. */
const withoutDays = <S>(trust: Codec<S>): Codec<SelectorState<S>> => withoutOver(trust, dailessConcordCodec);

/** Before version 5 the scores of the last days were not compared. */
const withoutConcord = <S>(trust: Codec<S>): Codec<SelectorState<S>> =>
  readAs(struct<Omit<SelectorState<S>, 'concord' | 'over'>>(agreeingFieldsOf(trust)), (state) =>
    overFired({ ...state, concord: createConcord() }),
  );

type Older<S> = Omit<SelectorState<S>, 'agreement' | 'concord' | 'over'>;

/** Version 2 did not know who agrees with whom, and in version 1 answers had no ids. */
function olderSelectorCodec<S>(trust: Codec<S>, hasIds: boolean): Codec<SelectorState<S>> {
  const older: Codec<Older<S>> = hasIds
    ? struct<Older<S>>({ ...fieldsOf(trust, memoryCodec), answers: uint })
    : readAs(struct<Omit<Older<S>, 'answers'>>(fieldsOf(trust, namelessMemoryCodec)), (state) => ({
        ...state,
        answers: 0,
      }));
  return readAs(older, (state) => ({
    ...state,
    agreement: createAgreement(state.detectors.length),
    concord: createConcord(),
    over: state.fired,
  }));
}

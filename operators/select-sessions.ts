/** Decides sessions: a threshold that keeps the class's budget, and verdicts that reach all sessions with alike sets. */
import { weekOf } from '../models/calibration/boundary.js';
import { SESSION_THRESHOLD } from '../models/policies/defaults.js';
import { rebudget } from '../models/policies/rebudget.js';
import { observeSession, restartLevel } from '../models/policies/session-budget.js';
import {
  answerSession,
  askSession,
  beginWeek,
  countNear,
  createSessionClass,
  isNear,
  isUncertain,
  judgeSession,
  observeRarity,
  olderSessionClassCodecs,
  sessionClassCodec,
  takeBackAnswer,
  type SessionClass,
} from '../models/policies/sessions.js';
import { ascending, bool, text, uint } from '../records/wire/codec.js';
import type { Decided } from '../records/decided.js';
import { hashText } from '../records/wire/hash.js';
import type { SessionRelease, SessionRow } from '../records/row.js';
import type { StateStores } from '../records/store.js';
import { verdictNumber, type Verdict } from '../records/verdict.js';
import { artefactInForce } from './artefact.js';
import { decidedOf } from './select/decided.js';
import { trustedPast } from './sessions/class-view.js';

type TemplateSet = readonly number[];

/** Distance of two template sets of the class `entity`, ascending ids each; 0 for equal ones. */
export type SessionDistance = (entity: string, a: TemplateSet, b: TemplateSet) => number;

/** How sessions are decided. */
export interface SessionSelectOptions {
  readonly distance: SessionDistance;
  /** False alerts a week that the class `entity` may cost. */
  readonly budget: (entity: string) => number;
  /** Event time that a class is watched before its sessions fire, ms; default 0. */
  readonly warmup?: number;
  /** Questions a week that a class may ask. Default 1. */
  readonly questions?: number;
  /** u from which on a session is rare where nothing else is known. Default `SESSION_THRESHOLD`. */
  readonly rare?: number;
}

/** Decides the sessions of a shard. */
export interface SessionSelector {
  decide(row: SessionRow, effective: readonly string[]): Decided;
  /** A session is over. */
  release(item: SessionRelease): void;
  learn(verdict: Verdict): void;
  /** A verdict is taken back. */
  unlearn(verdict: Verdict): void;
}

const detector = 'kernel rarity';

const answerOf = ({ id, value, context: { templates, own, u, end } }: Verdict) => ({
  verdict: value,
  set: templates,
  u,
  fired: own >= 0,
  time: end,
  id: verdictNumber(id),
});

/**
 * Opens the stores of session classes.
 *
 * @returns what decides their sessions
 */
export function selectSessions(
  stores: StateStores,
  { distance, budget, warmup = 0, questions = 1, rare = SESSION_THRESHOLD }: SessionSelectOptions,
): SessionSelector {
  const classes = stores.open(
    'session-policy',
    sessionClassCodec<TemplateSet>(ascending),
    6,
    olderSessionClassCodecs(ascending),
  );
  const began = stores.open('session-class-began', uint);
  const inForce = artefactInForce(stores);
  /** The first artefact set that a class was judged with. */
  const mined = stores.open('session-class-mined', text);
  /** Sessions that fired or nearly did, counted once, and whether a question was asked about them: once is enough. */
  const asked = stores.open('sessions-asked', bool);
  const stateOf = (entity: string): SessionClass<TemplateSet> =>
    classes.get(entity) ?? createSessionClass<TemplateSet>(budget(entity), hashText(entity));
  const within = (entity: string) => (a: TemplateSet, b: TemplateSet) => distance(entity, a, b);

  return {
    decide(row, effective) {
      const { session, templates, u, past } = row;
      const { entity, key, first, end, flags } = session;
      const state = stateOf(entity);
      rebudget(state.budget.threshold, budget(entity));
      const judged = judgeSession(state, u, templates, within(entity), rare);
      const since = began.get(entity) ?? end;
      if (since === end) began.put(entity, end);
      const isTrusted = past >= trustedPast;
      // What was rare before lines were told apart by mined templates says little of what is rare now.
      const artefact = inForce.get('');
      if (artefact !== undefined && mined.get(entity) === undefined) {
        restartLevel(state.budget);
        mined.put(entity, artefact);
      }
      const isOpen = isTrusted && end - since >= warmup;
      const fired = judged.fires && isOpen;
      if (isTrusted) {
        observeSession(state.budget, end, u, fired);
        observeRarity(state, u);
      }
      beginWeek(state, weekOf(state.budget.day, state.budget.seed));
      const id = `${entity} ${key}`;
      const mayAsk = isOpen && isNear(judged) && asked.get(id) !== true;
      if (mayAsk && asked.get(id) === undefined) {
        countNear(state, templates, within(entity));
        asked.put(id, false);
      }
      const asks =
        mayAsk && state.asked < questions && isUncertain(state, templates, judged, within(entity), questions);
      if (asks) {
        askSession(state, templates);
        asked.put(id, true);
      }
      classes.put(entity, state);
      const answers = state.verdicts.length;
      return decidedOf({
        entity,
        start: first,
        end,
        key,
        artefact: '',
        schema: 'sessions-1',
        features: templates,
        scores: [{ detector, score: u, u }],
        arms: [{ arm: detector, u, weight: 1 }],
        policy: judged.boosted || judged.vetoed ? 'answers' : detector,
        u,
        threshold: judged.threshold,
        confidence: Math.min(1, past / trustedPast),
        propensity: fired || asks ? 1 : 0,
        fired,
        listed: false,
        asked: asks,
        rules: [],
        vetoed: judged.vetoed,
        flags,
        // A class has one arm: there is nobody else to compare with.
        baselines: [],
        effective,
        session: row,
        informed: [[detector, u]],
        own: judged.z,
        believed: detector,
        direction: 0,
        templates,
        record: answers === 0 ? 'no verdicts yet' : `${answers} verdicts on sessions of this class`,
        severity: u,
      });
    },
    release({ session: { entity, key } }) {
      asked.delete(`${entity} ${key}`);
    },
    learn(verdict) {
      const { entity } = verdict.context;
      const state = stateOf(entity);
      answerSession(state, answerOf(verdict), within(entity), rare);
      classes.put(entity, state);
    },
    unlearn(verdict) {
      const { entity } = verdict.context;
      const state = stateOf(entity);
      if (takeBackAnswer(state, answerOf(verdict), rare)) classes.put(entity, state);
    },
  };
}

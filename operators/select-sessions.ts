/** Decides sessions: a threshold that follows the class, and verdicts that reach all sessions with alike template sets. */
import {
  answerSession,
  createSessionClass,
  judgeSession,
  observeSession,
  sessionClassCodec,
  templateSetCodec,
  type SessionClass,
} from '../models/policies/sessions.js';
import { double, uint } from '../records/codec.js';
import type { Decided } from '../records/decided.js';
import type { SessionRelease, SessionRow } from '../records/row.js';
import type { Decision } from '../records/score.js';
import type { StateStores } from '../records/store.js';
import type { Verdict } from '../records/verdict.js';

type TemplateSet = readonly number[];

/** Distance of two template sets of the class `entity`, ascending ids each; 0 for equal ones. */
export type SessionDistance = (entity: string, a: TemplateSet, b: TemplateSet) => number;

/** Past sessions from which on a class is trusted: below, nothing fires, and confidence grows in proportion. */
const trustedPast = 200;
/** Before a class knows so many, u says nothing: the threshold does not follow it. */
const leastPast = 20;

export interface SessionSelector {
  decide(row: SessionRow, effective: readonly string[]): Decided;
  /** A session is over: its last u joins what the class has seen. */
  release(item: SessionRelease): void;
  learn(verdict: Verdict): void;
}

/** @param warmup - event time that a class is watched before its sessions fire, ms */
export function selectSessions(stores: StateStores, distance: SessionDistance, warmup = 0): SessionSelector {
  const classes = stores.open('session-policy', sessionClassCodec<TemplateSet>(templateSetCodec));
  const last = stores.open('session-u', double);
  const began = stores.open('session-class-began', uint);
  const stateOf = (entity: string): SessionClass<TemplateSet> =>
    classes.get(entity) ?? createSessionClass<TemplateSet>();
  const within = (entity: string) => (a: TemplateSet, b: TemplateSet) => distance(entity, a, b);

  return {
    decide({ session, templates, u, past, reasons }, effective) {
      const { entity, key, first, end, flags } = session;
      const state = stateOf(entity);
      const judged = judgeSession(state, u, templates, within(entity));
      if (past >= leastPast) last.put(`${entity} ${key}`, u);
      const since = began.get(entity) ?? end;
      if (since === end) began.put(entity, end);
      const fired = judged.fires && past >= trustedPast && end - since >= warmup;
      const decision: Decision = {
        entity,
        start: first,
        end,
        key,
        artefact: '',
        schema: 'sessions-1',
        features: templates,
        scores: [{ detector: 'kernel rarity', score: u, u }],
        arms: [{ arm: 'kernel rarity', u, weight: 1 }],
        policy: judged.boosted || judged.vetoed ? 'answers' : 'kernel rarity',
        u,
        threshold: judged.threshold,
        confidence: Math.min(1, past / trustedPast),
        propensity: fired ? 1 : 0,
        fired,
        asked: false,
        rules: [],
        vetoed: judged.vetoed,
        flags,
        baselines: [['default', u >= judged.threshold]],
        effective,
      };
      return {
        type: 'decided',
        decision,
        session: { type: 'session', session, templates, u, past, reasons },
        context: {
          entity,
          key,
          start: first,
          end,
          arms: [['kernel rarity', u]],
          u,
          threshold: judged.threshold,
          propensity: decision.propensity,
          policy: decision.policy,
          own: judged.z,
          believed: 'kernel rarity',
          baselines: [u >= judged.threshold],
          direction: 0,
          templates,
        },
        best: 'kernel rarity',
        record:
          state.verdicts.length === 0
            ? 'no verdicts yet'
            : `${state.verdicts.length} verdicts on sessions of this class`,
        severity: u,
      };
    },
    release({ session: { entity, key } }) {
      const id = `${entity} ${key}`;
      const u = last.get(id);
      if (u === undefined) return;
      last.delete(id);
      const state = stateOf(entity);
      observeSession(state, u);
      classes.put(entity, state);
    },
    learn({ value, context: { entity, templates, own } }) {
      const state = stateOf(entity);
      answerSession(state, { verdict: value, set: templates, z: own }, within(entity));
      classes.put(entity, state);
    },
  };
}

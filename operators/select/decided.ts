/** Builds what is decided of a window or a session, and beside it the context that a verdict will bring back. */
import type { Decided } from '../../records/decided.js';
import type { FeatureRow, SessionRow } from '../../records/row.js';
import type { Decision } from '../../records/score.js';
import type { ScoredContext } from '../../records/verdict.js';

/** A decision with all that only its explanation and its verdicts need. */
export interface Judged extends Decision {
  readonly row?: FeatureRow;
  readonly session?: SessionRow;
  /** u of the arms that a verdict informs, by name. */
  readonly informed: ScoredContext['arms'];
  readonly own: number;
  readonly believed: string;
  /** Template ids, in any order. */
  readonly templates: readonly number[];
  /** What is known of the one who was believed, in words. */
  readonly record: string;
  readonly severity: number;
}

/** Each field by name: an object from a rest pattern is a slow one, and a decision is read field by field when it is encoded. */
export function decidedOf(judged: Judged): Decided {
  const { entity, key, start, end, u, threshold, propensity, policy, baselines, direction } = judged;
  const { row, session, own, believed } = judged;
  const decision: Decision = {
    entity,
    start,
    end,
    key,
    artefact: judged.artefact,
    schema: judged.schema,
    features: judged.features,
    scores: judged.scores,
    arms: judged.arms,
    policy,
    u,
    threshold,
    confidence: judged.confidence,
    propensity,
    fired: judged.fired,
    listed: judged.listed,
    asked: judged.asked,
    rules: judged.rules,
    vetoed: judged.vetoed,
    flags: judged.flags,
    baselines,
    effective: judged.effective,
    direction,
  };
  const context: ScoredContext = {
    entity,
    key,
    start,
    end,
    arms: judged.informed,
    u,
    threshold,
    propensity,
    policy,
    own,
    believed,
    baselines: baselines.map(([, fires]) => fires),
    direction,
    templates: [...judged.templates].sort((a, b) => a - b),
  };
  return {
    type: 'decided',
    decision,
    ...(row ? { row } : {}),
    ...(session ? { session } : {}),
    context,
    best: believed,
    record: judged.record,
    severity: judged.severity,
  };
}

/** Nothing judged it: only a plain rule can fire. */
export const unjudged = {
  scores: [],
  arms: [],
  informed: [],
  policy: 'none',
  u: -3,
  own: -3,
  threshold: 0,
  confidence: 0,
  asked: false,
  listed: false,
  vetoed: false,
  baselines: [],
  believed: '',
  record: 'no models yet',
  severity: 0,
} as const satisfies Partial<Judged>;

/** From the configuration to the parts of healing. */
import type { Config } from '../../config/schema.js';
import type { RemedyCall, RemedyTarget } from '../../connectors/webhook/remedy.js';
import type { JsonValue } from '../../connectors/webhook/template.js';
import type { HealingLimits, HealingRule } from '../../operators/heal/rule.js';
import { compileMatch } from '../../operators/match/match.js';
import type { Alert } from '../../records/alert.js';

export const healingRules = ({ healing }: Config): HealingRule[] =>
  healing.rules.map((rule) => ({
    name: rule.name,
    matches: compileMatch(rule.match),
    target: rule.target,
    severity: rule.severity,
    for: rule.for,
    confidence: rule.confidence,
    cooldown: rule.cooldown,
    dryRun: rule.dry_run,
    approval: rule.approval,
    approvalExpiry: rule.approval_expiry,
    maxInFlight: rule.max_in_flight,
    maxPerHour: rule.max_per_hour,
    stabilise: rule.stabilise,
  }));

export const healingLimits = ({ healing }: Config): HealingLimits => ({
  maxInFlight: healing.max_in_flight,
  maxPerHour: healing.max_per_hour,
  expiry: healing.expiry,
  radius: healing.blast_radius,
  ineffective: healing.ineffective,
  minDetectors: healing.least_detectors,
  driftShare: healing.drift_share,
});

export type ConfiguredTarget = RemedyTarget & { readonly timeout: number; readonly honoursKey: boolean };

/** Targets by name, secrets revealed: for the call alone. */
export const remedyTargets = ({ healing }: Config): ReadonlyMap<string, ConfiguredTarget> =>
  new Map(
    healing.targets.map(({ token, secret, body, action, honours_key, ...target }) => [
      target.name,
      {
        ...target,
        honoursKey: honours_key,
        ...(action === undefined ? {} : { action }),
        ...(body === undefined ? {} : { body: body as JsonValue }),
        ...(token ? { token: token.reveal() } : {}),
        ...(secret ? { secret: secret.reveal() } : {}),
      },
    ]),
  );

export const callOf = ({ healing }: Config, rule: string, id: string, alert: Alert): RemedyCall => ({
  id,
  rule,
  alert,
  parameters: healing.rules.find(({ name }) => name === rule)?.parameters ?? {},
});

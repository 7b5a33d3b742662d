/** A healing rule: which alerts it is for, which target it calls, and how careful it is. */
import type { Severity } from '../../records/alert.js';
import type { Labels } from '../../records/entity.js';

/** A healing rule of the configuration, compiled. */
export interface HealingRule {
  readonly name: string;
  readonly matches: (labels: Labels) => boolean;
  readonly target: string;
  /** At least this severe. */
  readonly severity: Severity;
  /** Firing for at least this long, ms of event time. */
  readonly for: number;
  /** At least this much evidence behind the calibration, 0 to 1. */
  readonly confidence: number;
  /** At most one call to the target for an entity in this time, ms. */
  readonly cooldown: number;
  readonly dryRun: boolean;
  /** A person has to agree, within `approvalExpiry`. */
  readonly approval: boolean;
  readonly approvalExpiry: number;
  /** Actions of this rule that may be under way, their verification included. */
  readonly maxInFlight: number;
  readonly maxPerHour: number;
  /** How long the entity's score is watched after an action, ms of event time. */
  readonly stabilise: number;
}

/** Limits over all rules. */
export interface HealingLimits {
  readonly maxInFlight: number;
  readonly maxPerHour: number;
  /** The newest evidence may be this old, ms. */
  readonly expiry: number;
  readonly radius: readonly {
    readonly label: string;
    readonly share: number;
    readonly window: number;
    /** At most so many entities of one value, however many there are. */
    readonly cap: number;
  }[];
  /** A rule whose actions did not help so often within the window is stopped. */
  readonly ineffective: { readonly times: number; readonly window: number };
  /** Detectors that must have scored the window. */
  readonly minDetectors: number;
  /** Share of the fleet's windows of the last hour that may fire before the detectors count as drifted. */
  readonly driftShare: number;
}

/** The id of what a rule does about an alert: the same each time, so that it is done once. */
export const actionId = (rule: string, alert: string): string => `${alert}-${rule}`;

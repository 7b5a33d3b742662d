/** What people answered about alerts, from the commands of the `controls` log. */
import type { Control } from '../../records/control.js';
import type { Verdict } from '../../records/verdict.js';
import { isTrue } from '../../models/policies/verdict.js';

/** An answer about a window that fired. */
export interface AnsweredAlert {
  readonly entity: string;
  /** End of the window, ms of event time. */
  readonly end: number;
  /** Whether it was worth an alert. */
  readonly true: boolean;
}

/** The last answer about each window that fired, without those that were taken back; sessions are not among them. */
export function answeredAlerts(controls: Iterable<Control>): AnsweredAlert[] {
  const standing = new Map<string, Verdict>();
  for (const { command, about, verdict } of controls) {
    if (command === 'verdict' && verdict) standing.set(verdict.id, verdict);
    else if (command === 'revoke') standing.delete(about);
  }
  const windows = new Map<string, AnsweredAlert>();
  for (const { value, context } of standing.values()) {
    const { entity, key, end, u, threshold } = context;
    if (key === '' && u >= threshold) windows.set(`${entity} ${end}`, { entity, end, true: isTrue(value) });
  }
  return [...windows.values()];
}

/** What people answered, by the controls that every process hears: as the windows log has it, without reading that. */
import { subjectOf } from '../../offline/replay/answers.js';
import type { Control } from '../../records/control.js';
import type { Verdict } from '../../records/verdict.js';

/** Whether it was called an anomaly, by `subjectOf`: the last verdict that was not taken back. */
export function answersOf(said: Iterable<Control>): Map<string, boolean> {
  const held = new Map<string, Verdict>();
  for (const { command, about, verdict } of said) {
    if (command === 'verdict' && verdict) held.set(verdict.id, verdict);
    else if (command === 'revoke') held.delete(about);
  }
  return new Map([...held.values()].map(({ context, value }) => [subjectOf(context), value === 'anomaly']));
}

/** What people said, and what it changed: read from the logs. */
import { loadConfig } from '../../config/load.js';
import { decodeControl, type Control } from '../../records/control.js';
import { decodeDecision } from '../../records/score.js';
import { openChannel } from '../replay/channel-records.js';

interface Said extends Control {
  /** Boundary from which on it counts, ms of event time, and the threshold (return level) before and from there. */
  readonly effect?: { readonly at: number; readonly before: number | null; readonly after: number };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** `feedback list`: verdicts, newest last, with the boundary at which each took effect and the threshold around it. */
export async function feedbackList({ config: file, json }: { config: string; json?: boolean }): Promise<void> {
  const config = loadConfig(file);
  const said = new Map<string, Said>();
  const controls = await openChannel(config, 'controls');
  try {
    for await (const { value } of controls.records(0)) {
      const control = decodeControl(value);
      if (control.deed === 'verdict' && !said.has(control.id)) said.set(control.id, control);
    }
  } finally {
    await controls.close();
  }
  const decisions = await openChannel(config, 'decisions');
  const thresholds = new Map<string, number>();
  try {
    for (let shard = 0; shard < decisions.shards; shard++) {
      for await (const { value } of decisions.records(shard)) {
        const { entity, end, threshold, effective } = decodeDecision(value);
        for (const id of effective) {
          const one = said.get(id);
          const effect = { at: end, before: thresholds.get(entity) ?? null, after: threshold };
          if (one && !one.effect) said.set(id, { ...one, effect });
        }
        thresholds.set(entity, threshold);
      }
    }
  } finally {
    await decisions.close();
  }
  for (const one of said.values()) console.log(json ? JSON.stringify(one) : lineOf(one));
}

function lineOf({ at, about, value, by, via, effect }: Said): string {
  const changed = effect
    ? `in effect from ${iso(effect.at)}, threshold ${effect.before === null ? '' : `${effect.before.toFixed(2)} to `}${effect.after.toFixed(2)}`
    : 'not in effect yet';
  return `${iso(at)} ${about} ${value} by ${by} (${via}): ${changed}`;
}

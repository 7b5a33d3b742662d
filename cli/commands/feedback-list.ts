/** What people said, and what it changed: read from the logs. */
import { readSettledConfig } from '../../service/channel-topics.js';
import { decodeControl, type Control } from '../../records/control.js';
import { decodeDecision } from '../../records/score.js';
import { effectiveId } from '../../records/verdict.js';
import { line } from '../terminal/line.js';
import { openChannel } from '../../offline/replay/channel-records.js';

/** Boundary from which on something counts, ms of event time, and the threshold (return level) before and from there. */
interface ThresholdEffect {
  readonly at: number;
  readonly before: number | null;
  readonly after: number;
}

interface ListedControl extends Control {
  readonly effect?: ThresholdEffect;
  /** It was taken back. */
  readonly revoked?: Pick<Control, 'by' | 'via' | 'at'> & { readonly effect?: ThresholdEffect };
}

const revoked = effectiveId({ verdict: { id: '' }, revoked: true });
const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * `feedback list`: verdicts, newest last, with the boundary at which each took effect and the threshold around it, and
 * the same of the revocation of those that were taken back.
 */
export async function feedbackList({ config: file, json }: { config: string; json?: boolean }): Promise<void> {
  const config = await readSettledConfig(file);
  const said = new Map<string, ListedControl>();
  const controls = await openChannel(config, 'controls');
  try {
    for await (const { value } of controls.records(0)) {
      const control = decodeControl(value);
      if (control.command === 'verdict' && !said.has(control.id)) said.set(control.id, withoutVerdict(control));
      const taken = control.command === 'revoke' ? said.get(control.about) : undefined;
      if (taken && !taken.revoked) {
        const { by, via, at } = control;
        said.set(taken.id, { ...taken, revoked: { by, via, at } });
      }
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
          const effect = { at: end, before: thresholds.get(entity) ?? null, after: threshold };
          const one = said.get(id);
          if (one && !one.effect) said.set(id, { ...one, effect });
          const taken = id.startsWith(revoked) ? said.get(id.slice(revoked.length)) : undefined;
          if (taken?.revoked && !taken.revoked.effect)
            said.set(taken.id, { ...taken, revoked: { ...taken.revoked, effect } });
        }
        thresholds.set(entity, threshold);
      }
    }
  } finally {
    await decisions.close();
  }
  if (said.size === 0 && !json)
    console.log(
      'nobody has answered yet: `tocsin alerts list` names alerts, `tocsin feedback ALERT anomaly` answers one',
    );
  for (const one of said.values()) console.log(json ? JSON.stringify(one) : lineOf(one));
}

/** What was decided then is not shown, and may be large. */
function withoutVerdict({ verdict: _verdict, ...control }: Control): Control {
  return control;
}

function lineOf({ id, at, about, value, by, via, effect, revoked: taken }: ListedControl): string {
  const changed = effect ? line`in effect from ${changeOf(effect)}` : taken ? 'never in effect' : 'not in effect yet';
  const back = taken
    ? line`; taken back ${iso(taken.at)} by ${taken.by} (${taken.via})${taken.effect ? line`, from ${changeOf(taken.effect)}` : ''}`
    : '';
  return line`${iso(at)} ${id} ${about} ${value} by ${by} (${via}): ${changed}${back}`;
}

const changeOf = ({ at, before, after }: ThresholdEffect): string =>
  `${iso(at)}, threshold ${before === null ? '' : `${before.toFixed(2)} to `}${after.toFixed(2)}`;

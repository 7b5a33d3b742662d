/** Tries a candidate and the champion on the same stored windows, and judges. */
import type { Config } from '../../config/schema.js';
import { entityFromKey } from '../../records/entity.js';
import { openArtefacts } from '../../service/training/shared-models.js';
import { judge, windowKey, type AnsweredWindow, type GateResult, type TriedSet } from '../../training/gate/judge.js';
import { openTrials } from './trials.js';

export interface GateReport extends GateResult {
  readonly candidate: string;
  readonly champion: string;
  /** Event time of the windows that were tried, ms. */
  readonly from: number;
  readonly to: number;
  /** Paging alerts a day, for the plot: the candidate's, and the champion's. */
  readonly days: readonly { readonly day: string; readonly candidate: number; readonly champion: number }[];
}

export interface GateRequest {
  readonly candidate: string;
  /** Empty where there is none to compare with. */
  readonly champion: string;
  /** Event time that is tried, up to the last window of the log, ms. */
  readonly span: number;
  /** Event time at which it is judged, ms; now, where it is not given. */
  readonly at?: number;
}

/** @throws StartError where there is no windows log, or no window in it */
export async function runGate(config: Config, { candidate, champion, span, at }: GateRequest): Promise<GateReport> {
  const { artefacts, close } = openArtefacts(config);
  const trials = await openTrials(config, artefacts, span, at);
  const { from, to } = trials;
  try {
    const old = champion === '' ? undefined : await trials.run(champion);
    let fresh: TriedSet | undefined;
    let failure: string | undefined;
    try {
      fresh = await trials.run(candidate);
    } catch (error) {
      failure = (error as Error).message.replace(/\s+/g, ' ');
    }
    const answers = lastOfEach(await trials.answers());
    const judged = judge({
      ...(failure === undefined ? {} : { failure }),
      ...(fresh ? { candidate: fresh } : {}),
      ...(old ? { champion: old } : {}),
      answers,
      budget: config.detection.budget,
      span: to - from,
    });
    return { ...judged, candidate, champion, from, to, days: daysOf(from, to, fresh, old) };
  } finally {
    await trials.close();
    await close();
  }
}

/** Of several answers about a window the last one; those on sessions are about no set. */
function lastOfEach(answers: readonly AnsweredWindow[]): AnsweredWindow[] {
  const windows = answers.filter(({ entity }) => entityFromKey(entity).kind !== 'session');
  return [...new Map(windows.map((answer) => [windowKey(answer), answer])).values()];
}

const dayMs = 86_400_000;

function daysOf(from: number, to: number, fresh: TriedSet | undefined, old: TriedSet | undefined): GateReport['days'] {
  const count = (tried: TriedSet | undefined, start: number): number =>
    [...(tried?.record.alerts.values() ?? [])].filter(({ at }) => at >= start && at < start + dayMs).length;
  const days: { day: string; candidate: number; champion: number }[] = [];
  for (let start = from - (from % dayMs); start < to; start += dayMs)
    days.push({
      day: new Date(start).toISOString().slice(0, 10),
      candidate: count(fresh, start),
      champion: count(old, start),
    });
  return days;
}

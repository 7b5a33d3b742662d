/**
 * Shadows: any number of sets beside the champion, on windows that were decided. They are scored from the log, so that nothing
 * that decides or learns knows of them; what they would have decided otherwise is listed.
 */
import type { Config } from '../../config/schema.js';
import { openArtefacts } from '../../service/training/shared-models.js';
import { rankCorrelation } from '../../training/gate/intervals.js';
import { openTrials } from './trials.js';

/** A window that both decided, and not alike. */
export interface Disagreement {
  readonly entity: string;
  /** ms since 1970. */
  readonly end: number;
  /** Whether the shadow would have fired; the champion did the other thing. */
  readonly shadowFires: boolean;
  readonly u: { readonly shadow: number; readonly champion: number };
}

export interface ShadowReport {
  readonly shadow: string;
  readonly windows: number;
  /** Share of windows that are decided alike, and correlation of the ranks of what is believed. */
  readonly alike: number;
  readonly ranks: number;
  readonly alerts: { readonly shadow: number; readonly champion: number };
  /** Entities by the number of windows that are decided otherwise, most first. */
  readonly entities: readonly { readonly entity: string; readonly windows: number }[];
  /** The latest first. */
  readonly disagreements: readonly Disagreement[];
}

/** Windows that are listed. */
const maxListed = 100;

/**
 * One report a shadow.
 *
 * @param span event time that is compared, up to the last window, ms
 * @param at as of `openTrials`
 * @throws StartError where there is no windows log; what a set throws that cannot be loaded
 */
export async function compareShadows(
  config: Config,
  champion: string,
  shadows: readonly string[],
  span: number,
  at?: number,
): Promise<ShadowReport[]> {
  const { artefacts, close } = openArtefacts(config);
  const trials = await openTrials(config, artefacts, span, at);
  try {
    const { record: base } = await trials.run(champion);
    const reports: ShadowReport[] = [];
    for (const shadow of shadows) {
      const { record } = await trials.run(shadow);
      const both = [...record.believed].flatMap(([subject, mine]) => {
        const theirs = base.believed.get(subject);
        return theirs ? [{ subject, mine, theirs }] : [];
      });
      const unlike = both.filter(({ mine, theirs }) => mine.fired !== theirs.fired);
      const disagreements = unlike.map(({ subject, mine, theirs }): Disagreement => {
        const [end = '', entity = ''] = subject.split('\0');
        return { entity, end: Number(end), shadowFires: mine.fired, u: { shadow: mine.u, champion: theirs.u } };
      });
      const counts = new Map<string, number>();
      for (const { entity } of disagreements) counts.set(entity, (counts.get(entity) ?? 0) + 1);
      reports.push({
        shadow,
        windows: both.length,
        alike: both.length === 0 ? 1 : 1 - unlike.length / both.length,
        ranks: rankCorrelation(
          both.map(({ mine }) => mine.u),
          both.map(({ theirs }) => theirs.u),
        ),
        alerts: { shadow: record.alerts.size, champion: base.alerts.size },
        entities: [...counts]
          .map(([entity, windows]) => ({ entity, windows }))
          .sort((a, b) => b.windows - a.windows || (a.entity < b.entity ? -1 : 1)),
        disagreements: disagreements
          .sort((a, b) => b.end - a.end || (a.entity < b.entity ? -1 : 1))
          .slice(0, maxListed),
      });
    }
    return reports;
  } finally {
    await trials.close();
    await close();
  }
}

/** Counts what each way of choosing detectors did: episodes from decisions, scored like alerts. */
import { BASELINES } from '../../models/policies/baselines.js';
import type { Decision } from '../../records/score.js';
import type { Incident } from '../simulate/incident.js';
import { explains, finds, type FiredEpisode } from './matching.js';

/** What one way of choosing detectors would have done on the same windows. */
export interface PolicyRow {
  /** `default`, `average`, `best fixed`, `random`. */
  readonly name: string;
  readonly found: number;
  readonly falseAlerts: number;
  /** Cases (incidents and false alerts) that the selector got right and this one did not, and the other way round. */
  readonly selectorBetter: number;
  readonly selectorWorse: number;
}

/** Firing windows at most this far apart are one alert, ms. */
const gap = 15 * 60_000;

type Open = { entity: string; start: number; firedAt: number; end: number };

/** Episodes of one policy. */
class Episodes {
  private readonly open = new Map<string, Open>();
  readonly all: Open[] = [];

  fired({ entity, start, end }: Decision): void {
    const known = this.open.get(entity);
    if (known && end - known.end <= gap) {
      known.end = end;
      return;
    }
    const episode = { entity, start, firedAt: end, end };
    this.open.set(entity, episode);
    this.all.push(episode);
  }
}

export class Tally {
  private readonly selector = new Episodes();
  private readonly baselines = new Map(BASELINES.map((name) => [name as string, new Episodes()]));

  add(decision: Decision): void {
    if (decision.fired) this.selector.fired(decision);
    const own = new Map(decision.baselines);
    for (const [name, episodes] of this.baselines) if (own.get(name) ?? decision.fired) episodes.fired(decision);
  }

  /** The selector and each baseline against the truth, over [from, to). */
  rows(
    incidents: readonly Incident[],
    from: number,
    to: number,
  ): { selector: { found: number; falseAlerts: number }; policies: PolicyRow[] } {
    const judged = incidents.filter(({ expected, end }) => !expected && end > from);
    const judge = ({ all }: Episodes): { found: Set<string>; wrong: FiredEpisode[] } => {
      const episodes = all.filter(({ start }) => start >= from && start < to);
      return {
        found: new Set(
          judged.filter((incident) => episodes.some((episode) => finds(incident, episode))).map(({ id }) => id),
        ),
        wrong: episodes.filter((episode) => !incidents.some((incident) => explains(incident, episode))),
      };
    };
    const chosen = judge(this.selector);
    const policies = [...this.baselines].map(([name, episodes]): PolicyRow => {
      const other = judge(episodes);
      const only = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => [...a].filter((id) => !b.has(id)).length;
      const apart = (a: readonly FiredEpisode[], b: readonly FiredEpisode[]): number =>
        a.filter(
          (one) =>
            !b.some(
              (two) =>
                two.entity === one.entity && two.start < (one.end ?? one.start) && (two.end ?? two.start) > one.start,
            ),
        ).length;
      return {
        name,
        found: other.found.size,
        falseAlerts: other.wrong.length,
        selectorBetter: only(chosen.found, other.found) + apart(other.wrong, chosen.wrong),
        selectorWorse: only(other.found, chosen.found) + apart(chosen.wrong, other.wrong),
      };
    });
    return { selector: { found: chosen.found.size, falseAlerts: chosen.wrong.length }, policies };
  }
}

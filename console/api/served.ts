/** What the routes of the console read: the view, and the run behind it, which may still start. */
import type { Config } from '../../config/schema.js';
import type { HealingApi } from '../../connectors/http/healing-routes.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import type { VerdictLog, VerdictRequest, GivenVerdicts } from '../../connectors/http/verdict-request.js';
import type { CalendarApi } from '../../connectors/http/calendar-routes.js';
import type { Alert } from '../../records/alert.js';
import type { HealingEntry } from '../../records/healing.js';
import type { Aside } from '../../topologies/aside.js';
import type { View } from '../view/view.js';

/** What the run knows beside its logs. */
export interface ServedRun {
  knownAlerts(): Iterable<Alert>;
  readonly verdicts: VerdictLog & { give(request: VerdictRequest): Promise<GivenVerdicts | undefined> };
  /** What was answered and not taken back, by `subjectOf`: whether it was called an anomaly. */
  answers(): ReadonlyMap<string, boolean>;
  readonly calendar: CalendarApi;
  readonly healing: HealingApi & { readonly recent: readonly HealingEntry[] };
  /** What answers questions about an entity beside the stream; undefined where its shard is at another process. */
  asideOf(entity: string): Aside | undefined;
  /** In words, where the state of an entity is that this process does not have. */
  whereIs(entity: string): Promise<string>;
  /** Names of sets of models. */
  aliases(): Readonly<Record<string, string>>;
  /** The link to logs and dashboards that the configuration has for an alert. */
  links(alert: Alert): readonly { readonly name: string; readonly url: string }[];
}

export interface ConsoleParts {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly view: View;
  readonly run: () => ServedRun | undefined;
}

/** Judges what paged against what happened. */
import type { FleetEvent } from './kinds.js';

const minute = 60_000;
const week = 7 * 86_400_000;
/** An alert that begins so soon after an event is its aftermath. */
const aftermath = 30 * minute;

/** An alert as people would see it. */
export interface Raised {
  readonly service: string;
  /** Start of its first window and when it was raised, ms. */
  readonly start: number;
  readonly raisedAt: number;
  /** End of its last window that fired. */
  readonly end: number;
  readonly pages: boolean;
  readonly summary?: string | undefined;
}

export interface Judged {
  readonly incidents: number;
  readonly found: number;
  readonly byKind: Readonly<Record<string, readonly [found: number, of: number]>>;
  readonly missed: readonly FleetEvent[];
  readonly early: number;
  readonly earlyFound: number;
  readonly earlyFalse: number;
  readonly earlyWeeks: number;
  readonly delays: readonly number[];
  /** Alerts that nothing explains, by service. */
  readonly falseByService: ReadonlyMap<string, number>;
  readonly changes: number;
  readonly changesPaged: number;
  readonly changesByKind: Readonly<Record<string, readonly [paged: number, of: number]>>;
  /** Pages on changes, one each. */
  readonly changePages: number;
  readonly infos: number;
  readonly weeks: number;
  /** Incidents that the same pages would have found had they happened two days away. */
  readonly placebo: number;
}

const overlaps = (event: FleetEvent, raised: Raised, shift = 0, more = 0): boolean =>
  raised.service === event.service &&
  raised.start < event.end + shift + more &&
  raised.end > event.start + shift &&
  raised.raisedAt > event.start + shift;

/** Changes that stay. */
const lastingKinds: ReadonlySet<string> = new Set([
  'retired service',
  'new job',
  'new line',
  'new service',
  'new habit',
  'new task',
  'scaled out',
  'deploy rewords',
]);

/** How long an alert may run on and still be the change's: what is new stays new for a while. */
const lastingMs = (event: FleetEvent): number => (lastingKinds.has(event.kind) ? 2 * 86_400_000 : aftermath);

/**
 * @param from - event time from which incidents are judged; the early ones before `earlyUntil` are judged apart
 */
export function judge(
  events: readonly FleetEvent[],
  raised: readonly Raised[],
  services: readonly string[],
  { start, earlyUntil, from, to }: { start: number; earlyUntil: number; from: number; to: number },
): Judged {
  const pages = raised.filter((one) => one.pages);
  const incidents = events.filter(({ harmless, early }) => !harmless && !early);
  const early = events.filter((event) => !event.harmless && event.early);
  const changes = events.filter((event) => event.harmless && event.end > from);
  const found = new Set(incidents.filter((event) => pages.some((page) => overlaps(event, page))));
  const byKind: Record<string, [number, number]> = {};
  for (const kind of new Set(incidents.map((event) => event.kind))) {
    const of = incidents.filter((event) => event.kind === kind);
    if (of.length > 0) byKind[kind] = [of.filter((event) => found.has(event)).length, of.length];
  }
  const falseByService = new Map(services.map((name) => [name, 0]));
  let changePages = 0;
  let earlyFalse = 0;
  for (const page of pages) {
    const explained = events.some((event) => !event.harmless && overlaps(event, page, 0, aftermath));
    if (explained) continue;
    const change = events.some((event) => event.harmless && overlaps(event, page, 0, lastingMs(event)));
    if (page.start < start + earlyUntil) earlyFalse++;
    if (page.start < from) continue;
    if (change) changePages++;
    else falseByService.set(page.service, (falseByService.get(page.service) ?? 0) + 1);
  }
  const changesByKind: Record<string, [number, number]> = {};
  let changesPaged = 0;
  for (const event of changes) {
    const row = (changesByKind[event.kind] ??= [0, 0]);
    row[1]++;
    const incidentThere = (page: Raised): boolean =>
      events.some((other) => !other.harmless && overlaps(other, page, 0, aftermath));
    if (pages.some((page) => overlaps(event, page, 0, lastingMs(event)) && !incidentThere(page))) {
      row[0]++;
      changesPaged++;
    }
  }
  const delays = [...found].map(
    (event) => Math.min(...pages.filter((page) => overlaps(event, page)).map(({ raisedAt }) => raisedAt)) - event.start,
  );
  const shift = 2 * 86_400_000 + 3 * 3_600_000;
  return {
    incidents: incidents.length,
    found: found.size,
    byKind,
    missed: incidents.filter((event) => !found.has(event)),
    early: early.length,
    earlyFound: early.filter((event) => pages.some((page) => overlaps(event, page))).length,
    earlyFalse,
    earlyWeeks: (services.length * earlyUntil) / week,
    delays,
    falseByService,
    changes: changes.length,
    changesPaged,
    changesByKind,
    changePages,
    infos: raised.filter(({ pages: paged, start: at }) => !paged && at >= from).length,
    weeks: (services.length * (to - from)) / week,
    placebo: incidents.filter((event) =>
      [-shift, shift].some((by) => event.start + by > from && pages.some((page) => overlaps(event, page, by))),
    ).length,
  };
}

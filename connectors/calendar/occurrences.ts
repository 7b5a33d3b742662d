/** Time ranges of a recurring calendar: cron-like (croner) or iCal (RFC 5545, node-ical), each in its time zone. */
import { Cron } from 'croner';
import ical from 'node-ical';

/** When a calendar entry comes back: by cron, or by iCal. */
export interface Recurrence {
  /** Five fields as in crontab(5): when a range begins. */
  readonly cron?: string;
  /** Length of a range that cron begins, ms. */
  readonly duration?: number;
  /** Text of an iCalendar file: each event is a range. */
  readonly ical?: string;
  /** IANA name, for example Europe/Berlin. */
  readonly timezone: string;
}

/** One range of a recurring entry. */
export interface Occurrence {
  /** ms since 1970. */
  readonly from: number;
  readonly to: number;
}

/** No calendar has more ranges in a horizon. */
const most = 2000;

/**
 * The ranges that begin in [from, to), in order. Daylight saving is that of the zone: a range at 02:00 is at 02:00 on
 * the wall all year.
 *
 * @throws Error where the pattern, the file or the zone cannot be read
 */
export function occurrences(
  { cron, duration = 0, ical: text, timezone }: Recurrence,
  from: number,
  to: number,
): Occurrence[] {
  if (cron !== undefined) return cronRanges(new Cron(cron, { timezone, paused: true }), duration, from, to);
  const events = Object.values(ical.sync.parseICS(text ?? '')).filter((each) => each?.type === 'VEVENT');
  if (events.length === 0) throw new Error('the iCalendar text has no event');
  const range = { from: new Date(from), to: new Date(to - 1) };
  return events
    .flatMap((event) => ical.expandRecurringEvent(event, range))
    .map(({ start, end }) => ({ from: start.getTime(), to: end.getTime() }))
    .filter((one) => one.from >= from && one.to > one.from)
    .sort((a, b) => a.from - b.from)
    .slice(0, most);
}

function cronRanges(cron: Cron, duration: number, from: number, to: number): Occurrence[] {
  const found: Occurrence[] = [];
  for (let next = cron.nextRun(new Date(from - 1)); next && found.length < most; next = cron.nextRun(next)) {
    const at = next.getTime();
    if (at >= to) break;
    found.push({ from: at, to: at + duration });
  }
  return found;
}

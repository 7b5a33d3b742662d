/** Writes the calendars of the configuration into the `windows` log, ahead of time: a log holds time ranges, no rules. */
import type { Config } from '../../config/schema.js';
import { occurrences } from '../../connectors/calendar/occurrences.js';
import type { CalendarEntry } from '../../records/calendar.js';
import { hashText, hex } from '../../records/wire/hash.js';

const DAY = 86_400_000;
/** Ranges are written for so long ahead, and for as long back as channels keep records, ms. */
const AHEAD = 14 * DAY;
const EVERY = DAY / 4;

/**
 * The ranges of all calendars that begin in [from, to). A range has the same id and the same bytes from any process, so
 * that it counts once.
 *
 * @throws Error that names the calendar which cannot be read
 */
export function rangesOf({ calendars }: Pick<Config, 'calendars'>, from: number, to: number): CalendarEntry[] {
  return calendars.flatMap(({ name, action, match, from: single, to: end, cron, duration, ical, timezone }) => {
    const recurrence = {
      timezone,
      duration,
      ...(cron === undefined ? {} : { cron }),
      ...(ical === undefined ? {} : { ical }),
    };
    try {
      const ranges =
        single !== undefined && end !== undefined
          ? [{ from: Date.parse(single), to: Date.parse(end) }]
          : occurrences(recurrence, from, to);
      return ranges.map((range) => ({
        id: hex(hashText([name, action, JSON.stringify(match), range.from].join('\0'))),
        name,
        action,
        match,
        ...range,
        by: 'configuration',
        // The same at every start: what people say of this range later counts.
        at: 1,
      }));
    } catch (error) {
      throw new Error(`calendar ${name}: ${(error as Error).message}`, { cause: error });
    }
  });
}

export class CalendarClock {
  private timer: NodeJS.Timeout | undefined;
  private readonly written = new Set<string>();

  constructor(
    private readonly config: Config,
    private readonly write: (entry: CalendarEntry) => Promise<void>,
  ) {}

  /** Writes what is due, and goes on doing so. */
  async start(): Promise<void> {
    if (this.config.calendars.length === 0) return;
    await this.announce(Date.now());
    this.timer = setInterval(() => void this.announce(Date.now()).catch(() => undefined), EVERY);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async announce(now: number): Promise<void> {
    for (const entry of rangesOf(this.config, now - this.config.channels.retention, now + AHEAD)) {
      if (this.written.has(entry.id)) continue;
      await this.write(entry);
      this.written.add(entry.id);
    }
  }
}

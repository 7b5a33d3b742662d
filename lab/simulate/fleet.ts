/** The simulated fleet: lines of eight services and one session class as bytes, and the truth of what was injected. */
import type { Incident } from './incident.js';
import { JobStream, jobsFormat, jobsName } from './jobs.js';
import { schedule, scheduleEarly } from './schedule.js';
import type { LineFormat, ServiceSpec } from './service.js';
import { ServiceStream } from './service-stream.js';
import { auth } from './services/auth.js';
import { catalog } from './services/catalog.js';
import { checkout } from './services/checkout.js';
import { gateway } from './services/gateway.js';
import { inventory } from './services/inventory.js';
import { mailer } from './services/mailer.js';
import { payments } from './services/payments.js';
import { shipping } from './services/shipping.js';

const minute = 60_000;
/** Part of all lines that belong to jobs. */
const jobsShare = 0.1;
/** A chunk should have about this many bytes on average, within half an hour and two hours of event time. */
const chunkBytes = 160 * 1024;
const bytesALine = 140;

export const specs: readonly ServiceSpec[] = [gateway, catalog, checkout, payments, inventory, shipping, auth, mailer];

export interface FleetOptions {
  readonly seed: number;
  /** Event time in days. Incidents are injected after the seventh; fewer than eight days have none. Default 24. */
  readonly days?: number;
  /** Incidents in hours 3 to 72, too. Default false. */
  readonly early?: boolean;
  /** About how many lines in all. Default 3,200,000. */
  readonly lines?: number;
  /** Event time of the first line, ms since 1970, a full minute. Default Monday 2026-01-05 00:00 UTC. */
  readonly start?: number;
}

export interface SimulatedSource {
  readonly name: string;
  readonly format: 'json' | 'plain';
  /** How its lines are stamped; `syslog` has no year: take it from `year`. */
  readonly stamp: LineFormat;
  readonly year: number;
  /** Pattern of the key that joins lines to a session, where the source is a session class. */
  readonly sessionKey?: string;
}

/** Some whole lines of one source. The bytes are the receiver's: nobody writes to them again. */
export interface Chunk {
  readonly source: string;
  readonly bytes: Buffer;
  readonly lines: number;
  /** Event time in ms: lines that follow are not older than 2 s before it. */
  readonly until: number;
}

export interface Fleet {
  readonly services: readonly SimulatedSource[];
  readonly sessions: SimulatedSource;
  readonly incidents: readonly Incident[];
  readonly start: number;
  readonly end: number;
  /** All lines, sources side by side in event time. Every call starts anew and gives the same bytes. */
  chunks(): IterableIterator<Chunk>;
}

/**
 * Simulates a fleet. The same options give the same bytes.
 *
 * @throws RangeError when an option is out of range.
 * @example
 * for (const { source, bytes } of simulateFleet({ seed: 7 }).chunks()) appendFileSync(`${source}.log`, bytes);
 */
export function simulateFleet({
  seed,
  days = 24,
  lines = 3_200_000,
  start = Date.UTC(2026, 0, 5),
  early = false,
}: FleetOptions): Fleet {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, not ${seed}`);
  if (!(days > 0 && days <= 366)) throw new RangeError(`days must be above 0 and at most 366, not ${days}`);
  if (!(lines >= 1)) throw new RangeError(`lines must be at least 1, not ${lines}`);
  if (start % minute !== 0) throw new RangeError(`start must be a full minute, not ${start}`);
  const minutes = Math.round(days * 1440);
  const late = schedule(specs, seed, start, days);
  const incidents = early ? [...scheduleEarly(specs, seed, start, days), ...late] : late;
  const perMinute = lines / minutes;
  const year = new Date(start).getUTCFullYear();
  const bytesAMinute = (perMinute * bytesALine) / (specs.length + 1);
  const chunkMinutes = Math.min(120, Math.max(30, Math.round(chunkBytes / bytesAMinute)));

  return {
    services: specs.map(({ name, format }) => ({
      name,
      format: format === 'json' ? 'json' : 'plain',
      stamp: format,
      year,
    })),
    sessions: { name: jobsName, format: 'plain', stamp: jobsFormat, year, sessionKey: 'job-[0-9a-f]{8}' },
    incidents,
    start,
    end: start + minutes * minute,
    *chunks() {
      const streams = [
        ...specs.map((spec) => {
          const rate = perMinute * (1 - jobsShare) * spec.share;
          return { name: spec.name, stream: new ServiceStream(spec, incidents, seed, start, minutes, rate) };
        }),
        { name: jobsName, stream: new JobStream(incidents, seed, start, minutes, perMinute * jobsShare) },
      ];
      const sizes = new Map<string, number>();
      for (let from = 0; from < minutes; from += chunkMinutes) {
        const to = Math.min(minutes, from + chunkMinutes);
        for (const { name, stream } of streams) {
          const { writer } = stream;
          writer.begin(sizes.get(name) ?? chunkBytes);
          for (let index = from; index < to; index++) stream.write(index);
          // A new buffer is sized by the last: it seldom has to grow.
          sizes.set(name, Math.round(1.3 * writer.at));
          if (writer.at > 0) {
            yield {
              source: name,
              bytes: writer.bytes.subarray(0, writer.at),
              lines: writer.lines,
              until: start + to * minute,
            };
          }
        }
      }
    },
  };
}

/**
 * The second world: fleets of other programs, wordings, traffic and faults than those of the first, to see whether what
 * was chosen on the first holds. Minutes are burstier than chance, failed requests are tried again, load slows, replicas get
 * new names, a Wednesday is a holiday, tasks come daily and weekly.
 */
import { Random } from '../../simulate/random.js';
import { pieceMs, type BenchmarkFleet } from '../fleet/fleet.js';
import { scheduleSecond } from './schedule.js';
import { drawSecond } from './service.js';
import { SecondWriter } from './writer.js';

/** Monday 2026-03-02 00:00 UTC. */
const begin = Date.UTC(2026, 2, 2);
const services = 14;
const days = 21;

/** The same seed gives the same bytes. */
export function secondWorld(seed: number): BenchmarkFleet {
  const drawn = Array.from({ length: services }, (_, i) => drawSecond(seed, i));
  const holiday = 7 * new Random(seed, 'second-holiday').integer(1, 2) + 2;
  const events = scheduleSecond(seed, drawn, begin, days, holiday);
  const piece = pieceMs / 60_000;
  return {
    seed,
    start: begin,
    days,
    services: drawn,
    events,
    *lines({ name }) {
      const writer = new SecondWriter(
        drawn.find((one) => one.name === name)!,
        events,
        seed,
        begin,
        holiday,
      );
      for (let from = 0; from < days * 1440; from += piece) yield Buffer.from(writer.write(from, from + piece), 'utf8');
    },
  };
}

/** How busy a service is: daily and weekly waves, and noise that remembers (a first-order autoregression). */
import { Random } from './random.js';
import type { ServiceSpec } from './service.js';

/** Taken from Math once: inside a vm context, where tests run, every look-up of a global is slow. */
const { cos, exp, floor, max, min, PI } = Math;

const minutesADay = 1440;
const minutesAWeek = 7 * minutesADay;

/**
 * Relative load of each minute of the simulation, mean 1 before the noise.
 * @param start ms, for the hour and the day of the week (UTC)
 */
export function loadOf(
  spec: Pick<ServiceSpec, 'name' | 'day'>,
  seed: number,
  start: number,
  minutes: number,
): Float64Array {
  const week = weekOf(spec.day);
  // 1970-01-01 was a Thursday, three days after a Monday.
  const first = (floor(start / 60_000) + 3 * minutesADay) % minutesAWeek;
  const load = new Float64Array(minutes);
  let sum = 0;
  for (let i = 0; i < minutes; i++) sum += load[i] = week[(first + i) % minutesAWeek]!;
  // Shared by all services of a seed, as visitors are; and the service's own.
  const common = new Random(seed, 'visitors');
  const own = new Random(seed, `${spec.name}/load`);
  let shared = 0;
  let apart = 0;
  for (let i = 0; i < minutes; i++) {
    shared = 0.985 * shared + 0.012 * common.bell();
    apart = 0.96 * apart + 0.022 * own.bell();
    load[i]! *= (minutes / sum) * exp(shared + apart);
  }
  return load;
}

/** One week from Monday 00:00 UTC; weekends fade in and out over two hours. */
function weekOf({ swing, peak, weekend }: ServiceSpec['day']): Float64Array {
  const week = new Float64Array(minutesAWeek);
  for (let i = 0; i < minutesAWeek; i++) {
    const angle = (2 * PI * ((i % minutesADay) - peak * 60)) / minutesADay;
    const day = 1 + swing * cos(angle) + 0.15 * swing * cos(2 * angle + 0.9);
    const intoWeekend = min(1, max(0, (i - 5 * minutesADay) / 120));
    const outOfIt = min(1, max(0, (minutesAWeek - i) / 120));
    week[i] = day * (1 - (1 - weekend) * min(intoWeekend, outOfIt));
  }
  return week;
}

/** The benchmark fleet of a seed: services, events, and their lines. */
import type { FleetEvent } from './kinds.js';
import { scheduleFleet } from './schedule.js';
import { drawService } from './service.js';
import { ServiceWriter } from './writer.js';

export interface FleetSize {
  readonly services: number;
  readonly days: number;
  readonly incidents: number;
  readonly earlyIncidents: number;
  readonly changes: number;
  /** Multiplier of all rates. */
  readonly size: number;
}

export const fleetDefaults: FleetSize = {
  services: 14,
  days: 21,
  incidents: 40,
  earlyIncidents: 8,
  changes: 26,
  size: 1,
};

export interface NamedService {
  readonly name: string;
}

export interface BenchmarkFleet {
  readonly seed: number;
  readonly start: number;
  readonly days: number;
  readonly services: readonly NamedService[];
  readonly events: readonly FleetEvent[];
  /** Lines of a service in pieces of two hours. */
  lines(service: NamedService): IterableIterator<Buffer>;
}

/** Monday 2026-01-05 00:00 UTC. */
const begin = Date.UTC(2026, 0, 5);
const piece = 120;
export const pieceMs = piece * 60_000;

/** The same seed and size give the same bytes. */
export function benchmarkFleet(seed: number, size: FleetSize = fleetDefaults): BenchmarkFleet {
  const services = Array.from({ length: size.services }, (_, i) => drawService(seed, i, size.size));
  const events = scheduleFleet({ ...size, seed, start: begin, services });
  return {
    seed,
    start: begin,
    days: size.days,
    services,
    events,
    *lines({ name }) {
      const service = services.find((one) => one.name === name)!;
      const writer = new ServiceWriter(service, events, seed, begin);
      for (let from = 0; from < size.days * 1440; from += piece) {
        yield Buffer.from(writer.write(from, from + piece), 'utf8');
      }
    },
  };
}

/** Draws when what happens to whom. Everything else of the benchmark only carries it out. */
import { changeKinds, incidentKinds, type ChangeKind, type FleetEvent, type FleetIncidentKind } from './kinds.js';
import { usualRate, type FleetService } from './service.js';
import { Random } from '../../simulate/random.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Between two events of a service. */
const apart = 10 * hour;
export const earlyUntil = 3 * day;
/** No incident is judged between the early ones and this: the first week is for learning. */
export const judgedFrom = 7 * day;

/** Usual requests that an incident must meet to be seen on a graph. */
const needed: Partial<Record<FleetIncidentKind, number>> = {
  'failing requests': 120,
  'failing endpoint': 120,
  'rejected requests': 40,
  silence: 14,
  'traffic drop': 60,
  overload: 20,
  'slow everywhere': 25,
  'slow endpoint': 80,
  'slow tail': 120,
  'replica failing': 150,
  backlog: 20,
};

const lengths: Partial<Record<FleetEvent['kind'], readonly [number, number]>> = {
  leak: [150, 240],
  'slow tail': [40, 100],
  'stuck component': [60, 150],
  'crash loop': [25, 60],
  backlog: [45, 120],
  'new service': [120, 120],
  'retired service': [240, 240],
  'new job': [1500, 1500],
  'new line': [120, 120],
  'more traffic': [120, 300],
  'less traffic': [180, 420],
  'debug lines': [60, 120],
  deploy: [30, 30],
  'deploy with new lines': [60, 60],
  restart: [20, 20],
};

export interface ScheduleOptions {
  readonly seed: number;
  readonly start: number;
  readonly days: number;
  readonly services: readonly FleetService[];
  readonly incidents: number;
  readonly earlyIncidents: number;
  readonly changes: number;
}

/** In order of their start; a service's events are hours apart. */
export function scheduleFleet({
  seed,
  start,
  days,
  services,
  incidents,
  earlyIncidents,
  changes,
}: ScheduleOptions): FleetEvent[] {
  const random = new Random(seed, 'fleet-schedule');
  const taken = new Map<string, { start: number; end: number }[]>(services.map(({ name }) => [name, []]));
  const newcomer = services[services.length - 2]!.name;
  const leaver = services[services.length - 4]!.name;
  const events: FleetEvent[] = [];

  const isFree = (name: string, from: number, to: number): boolean =>
    taken.get(name)!.every((other) => to + apart < other.start || from > other.end + apart);

  function place(kind: FleetEvent['kind'], harmless: boolean, from: number, to: number, only?: string): void {
    for (let attempt = 0; attempt < 300; attempt++) {
      const service = only === undefined ? random.pick(services) : services.find(({ name }) => name === only)!;
      const { name } = service;
      if (only === undefined && !harmless && name === newcomer && from < 12 * day) continue;
      const [shortest, longest] = lengths[kind] ?? (service.rate < 1 ? [60, 150] : [25, 90]);
      const job = service.jobs.length - 1;
      let at = Math.floor((from + random.fraction() * (to - from)) / minute) * minute;
      let end = at + random.integer(shortest, longest) * minute;
      let part = random.integer(0, service.operations.length - 1);
      if (kind === 'missing job') {
        const { every, at: first, minutes } = service.jobs[job]!;
        const turn = Math.ceil((at / minute - first) / every);
        at = (first + turn * every) * minute - minute;
        // An hourly job that misses once may be late; three times it is broken.
        end = at + (every === 60 ? 200 : minutes + 180) * minute;
        part = job;
        if (at < 3 * day) continue;
      }
      if (kind === 'failing endpoint' || kind === 'slow endpoint') {
        const weights = service.operations.map(({ weight }) => weight);
        part = weights.indexOf(Math.max(...weights));
      }
      if (kind === 'stuck component') {
        part = service.side[0]!.every <= 5 ? 0 : 1;
        if (service.side[part]!.every > 10) continue;
      }
      if (kind === 'replica failing') {
        if (service.replicas.length < 3) continue;
        part = random.integer(0, service.replicas.length - 1);
      }
      if (kind === 'backlog' && service.side[1]!.every > 10) continue;
      if (kind === 'new service') end = at + 120 * minute;
      if (end > days * day || at < from) continue;
      if (!harmless) {
        let usual = 0;
        for (let m = at / minute; m < end / minute; m++) usual += usualRate(service, m);
        if (usual < (needed[kind as FleetIncidentKind] ?? 5)) continue;
      }
      if (!isFree(name, at, end)) continue;
      if (name === leaver && kind !== 'retired service' && end > (days - 4) * day) continue;
      taken.get(name)!.push({ start: at, end });
      events.push({
        kind,
        harmless,
        service: name,
        start: start + at,
        end: start + end,
        early: at < earlyUntil,
        strength: random.between(0.75, 1.35),
        part,
      });
      return;
    }
  }

  const incidentOrder: FleetIncidentKind[] = [];
  while (incidentOrder.length < incidents) incidentOrder.push(...random.shuffled(incidentKinds));
  const changeOrder: ChangeKind[] = [];
  const usualChanges = changeKinds.filter((kind) => kind !== 'new service' && kind !== 'retired service');
  while (changeOrder.length < changes) changeOrder.push(...random.shuffled(usualChanges));
  place('new service', true, 9 * day, 11 * day, newcomer);
  place('retired service', true, (days - 3) * day, (days - 1) * day, leaver);
  for (const kind of incidentOrder.slice(0, incidents)) place(kind, false, judgedFrom, days * day);
  for (const kind of changeOrder.slice(0, changes)) place(kind, true, judgedFrom, days * day);
  const early = random.shuffled(incidentKinds.filter((kind) => kind !== 'missing job' && kind !== 'stuck component'));
  for (const kind of early.slice(0, earlyIncidents)) place(kind, false, 3 * hour, earlyUntil);
  // Deploys and restarts of an ordinary first week.
  for (const { name } of services) {
    if (random.fraction() < 0.6) place(random.pick(['deploy', 'restart']), true, 12 * hour, judgedFrom, name);
  }
  return events.sort((a, b) => a.start - b.start || (a.service < b.service ? -1 : 1));
}

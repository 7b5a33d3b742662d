/** Draws the incidents: which, when, where. Everything else of the simulation only carries them out. */
import type { Incident, IncidentKind } from './incident.js';
import { brokenJobs } from './jobs.js';
import { Random } from './random.js';
import type { ServiceSpec } from './service.js';

const minute = 60_000;
const day = 1440 * minute;
/** No incident before: the pipeline trains on the first week. */
const quietDays = 7;
/** Two incidents begin at least this far apart. */
const minGap = 9 * 60 * minute;

/** In order of what to drop last when the time is short. */
const wanted: readonly IncidentKind[] = [
  'error burst',
  'silence',
  'new error',
  'latency',
  'scheduled job',
  'bad deploy',
  'surge',
  'slow leak',
  'broken sessions',
  'rollout',
  'silence',
  'new error',
  'error burst',
  'latency',
  'broken sessions',
  'bad deploy',
];

/** Shortest and longest, in minutes. */
const durations: Record<IncidentKind, readonly [number, number]> = {
  'error burst': [15, 60],
  'new error': [30, 120],
  silence: [20, 60],
  latency: [30, 120],
  'slow leak': [140, 180],
  surge: [20, 90],
  'bad deploy': [20, 75],
  'broken sessions': [30, 90],
  'scheduled job': [60, 110],
  rollout: [120, 120],
};

/** Early incidents, in the order in which they are placed: what needs no week to be seen. */
const wantedEarly: readonly IncidentKind[] = ['error burst', 'new error', 'latency', 'silence', 'bad deploy'];
/** They lie between these hours of the first days. */
const earlyHours = [3, 72] as const;

/**
 * Incidents of the first three days, one in each of as many slots, kinds in random order. They have a source of chance of
 * their own: the later incidents of a seed are the same with them and without.
 */
export function scheduleEarly(specs: readonly ServiceSpec[], seed: number, start: number, days: number): Incident[] {
  const random = new Random(seed, 'early incidents');
  const [from, to] = earlyHours.map((hour) => start + hour * 60 * minute) as [number, number];
  const end = Math.min(to, start + days * day);
  const slot = (to - from) / wantedEarly.length;
  const hosts = hostsOf(specs, random);
  return random.shuffled([...wantedEarly]).flatMap((kind, index): Incident[] => {
    const [shortest, longest] = durations[kind];
    const length = random.integer(shortest, longest) * minute;
    const services = hosts(kind);
    const free = Math.max(0, 0.75 * slot - length);
    const begin = Math.floor((from + index * slot + random.fraction() * free) / minute) * minute;
    const strength = random.between(0.8, 1.4);
    if (begin + length > end) return [];
    return [
      {
        id: `early-${index + 1}`,
        kind,
        services,
        sessions: [],
        start: begin,
        end: begin + length,
        expected: false,
        description: describe(kind, services),
        strength,
      },
    ];
  });
}

/** Places the incidents after the first week; none where the simulation is shorter. In order of their start. */
export function schedule(specs: readonly ServiceSpec[], seed: number, start: number, days: number): Incident[] {
  const random = new Random(seed, 'incidents');
  const from = start + quietDays * day;
  const span = start + days * day - from;
  const count = Math.max(0, Math.min(wanted.length, Math.floor(span / minGap)));
  const slot = span / count;
  const slots = random.shuffled(Array.from({ length: count }, (_, i) => from + i * slot));
  const hosts = hostsOf(specs, random);
  const incidents: Incident[] = [];
  for (const kind of wanted.slice(0, count)) {
    const [shortest, longest] = durations[kind];
    const length = random.integer(shortest, longest) * minute;
    const services = hosts(kind);
    const cron = kind === 'scheduled job' ? specs.find(({ name }) => name === services[0])?.cron?.at : undefined;
    const place =
      cron === undefined
        ? 0
        : Math.max(
            0,
            slots.findIndex((at) => cronIn(at, slot - length, cron) !== undefined),
          );
    const at = slots.splice(place, 1)[0]!;
    // A quarter of the slot stays free before the next, so that two never run into each other.
    const free = Math.max(0, 0.75 * slot - length);
    const begin =
      (cron === undefined ? undefined : cronIn(at, slot - length, cron)) ??
      Math.floor((at + random.fraction() * free) / minute) * minute;
    const strength = random.between(0.8, 1.4);
    const id = `incident-${incidents.length + 1}`;
    incidents.push({
      id,
      kind,
      services,
      sessions: kind === 'broken sessions' ? brokenJobs(seed, id, begin, begin + length).map(({ name }) => name) : [],
      start: begin,
      end: begin + length,
      expected: kind === 'scheduled job' || kind === 'rollout',
      description: describe(kind, services),
      strength,
    });
  }
  return incidents.sort((a, b) => a.start - b.start);
}

/** The time of a daily job in [at, at + length), or undefined. */
function cronIn(at: number, length: number, minuteOfDay: number): number | undefined {
  const today = Math.floor(at / day) * day + minuteOfDay * minute;
  const next = today >= at ? today : today + day;
  return next < at + length ? next : undefined;
}

/** Who is hit: the services take turns, in random order, among those that can show the kind. */
function hostsOf(specs: readonly ServiceSpec[], random: Random): (kind: IncidentKind) => string[] {
  const turns = random.shuffled(specs.map(({ name }) => name));
  const take = (allowed: (spec: ServiceSpec) => boolean): string => {
    const at = turns.findIndex((name) => allowed(specs.find((spec) => spec.name === name)!));
    const name = turns.splice(at, 1)[0]!;
    turns.push(name);
    return name;
  };
  return (kind) => {
    switch (kind) {
      case 'broken sessions':
        return ['jobs'];
      case 'scheduled job':
        return [take(({ cron }) => cron !== undefined)];
      case 'surge':
        return ['gateway', 'catalog'];
      // The smallest services log so little at night that their silence cannot be told from chance.
      case 'silence':
        return [take(({ share }) => share >= 0.08)];
      default:
        return [take(() => true)];
    }
  };
}

function describe(kind: IncidentKind, services: readonly string[]): string {
  const where = services.join(' and ');
  switch (kind) {
    case 'error burst':
      return `known errors of ${where} many times as often as usual`;
    case 'new error':
      return `${where} logs an error that was never seen before`;
    case 'silence':
      return `${where} stops logging`;
    case 'latency':
      return `${where} answers several times slower`;
    case 'slow leak':
      return `memory of ${where} fills over hours until it is restarted`;
    case 'surge':
      return `about three times the usual traffic at ${where}`;
    case 'bad deploy':
      return `a broken version of ${where}: new errors, slower, fewer requests served`;
    case 'broken sessions':
      return `jobs stop half-way, fail or skip steps`;
    case 'scheduled job':
      return `the daily batch run of ${where} is far heavier than usual`;
    case 'rollout':
      return `a new version of ${where} adds a harmless message`;
  }
}

/** Services of the second world: what each is, says and does by itself, and how its traffic moves. */
import { Random } from '../../simulate/random.js';
import { voices, type Level, type VoiceName } from './voices.js';

export interface Route {
  readonly verb: string;
  readonly path: string;
  readonly weight: number;
  readonly ms: number;
  readonly spread: number;
  readonly failing: number;
  readonly refused: number;
}

/** Said by itself: `%n` a number, `%q` a level that follows the load, `%h` an id, `%p` a part, `%u` memory. */
export interface Habit {
  readonly level: Level;
  readonly text: string;
  /** Minutes between, or 0; and how many a request. */
  readonly every: number;
  readonly share: number;
}

export interface Task {
  readonly begins: string;
  readonly ends: string;
  readonly every: number;
  readonly at: number;
  readonly minutes: number;
}

export interface SecondService {
  readonly name: string;
  readonly voice: VoiceName;
  readonly rate: number;
  /** Amplitudes and phases of the daily and half-daily wave of ln(rate). */
  readonly waves: readonly (readonly [number, number])[];
  /** Factor of Saturday and Sunday, and whether their day is later. */
  readonly weekend: number;
  readonly weekly: boolean;
  readonly growth: number;
  /** Shape of the gamma that each minute is multiplied by: less is burstier. */
  readonly burst: number;
  /** Extra requests at the full hour. */
  readonly hourly: number;
  readonly batch: number;
  readonly routes: readonly Route[];
  readonly habits: readonly Habit[];
  readonly tasks: readonly Task[];
  readonly startup: readonly string[];
  readonly replicas: number;
  /** Requests that each failed one is tried again. */
  readonly retries: number;
  readonly disorder: number;
  /** Latency grows with the load by this power. */
  readonly strain: number;
}

const things =
  'tariff parcel coupon wallet review seat route meter badge lease ticket refund pallet alert beacon'.split(' ');
const acts = 'list open close quote book scan assign release price map'.split(' ');
const parts = 'ledger-store search-node rate-cache mail-hub blob-store geo-index token-vault event-bus'.split(' ');

const order: readonly (readonly [VoiceName, number])[] = [
  ['nginx', 26],
  ['rfc5424', 0.17],
  ['pino', 9],
  ['goLogfmt', 4],
  ['klog', 1.2],
  ['spring', 6],
  ['postgres', 3],
  ['celery', 2],
  ['haproxy', 14],
  ['zap', 5],
  ['serilog', 0.5],
  ['ecs', 2.5],
  ['goLogfmt', 0.25],
  ['nginx', 1],
];

export const voiceOf = ({ voice }: SecondService) => voices[voice];
export const partOf = (random: Random): string => random.pick(parts);

export function drawSecond(seed: number, index: number): SecondService {
  const [voice, base] = order[index % order.length]!;
  const random = new Random(seed, `second/${index}`);
  const nouns = random.shuffled(things);
  const rate = base * random.between(0.75, 1.4);
  const count = rate < 0.4 ? 1 : random.integer(2, 6);
  const quiet = rate < 0.4 ? 20 : rate < 1 ? 4 : 1;
  const routes = Array.from({ length: count }, (_, i) => ({
    verb: random.pick(['GET', 'GET', 'POST', 'DELETE']),
    path: `/${random.pick(['shop', 'core', 'edge'])}/${nouns[i]}/${random.pick(acts)}`,
    weight: 1 / (i + 1),
    ms: 10 ** random.between(0.5, 3.1),
    spread: random.between(0.3, 0.9),
    failing: random.pick([0, 0, 0.002, 0.006]),
    refused: random.pick([0, 0.01, 0.04]),
  }));
  const habits: Habit[] = [
    {
      level: 'info',
      text: `consumer group g-${nouns[5]} lag=%q committed=%n`,
      every: quiet * random.pick([1, 2, 3]),
      share: 0,
    },
    { level: 'info', text: `gc pause %n ms, live set %u MB`, every: quiet * random.pick([3, 7]), share: 0 },
    { level: 'debug', text: `cache miss for key %h`, every: 0, share: random.pick([0, 0.3, 0.8]) },
    { level: 'warn', text: `retrying call to %p (attempt %n)`, every: 0, share: 0.004 },
    { level: 'info', text: `token %h refreshed for tenant %n`, every: 0, share: 0.05 },
    { level: 'error', text: `lost connection to %p: broken pipe`, every: 0, share: 0.0008 },
    { level: 'info', text: `health check passed`, every: quiet * random.pick([1, 5]), share: 0 },
  ];
  const tasks: Task[] = [
    {
      begins: `snapshot of ${nouns[6]} volume begins`,
      ends: `snapshot of ${nouns[6]} volume complete: %n objects in %d s`,
      every: random.pick([240, 1440, 1440]),
      at: random.integer(0, 239),
      minutes: random.integer(3, 30),
    },
    {
      begins: `weekly compaction of ${nouns[7]} archive begins`,
      ends: `weekly compaction of ${nouns[7]} archive complete: %n objects in %d s`,
      every: 10_080,
      at: random.integer(0, 10_079),
      minutes: random.integer(20, 60),
    },
    {
      begins: `rotating keys of ${nouns[8]}`,
      ends: `rotated keys of ${nouns[8]}`,
      every: 60,
      at: random.integer(0, 59),
      minutes: 1,
    },
  ];
  const depth = random.between(0.2, 0.9);
  return {
    name: `${nouns[0]}-${random.pick(['edge', 'core', 'worker', 'hub'])}-${index}`,
    voice,
    rate,
    waves: [
      [depth, random.between(9, 17)],
      [random.between(0, 0.35), random.between(0, 12)],
    ],
    weekend: random.pick([1, 0.9, 0.5, 0.25, 1.5]),
    weekly: random.fraction() < 0.4,
    growth: random.pick([0, 0, 0.015, -0.01]),
    burst: random.pick([4, 12, 40]),
    hourly: random.pick([0, 0, 2]),
    batch: random.pick([1, 1, 4]),
    routes,
    habits,
    tasks: tasks.filter(() => random.fraction() < 0.6),
    startup: [
      `booting release %h`,
      `reading settings from /opt/${nouns[0]}/conf.d`,
      `joined %p as member %n`,
      `warm-up finished in %n ms`,
      `accepting traffic`,
    ],
    replicas: rate < 1 ? 1 : random.pick([2, 3, 5, 5]),
    retries: random.pick([0, 1, 2]),
    disorder: random.pick([0, 0, 1000, 15_000]),
    strain: random.pick([0, 0.15, 0.4]),
  };
}

/** Requests a minute that are usual, without chance. @param holiday day of the run that is like a Sunday */
export function usualSecond(service: SecondService, minute: number, holiday: number): number {
  const day = Math.floor(minute / 1440);
  const free = day % 7 >= 5 || day === holiday;
  const hour = ((minute / 60) % 24) - (free && service.weekly ? 2 : 0);
  let x = 0;
  service.waves.forEach(([size, phase], k) => (x += size * Math.cos(((k + 1) * 2 * Math.PI * (hour - phase)) / 24)));
  const factor = free ? service.weekend : service.weekly && day % 7 === 0 ? 1.3 : 1;
  const peak = service.hourly > 0 && minute % 60 < 2 ? 1 + service.hourly : 1;
  return service.rate * Math.exp(x - 0.15) * factor * peak * (1 + (service.growth * minute) / 1440);
}

/** Draws the services of a benchmark fleet: what they say, how often, in which format. Nothing in it is a name that detection knows. */
import type { LineFormat } from './kinds.js';
import { lineFormats } from './kinds.js';
import { Random } from '../../simulate/random.js';

/** A kind of request or task, which ends in one line with its duration and outcome. */
export interface Operation {
  readonly method: string;
  readonly route: string;
  readonly name: string;
  readonly weight: number;
  readonly medianMs: number;
  /** Of ln(ms). */
  readonly spread: number;
  /** Usual shares of requests that fail and that are refused. */
  readonly failing: number;
  readonly refused: number;
}

/** A line beside the operations; `rate` a usual request, or every `every` minutes. */
export interface SideLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `#` is a number, `~` an id, `@` a duration in ms. */
  readonly text: string;
  readonly rate: number;
  readonly every: number;
}

export interface Job {
  readonly name: string;
  /** Minutes between starts: 60 or 1440. */
  readonly every: number;
  /** Minute of its first start. */
  readonly at: number;
  readonly minutes: number;
}

export interface FleetService {
  readonly name: string;
  readonly format: LineFormat;
  /** Requests a minute, mean over a week. */
  readonly rate: number;
  readonly shape: 'flat' | 'daily' | 'office' | 'two peaks';
  /** 0 to 1: how deep nights are. */
  readonly depth: number;
  readonly peak: number;
  readonly weekend: number;
  /** Spread of slow noise of the rate, ln. */
  readonly noise: number;
  /** Growth a day. */
  readonly growth: number;
  readonly operations: readonly Operation[];
  readonly side: readonly SideLine[];
  readonly jobs: readonly Job[];
  readonly startup: readonly string[];
  readonly replicas: readonly string[];
  /** Lines are out of order by up to so many ms. */
  readonly disorder: number;
}

const verbs = [
  'fetch',
  'resolve',
  'commit',
  'render',
  'validate',
  'publish',
  'reserve',
  'settle',
  'index',
  'merge',
  'enqueue',
  'archive',
  'sync',
  'score',
  'dispatch',
  'translate',
];
const nouns = [
  'invoice',
  'basket',
  'shipment',
  'profile',
  'ledger',
  'thumbnail',
  'session',
  'quote',
  'voucher',
  'claim',
  'manifest',
  'playlist',
  'sensor',
  'ticket',
  'snapshot',
  'tariff',
  'booking',
  'document',
];
const parts = [
  'pool',
  'cache',
  'broker',
  'replica',
  'scheduler',
  'limiter',
  'collector',
  'resolver',
  'gatekeeper',
  'shard',
  'journal',
  'router',
];
const prefixes = [
  'amber',
  'basalt',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'garnet',
  'harbor',
  'indigo',
  'juniper',
  'kestrel',
  'lumen',
  'mistral',
  'nimbus',
  'onyx',
  'pollen',
  'quartz',
  'ripple',
];

const loggers = ['core', 'http', 'io', 'data'];

/** @param size lines a minute that services have on average, about */
export function drawService(seed: number, index: number, size: number): FleetService {
  const random = new Random(seed, `fleet-service/${index}`);
  const name = `${prefixes[(index * 7 + seed) % prefixes.length]}-${random.pick(['api', 'worker', 'gateway', 'store', 'sync', 'edge'])}-${index}`;
  const format = lineFormats[(index + seed) % lineFormats.length]!;
  // From ten lines an hour to some dozens a minute.
  const rate = [0.17, 0.4, 0.8, 1.5, 1, 2, 3, 4, 6, 3, 9, 14, 20, 5][index % 14]! * random.between(0.8, 1.3) * size;
  const count = rate < 0.5 ? 2 : random.integer(3, 8);
  const words = random.shuffled(nouns);
  const operations = Array.from({ length: count }, (_, i): Operation => {
    const noun = words[i % words.length];
    const verb = random.pick(verbs);
    return {
      method: random.pick(['GET', 'GET', 'POST', 'PUT']),
      route: `/${random.pick(['v1', 'api', 'internal'])}/${noun}s`,
      name: `${verb} ${noun}`,
      weight: Math.exp(random.between(-1.6, 0.8)),
      medianMs: Math.exp(random.between(Math.log(4), Math.log(900))),
      spread: random.between(0.25, 0.7),
      failing: random.pick([0, 0.001, 0.003, 0.01]),
      refused: random.pick([0, 0.005, 0.02, 0.05]),
    };
  });
  // A service of ten lines an hour says little of itself.
  const quiet = rate < 0.5 ? 30 : 1;
  const side: SideLine[] = [
    {
      level: 'info',
      text: `${random.pick(parts)} stats: hits=# misses=# size=#`,
      rate: 0,
      every: quiet * random.pick([1, 5, 5, 10]),
    },
    { level: 'info', text: `heap used # MB of 2048 MB, queue depth #`, rate: 0, every: quiet * random.pick([1, 2, 5]) },
    { level: 'warn', text: `${random.pick(parts)} retry # for ~`, rate: 0.004, every: 0 },
    { level: 'warn', text: `slow ${random.pick(parts)} call took @ ms`, rate: 0.003, every: 0 },
    {
      level: 'error',
      text: `could not reach ${random.pick(parts)} for ~: connection reset`,
      rate: random.pick([0.0005, 0.002]),
      every: 0,
    },
    { level: 'debug', text: `${random.pick(parts)} lookup ~ done`, rate: random.pick([0, 0.5, 1]), every: 0 },
    {
      level: 'info',
      text: `${random.pick(verbs)}ed entry ~ in ${random.pick(parts)}`,
      rate: random.pick([0, 0.3]),
      every: 0,
    },
  ];
  const jobs: Job[] = [
    {
      name: `${random.pick(verbs)}-${random.pick(nouns)}-hourly`,
      every: 60,
      at: random.integer(0, 59),
      minutes: random.integer(1, 4),
    },
    {
      name: `nightly ${random.pick(nouns)} export`,
      every: 1440,
      at: random.integer(0, 1439),
      minutes: random.integer(5, 25),
    },
  ];
  return {
    name,
    format,
    rate,
    shape: random.pick(['flat', 'daily', 'daily', 'office', 'two peaks']),
    depth: random.between(0.3, 0.85),
    peak: random.integer(8, 20),
    weekend: random.pick([1, 1, 0.8, 0.5]),
    noise: random.between(0.04, 0.15),
    growth: random.pick([0, 0, 0.01]),
    operations,
    side,
    jobs: random.fraction() < 0.3 ? jobs.slice(0, 1) : jobs,
    startup: [
      `starting ${name} build ~`,
      `loaded # settings from /etc/${name}/settings.yaml`,
      `connecting to ${random.pick(parts)} at 10.0.0.7:5432`,
      `${random.pick(parts)} ready after @ ms`,
      `listening on 0.0.0.0:8080`,
      ...(random.fraction() < 0.5 ? [`warming ${random.pick(parts)} with # entries`] : []),
    ],
    replicas: Array.from(
      { length: rate < 1 ? 1 : random.integer(2, 5) },
      (_, i) => `${name}-${'abcde'[i]}${random.integer(10, 99)}`,
    ),
    disorder: random.pick([0, 500, 2000, 6000]),
  };
}

/** The usual requests a minute at a time, without noise. @param minute since the start, a Monday at 0:00 */
export function usualRate({ rate, shape, depth, peak, weekend, growth }: FleetService, minute: number): number {
  const hour = (minute / 60) % 24;
  const day = Math.floor(minute / 1440) % 7;
  const wave = (at: number): number => 0.5 + 0.5 * Math.cos(((hour - at) / 24) * 2 * Math.PI);
  let factor = 1;
  if (shape === 'daily') factor = 1 - depth + 2 * depth * wave(peak) * 0.9;
  else if (shape === 'office') factor = hour >= 7 && hour < 19 ? 1.6 : Math.max(0.15, 1 - depth);
  else if (shape === 'two peaks') factor = 1 - depth + depth * 1.6 * Math.max(wave(9) ** 3, wave(20) ** 3);
  if (day >= 5) factor *= weekend;
  return rate * factor * (1 + (growth * minute) / 1440);
}

export const loggerOf = (i: number): string => loggers[i % loggers.length]!;

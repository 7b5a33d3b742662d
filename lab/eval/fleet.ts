/**
 * Protocol `fleet`: simulated fleets of 14 log services over three weeks, a fleet a seed. Incidents of 20 kinds and
 * harmless changes of ten are injected; what pages is judged against them. The first week is not judged, but for the
 * incidents of its first three days, apart. Nothing of the product reads what was injected.
 */
import { StartError } from '../../runtime/start-error.js';
import { Anchor } from './fleet/anchor.js';
import { benchmarkFleet, fleetDefaults, type BenchmarkFleet } from './fleet/fleet.js';
import { judge, type Judged, type Raised } from './fleet/judge.js';
import { fleetRecords } from './fleet/records.js';
import { runFleet, trainDefaults } from './fleet/run.js';
import { earlyUntil, judgedFrom } from './fleet/schedule.js';
import { evaluated, step } from './progress.js';
import { secondWorld } from './second/world.js';
import { writeCsv, type EvalResult, type Extra } from './result.js';

const day = 86_400_000;
const minute = 60_000;
/** Fleets that are run where no seeds are given. */
const defaultSeeds = '101..102';
const worlds = { first: (seed: number) => benchmarkFleet(seed, fleetDefaults), second: secondWorld } as const;

interface OneFleet {
  readonly fleet: BenchmarkFleet;
  readonly product: Judged;
  readonly anchor: Anchor;
  readonly raised: readonly Raised[];
  readonly lines: number;
  readonly rejected: number;
}

/** @throws StartError on seeds that are none */
export async function evalFleet(extra: Extra, out?: string): Promise<EvalResult> {
  const began = performance.now();
  const budget = extra.budget === undefined ? 1 : Number(extra.budget);
  const fleets: OneFleet[] = [];
  const world = extra.world ?? 'first';
  if (!Object.hasOwn(worlds, world))
    throw new StartError(`there is no world ${world}: give one of ${Object.keys(worlds).join(', ')}`);
  const seeds = seedsOf(extra.seeds ?? defaultSeeds);
  for (const [i, seed] of seeds.entries()) {
    const fleet = worlds[world as keyof typeof worlds](seed);
    // All fleets of a world are of one length.
    if (i === 0) evaluated.expect(seeds.length * fleet.days);
    fleets.push(await runOne(fleet, budget));
  }
  const seconds = (performance.now() - began) / 1000;
  const product = fleets.map((one) => one.product);
  const cost = sum(product.map(costOf));
  const anchor = anchored(fleets, cost);
  const dearer = anchored(fleets, Math.max(cost, budget * sum(product.map(({ weeks }) => weeks))));
  const kinds = [...new Set(product.flatMap(({ byKind }) => Object.keys(byKind)))].sort().map((kind) => {
    const rows = product.map(({ byKind }) => byKind[kind] ?? ([0, 0] as const));
    const theirs = anchor.map(({ byKind }) => byKind[kind] ?? ([0, 0] as const));
    const share = (all: readonly (readonly [number, number])[]): number =>
      sum(all.map(([found]) => found)) / Math.max(1, sum(all.map(([, of]) => of)));
    return [kind, { found: share(rows), anchor: share(theirs), of: sum(rows.map(([, of]) => of)) }] as const;
  });
  if (out !== undefined) await writeFleets(out, fleets);
  const changes: Record<string, [number, number]> = {};
  for (const { changesByKind } of product) {
    for (const [kind, [paged, of]] of Object.entries(changesByKind)) {
      const row = (changes[kind] ??= [0, 0]);
      row[0] += paged;
      row[1] += of;
    }
  }
  return {
    benchmark: 'fleet',
    overall: figuresOf(product),
    parts: {
      'anchor at the same cost': figuresOf(anchor),
      'anchor at the cost of the budget': figuresOf(dearer),
      ...Object.fromEntries(kinds.map(([kind, row]) => [kind, { found: row.found }])),
      ...Object.fromEntries(kinds.map(([kind, row]) => [`anchor: ${kind}`, { found: row.anchor }])),
      ...Object.fromEntries(
        Object.entries(changes).map(([kind, [paged, of]]) => [`change: ${kind}`, { changesPaged: paged / of }]),
      ),
    },
    counts: {
      fleets: fleets.length,
      incidents: sum(product.map(({ incidents }) => incidents)),
      found: sum(product.map(({ found }) => found)),
      'found by the anchor': sum(anchor.map(({ found }) => found)),
      'found by the anchor at the cost of the budget': sum(dearer.map(({ found }) => found)),
      'false pages and pages on changes': cost,
      'lines that were not read': sum(fleets.map(({ rejected }) => rejected)),
      'changes paged': sum(product.map(({ changesPaged }) => changesPaged)),
      'found had they happened two days away': sum(product.map(({ placebo }) => placebo)),
    },
    seconds,
    linesPerSecond: sum(fleets.map(({ lines }) => lines)) / seconds,
  };
}

function seedsOf(text: string): number[] {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  const [first, last] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [NaN, NaN];
  if (!(first <= last) || last - first > 99)
    throw new StartError(`--seeds ${text} is no range of at most 100 seeds: give one seed, or a range such as 1..20`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

async function runOne(fleet: BenchmarkFleet, budget: number): Promise<OneFleet> {
  const anchor = new Anchor();
  let days = 0;
  let rejected = 0;
  async function* pieces() {
    for await (const piece of fleetRecords(fleet)) {
      for (; fleet.start + (days + 1) * day <= piece.until; days++) await step();
      anchor.take(piece.records, piece.until);
      rejected += piece.rejected;
      yield piece;
    }
  }
  const { raised, lines } = await runFleet(fleet, {
    budget,
    policy: 'mixture',
    trainAt: trainDefaults,
    pieces: pieces(),
  });
  return { fleet, product: judged(fleet, raised), anchor, raised, lines, rejected };
}

const judged = ({ events, services, start, days }: BenchmarkFleet, raised: readonly Raised[]): Judged =>
  judge(
    events,
    raised,
    services.map(({ name }) => name),
    { start, earlyUntil, from: start + judgedFrom, to: start + days * day },
  );

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const costOf = ({ falseByService, changePages }: Judged): number => sum([...falseByService.values()]) + changePages;

/** The anchor at the lowest threshold at which it costs no more, one for all fleets. */
function anchored(fleets: readonly OneFleet[], cost: number): Judged[] {
  let [low, high] = [1, 200];
  const at = (threshold: number): Judged[] =>
    fleets.map(({ fleet, anchor }) => judged(fleet, anchor.raised(threshold)));
  for (let step = 0; step < 14; step++) {
    const middle = Math.sqrt(low * high);
    if (sum(at(middle).map(costOf)) > cost) low = middle;
    else high = middle;
  }
  return at(high);
}

function figuresOf(all: readonly Judged[]): Record<string, number> {
  const weeks = sum(all.map((one) => one.weeks));
  const serviceWeeks = weeks / sum(all.map(({ falseByService }) => falseByService.size));
  const rates = all.flatMap(({ falseByService }) => [...falseByService.values()].map((n) => n / serviceWeeks));
  const sorted = rates.sort((a, b) => a - b);
  const delays = all.flatMap((one) => one.delays).sort((a, b) => a - b);
  return {
    found: sum(all.map(({ found }) => found)) / sum(all.map(({ incidents }) => incidents)),
    falseAWeek: sum(rates) / rates.length,
    falseP90: sorted[Math.min(sorted.length - 1, Math.floor(0.9 * sorted.length))]!,
    changesPaged: sum(all.map((one) => one.changesPaged)) / sum(all.map(({ changes }) => changes)),
    infosAWeek: sum(all.map(({ infos }) => infos)) / weeks,
    earlyFound: sum(all.map(({ earlyFound }) => earlyFound)) / Math.max(1, sum(all.map(({ early }) => early))),
    earlyFalse: sum(all.map(({ earlyFalse }) => earlyFalse)) / sum(all.map(({ earlyWeeks }) => earlyWeeks)),
    delayMinutes: delays.length > 0 ? delays[delays.length >> 1]! / minute : 0,
  };
}

/** What happened and what paged, one row each. */
async function writeFleets(out: string, fleets: readonly OneFleet[]): Promise<void> {
  const iso = (time: number): string => new Date(time).toISOString();
  const events = fleets.flatMap(({ fleet, product }) =>
    fleet.events.map((event) => [
      fleet.seed,
      event.kind,
      event.harmless ? 'change' : event.early ? 'early' : product.missed.includes(event) ? 'missed' : 'found',
      event.service,
      iso(event.start),
      iso(event.end),
    ]),
  );
  await writeCsv(out, 'events.csv', ['seed', 'kind', 'is', 'service', 'start', 'end'], events);
  const pages = fleets.flatMap(({ fleet, raised }) =>
    raised.map((one) => {
      const during = fleet.events.filter(
        ({ service, start, end }) => service === one.service && one.start < end + 1_800_000 && one.end > start,
      );
      return [
        fleet.seed,
        one.pages ? 'page' : 'info',
        one.service,
        iso(one.start),
        iso(one.end),
        during.map(({ kind }) => kind).join(' + '),
        one.summary ?? '',
      ];
    }),
  );
  await writeCsv(out, 'alerts.csv', ['seed', 'is', 'service', 'start', 'end', 'during', 'summary'], pages);
}

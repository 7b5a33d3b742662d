/**
 * Which members of the core have come apart from the others, told from their scores within two days: detectors of one
 * thing rank the hours of the last days alike (Spearman 1904). One that is stale, stuck or wired to another entity does
 * not, and several that broke in the same way agree with each other only.
 *
 * What speaks for a member is how well it agrees with the detectors outside of the core, and with members that these
 * speak for: a core of which most are broken cannot outvote the rest. A few days say it with noise, so that the judgement is
 * of the mean of days.
 *
 * One that stays high needs no days: what comes some times a week does not last for many hours, unless others see it, too.
 */
import { int, list, readAs, struct, uint, type Codec } from '../../records/wire/codec.js';
import { AGREE_U } from './defaults.js';
import { floats } from './policy.js';

/** Hours that are compared, and from how many on. */
const maxHours = 96;
const minHours = 36;
/** u on 16ths within ±4: one byte an hour and detector. */
const steps = 16;
const limit = 4;
/** What speaks for a member at least, of what speaks for the best; and what must speak for the best for a day to count. */
const share = 1 / 2;
const minSupport = 0.2;
/** The days that the mean is of, as the weight of one: about the last ten. */
const dayWeight = 0.15;
/** Hours in a row at `AGREE_U` or above after which a member is stuck. */
const stuckHours = 8;
const hourMs = 3_600_000;

/** What is remembered of the detectors' hours. */
export interface Concord {
  /** The hour that goes on, since 1970. */
  hour: number;
  /** The highest u of each detector in each of the last hours, in 16ths; the last is of the hour that goes on. */
  hours: number[][];
  /** Days that counted. */
  days: number;
  /** Mean over days of what spoke for each detector, as a share of what spoke for the best; 0 outside of the core. */
  support: number[];
}

/** Before the first window. */
export const createConcord = (): Concord => ({ hour: 0, hours: [], days: 0, support: [] });

/** @param u of each detector at `time`, ms @returns whether an hour began with it */
export function observeConcord(state: Concord, time: number, u: readonly number[]): boolean {
  const hour = Math.floor(time / hourMs);
  const values = u.map((value) => Math.round(steps * Math.max(-limit, Math.min(limit, value))));
  const last = state.hours.at(-1);
  if (last?.length === values.length && hour === state.hour) {
    values.forEach((value, i) => (last[i] = Math.max(last[i]!, value)));
    return false;
  }
  const kept = state.hours.filter(({ length }) => length === values.length);
  state.hours = [...kept.slice(1 - maxHours), values];
  state.hour = hour;
  return true;
}

/** Members of the core that stayed high for the last whole hours, while most detectors outside of it did not, by detector. */
export function stuckMembers({ hours }: Concord, detectors: number, core: readonly number[]): boolean[] {
  const last = hours.slice(-stuckHours - 1, -1);
  const isHigh = (value: number): boolean => value >= steps * AGREE_U;
  const isQuiet = (values: readonly number[]): boolean =>
    2 * values.filter((value, i) => !core.includes(i) && isHigh(value)).length < detectors - core.length;
  const isJudged = last.length === stuckHours && last.every((values) => values.length === detectors && isQuiet(values));
  return Array.from(
    { length: detectors },
    (_, i) => isJudged && core.includes(i) && last.every((values) => isHigh(values[i]!)),
  );
}

/** Once a day: members of the core that have come apart, by detector; none where too little is known. */
export function judgeConcord(state: Concord, detectors: number, core: readonly number[]): boolean[] {
  const today = supportOf(state, detectors, core);
  if (today) {
    const weight = Math.max(1 / (state.days + 1), dayWeight);
    state.support = today.map((value, i) => {
      const before = state.support[i] ?? 0;
      return Math.fround(before + weight * (value - before));
    });
    state.days++;
  }
  const known = state.days > 0 && state.support.length === detectors;
  return Array.from({ length: detectors }, (_, i) => known && core.includes(i) && state.support[i]! < share);
}

/** What speaks for each member of the core by the hours that are kept, within ±1 of what speaks for the best. */
function supportOf({ hours }: Concord, detectors: number, core: readonly number[]): number[] | undefined {
  if (hours.length < minHours || hours[0]!.length !== detectors) return undefined;
  const ranks = Array.from({ length: detectors }, (_, i) => standardRanks(hours.map((values) => values[i]!)));
  const alike = (i: number, j: number): number => dot(ranks[i]!, ranks[j]!);
  const others = ranks.flatMap((_, i) => (core.includes(i) ? [] : [i]));
  const outside = new Map(core.map((i) => [i, sum(others.map((j) => alike(i, j))) / Math.max(1, others.length)]));
  const support = core.map(
    (i) => (outside.get(i) ?? 0) + sum(core.map((j) => (j === i ? 0 : alike(i, j) * (outside.get(j) ?? 0)))),
  );
  const best = Math.max(...support);
  if (best < minSupport) return undefined;
  const shares = new Array<number>(detectors).fill(0);
  core.forEach((i, k) => (shares[i] = Math.max(-1, support[k]! / best)));
  return shares;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((all, value, i) => all + value * b[i]!, 0);

/** Ranks, equal values sharing theirs, with mean 0 and a sum of squares of 1; all 0 where nothing varies. */
function standardRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]! || i - j);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let k = from; k < to; k++) ranks[order[k]!] = (from + to - 1) / 2 - (values.length - 1) / 2;
    from = to;
  }
  const size = Math.sqrt(dot(ranks, ranks));
  return size > 0 ? ranks.map((rank) => rank / size) : ranks.fill(0);
}

/** What is left of it for another ensemble: detectors go over by name; hours without all of them say nothing. */
export const carryConcord = (old: Concord, from: readonly string[], to: readonly string[]): Concord =>
  to.every((name) => from.includes(name))
    ? {
        hour: old.hour,
        hours: old.hours.map((values) => to.map((name) => values[from.indexOf(name)]!)),
        days: old.days,
        support: old.support.length > 0 ? to.map((name) => old.support[from.indexOf(name)]!) : [],
      }
    : createConcord();

const hourly = { hour: uint, hours: list(list(int) as Codec<number[]>) as Codec<number[][]> };

/** Canonical bytes of it. */
export const concordCodec: Codec<Concord> = struct<Concord>({ ...hourly, days: uint, support: floats });

/** Before days were averaged. */
export const dailessConcordCodec: Codec<Concord> = readAs(
  struct<Pick<Concord, 'hour' | 'hours'>>(hourly),
  (state): Concord => ({ ...state, days: 0, support: [] }),
);

/**
 * Which members of the core have come apart from the others, told from their scores within two days: detectors of one
 * thing rank the hours of the last days alike (Spearman 1904). One that is stale, stuck or wired to another entity does
 * not, and several that broke in the same way agree with each other only.
 *
 * What speaks for a member is how well it agrees with the detectors outside of the core, and with members that these
 * speak for: a core of which most are broken cannot outvote the rest.
 */
import { int, list, struct, uint, type Codec } from '../../records/wire/codec.js';

/** Hours that are compared, and from how many on. */
const maxHours = 96;
const minHours = 36;
/** u on 16ths within ±4: one byte an hour and detector. */
const steps = 16;
const limit = 4;
/** What speaks for a member at least, of what speaks for the best; and what must speak for the best to judge at all. */
const share = 1 / 3;
const minSupport = 0.3;
const hourMs = 3_600_000;

export interface Concord {
  /** The hour that goes on, since 1970. */
  hour: number;
  /** The highest u of each detector in each of the last hours, in 16ths; the last is of the hour that goes on. */
  hours: number[][];
}

export const createConcord = (): Concord => ({ hour: 0, hours: [] });

/** @param u of each detector at `time`, ms */
export function observeConcord(state: Concord, time: number, u: readonly number[]): void {
  const hour = Math.floor(time / hourMs);
  const values = u.map((value) => Math.round(steps * Math.max(-limit, Math.min(limit, value))));
  const last = state.hours.at(-1);
  if (last?.length === values.length && hour === state.hour) {
    values.forEach((value, i) => (last[i] = Math.max(last[i], value)));
    return;
  }
  const kept = state.hours.filter(({ length }) => length === values.length);
  state.hours = [...kept.slice(1 - maxHours), values];
  state.hour = hour;
}

/** Members of the core that have come apart, by detector; none where too little is known. */
export function apartFrom({ hours }: Concord, detectors: number, core: readonly number[]): boolean[] {
  const apart = new Array<boolean>(detectors).fill(false);
  if (hours.length < minHours || hours[0].length !== detectors) return apart;
  const ranks = Array.from({ length: detectors }, (_, i) => standardRanks(hours.map((values) => values[i])));
  const alike = (i: number, j: number): number => dot(ranks[i], ranks[j]);
  const others = ranks.flatMap((_, i) => (core.includes(i) ? [] : [i]));
  const outside = new Map(core.map((i) => [i, sum(others.map((j) => alike(i, j))) / Math.max(1, others.length)]));
  const support = core.map(
    (i) => outside.get(i)! + sum(core.map((j) => (j === i ? 0 : alike(i, j) * outside.get(j)!))),
  );
  const best = Math.max(...support);
  if (best < minSupport) return apart;
  core.forEach((i, k) => (apart[i] = support[k] < share * best));
  return apart;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((all, value, i) => all + value * b[i], 0);

/** Ranks, equal values sharing theirs, with mean 0 and a sum of squares of 1; all 0 where nothing varies. */
function standardRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j] || i - j);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) ranks[order[k]] = (from + to - 1) / 2 - (values.length - 1) / 2;
    from = to;
  }
  const size = Math.sqrt(dot(ranks, ranks));
  return size > 0 ? ranks.map((rank) => rank / size) : ranks.fill(0);
}

/** What is left of it for another ensemble: detectors go over by name; hours without all of them say nothing. */
export const carryConcord = (old: Concord, from: readonly string[], to: readonly string[]): Concord =>
  to.every((name) => from.includes(name))
    ? { hour: old.hour, hours: old.hours.map((values) => to.map((name) => values[from.indexOf(name)])) }
    : createConcord();

export const concordCodec: Codec<Concord> = struct<Concord>({
  hour: uint,
  hours: list(list(int) as Codec<number[]>) as Codec<number[][]>,
});

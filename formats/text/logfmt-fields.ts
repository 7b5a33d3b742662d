/** The fields of a line of pairs, under the names that JSON lines have. */
import { levels } from '../../records/log-record.js';
import {
  outcomeOfExit,
  outcomeOfGrpc,
  outcomeOfGrpcName,
  outcomeOfStatus,
  outcomeOfWord,
} from '../../records/outcome.js';
import { replicaKey, routeKey } from '../../records/part-key.js';
import { bareDuration, durationOfText, perMs, unitOfName } from '../duration-of.js';
import type { Fields, FormatReason, LineContext } from '../format.js';
import { unescaped } from '../json-text.js';
import type { LabelSet } from '../label-set.js';
import { levelOfText } from '../level.js';
import { numberOf, timeOfNumber } from '../number.js';
import { isDigit } from '../time/dates.js';
import type { TimestampReader } from '../timestamp.js';
import { usualLogFields, usualOutcomeFields, usualPartFields, valueUnits, type FieldPaths } from '../usual-fields.js';
import { Pairs, type Pair } from './logfmt.js';
import { textAt } from './tokens.js';

const lower = (names: readonly string[]): readonly string[] => names.map((name) => name.toLowerCase());

const slot = {
  time: 0,
  level: 1,
  message: 2,
  value: 3,
  status: 4,
  grpc: 5,
  exit: 6,
  word: 7,
  route: 8,
  replica: 9,
  labels: 10,
} as const;

/** What a key is for: pairs of a slot and the rank of the key's name there. */
type Uses = readonly number[];
const noUse: Uses = [];

/** Finds the fields of a line of pairs. */
export class LogfmtFields {
  private readonly timeNames: readonly string[];
  private readonly uses = new Map<string, number[]>();
  private readonly pairs = new Pairs();
  /** Of each slot the pair with the best name, or -1, and its rank. */
  private readonly best: Int32Array;
  private readonly rank: Int32Array;
  /** Uses of the keys that the line before had at each place. */
  private readonly placed: { key: string; uses: Uses }[] = [];

  constructor(
    private readonly fields: FieldPaths | undefined,
    set: LabelSet,
  ) {
    const own = (path: string | undefined, usual: readonly string[]): readonly string[] => lower(path ? [path] : usual);
    this.timeNames = own(fields?.time, usualLogFields.time);
    const slots = [
      this.timeNames,
      own(fields?.level, usualLogFields.level),
      own(fields?.message, usualLogFields.message),
      own(fields?.value, usualLogFields.value),
      lower(usualOutcomeFields.status),
      lower(usualOutcomeFields.grpc),
      lower(usualOutcomeFields.exit),
      lower(usualOutcomeFields.word),
      lower(usualPartFields.route),
      lower(usualPartFields.replica),
      // A component is a part of a program here, as in Prometheus and its kin.
      ...set.paths.map((paths) =>
        lower(paths).filter(
          (path) =>
            path !== 'component' ||
            (fields?.labels !== undefined && Object.values(fields.labels).includes('component')),
        ),
      ),
    ];
    slots.forEach((names, at) => {
      names.forEach((name, rank) => {
        if (names.indexOf(name) < rank) return;
        const uses = this.uses.get(name) ?? [];
        uses.push(at, rank);
        this.uses.set(name, uses);
      });
    });
    this.best = new Int32Array(slots.length);
    this.rank = new Int32Array(slots.length);
  }

  /** Finds the pairs of a line; false where it is something else. */
  find(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.pairs.read(bytes, start, end)) return false;
    this.choose();
    return true;
  }

  /** Takes pairs that were found otherwise. */
  take(pairs: readonly Pair[]): void {
    this.pairs.set(pairs);
    this.choose();
  }

  /** Whether one of the pairs is the time. */
  hasTime(pairs: readonly Pair[]): boolean {
    return pairs.some(({ key }) => this.isUsed(key, slot.time));
  }

  hasMessage(pairs: readonly Pair[]): boolean {
    return pairs.some(({ key }) => this.isUsed(key, slot.message));
  }

  private isUsed(key: string, at: number): boolean {
    return (this.uses.get(key) ?? noUse).some((use, i) => i % 2 === 0 && use === at);
  }

  private choose(): void {
    const { pairs, best, rank, placed } = this;
    best.fill(-1);
    for (let i = 0; i < pairs.count; i++) {
      // An empty value is none.
      if (pairs.to[i]! <= pairs.from[i]!) continue;
      const key = pairs.keys[i]!;
      let place = placed[i]! as { key: string; uses: Uses } | undefined;
      if (place?.key !== key) placed[i] = place = { key, uses: this.uses.get(key) ?? noUse };
      const { uses } = place;
      for (let k = 0; k < uses.length; k += 2) {
        const at = uses[k]!;
        if (best[at]! >= 0 && rank[at]! <= uses[k + 1]!) continue;
        best[at] = i;
        rank[at] = uses[k + 1]!;
      }
    }
  }

  /** Fills `into` from what was found; `no-time` where no pair has one, and then `into` has the rest with the time that is borrowed. */
  read(
    bytes: Uint8Array,
    start: number,
    end: number,
    stamp: TimestampReader,
    { timestamp, near, borrow, sticky }: LineContext,
    into: Fields,
  ): FormatReason | undefined {
    const { best } = this;
    const { from, to, escaped } = this.pairs;
    into.form = 'logfmt';
    const level = best[slot.level]!;
    into.level = level < 0 ? 0 : this.levelOf(bytes, from[level]!, to[level]!);
    const message = best[slot.message]!;
    into.bytes = bytes;
    into.start = start;
    into.end = end;
    if (message >= 0) {
      const isEscaped = escaped[message] === 1;
      into.bytes = isEscaped ? unescaped(bytes.subarray(from[message], to[message])) : bytes;
      into.start = isEscaped ? 0 : from[message]!;
      into.end = isEscaped ? into.bytes.length : to[message]!;
    }
    into.outcome = this.outcome(bytes);
    const route = best[slot.route]!;
    into.route = route < 0 ? 0 : routeKey(bytes, from[route]!, to[route]!);
    const replica = best[slot.replica]!;
    into.replica = replica < 0 ? 0 : replicaKey(bytes, from[replica]!, to[replica]!);
    const value = this.value(bytes, sticky?.durationScale ?? 0);
    if (value !== undefined) into.value = value;
    for (let i = slot.labels; i < best.length; i++) {
      // service=18ms of Heroku is how long it took.
      const isDuration = i === slot.labels && best[i]! >= 0 && this.isDuration(bytes, best[i]!);
      const pair = isDuration ? -1 : best[i]!;
      if (isDuration && value === undefined) into.value = durationOfText(textAt(bytes, from[best[i]!]!, to[best[i]!]!));
      into.labels[2 * (i - slot.labels)] = pair < 0 ? -1 : from[pair]!;
      into.labels[2 * (i - slot.labels) + 1] = pair < 0 ? -1 : to[pair]!;
    }
    const time = best[slot.time]!;
    if (time < 0) {
      if (borrow < 0) {
        into.detail = `the pairs have no time: looked for ${this.timeNames.slice(0, 4).join(', ')} and the like`;
        return 'no-time';
      }
      into.time = borrow;
      into.borrowed = into.stampless = true;
      return undefined;
    }
    const isBroker = timestamp >= 0;
    stamp.dateOrder = sticky?.dateOrder ?? 0;
    if (stamp.read(bytes, from[time]!, to[time]!, isBroker ? timestamp : near, true, isBroker) && !stamp.isNumber) {
      into.time = stamp.time;
      return undefined;
    }
    if (this.dated(bytes, time, stamp, isBroker ? timestamp : near, isBroker, into)) return undefined;
    const number = numberOf(bytes, from[time]!, to[time]!);
    if (number > 1e8) {
      into.time = timeOfNumber(number);
      return undefined;
    }
    const shown = JSON.stringify(textAt(bytes, from[time]!, to[time]!).slice(0, 60));
    into.detail = `${this.pairs.keys[time]} is ${stamp.problem || `no timestamp: ${shown}`}; set fields.time to the field that has the time`;
    return 'bad-time';
  }

  /** `date=2026-01-05 time=12:34:56 tz="+0100"` of FortiGate: the day is in a pair of its own. */
  private dated(
    bytes: Uint8Array,
    time: number,
    stamp: TimestampReader,
    near: number,
    isBroker: boolean,
    into: Fields,
  ): boolean {
    const { keys, count, from, to } = this.pairs;
    const textOf = (name: string): string => {
      const at = keys.indexOf(name);
      return at < 0 || at >= count ? '' : textAt(bytes, from[at]!, Math.min(to[at]!, from[at]! + 40));
    };
    const date = textOf('date');
    if (keys[time] !== 'time' || date === '') return false;
    const zone = textOf('tz');
    const both = Buffer.from(`${date} ${textOf('time')}${/^[-+]\d\d:?\d\d$/.test(zone) ? zone : ''}`, 'latin1');
    if (!stamp.read(both, 0, both.length, near, true, isBroker) || stamp.isNumber) return false;
    into.time = stamp.time;
    return true;
  }

  /** A number and a unit. */
  private isDuration(bytes: Uint8Array, pair: number): boolean {
    const [from, to] = [this.pairs.from[pair]!, this.pairs.to[pair]!];
    return to - from < 24 && isDigit(bytes[from]!) && !Number.isNaN(durationOfText(textAt(bytes, from, to)));
  }

  private levelOf(bytes: Uint8Array, from: number, to: number): number {
    const { levels: own } = this.fields ?? {};
    const mapped = own?.[textAt(bytes, from, to)];
    if (mapped !== undefined) return Math.max(0, (levels as readonly string[]).indexOf(mapped));
    return levelOfText(bytes, from, to);
  }

  private numberAt(bytes: Uint8Array, pair: number): number {
    return numberOf(bytes, this.pairs.from[pair]!, this.pairs.to[pair]!);
  }

  private outcome(bytes: Uint8Array): number {
    const { best, pairs } = this;
    let outcome = best[slot.status]! < 0 ? 0 : outcomeOfStatus(this.numberAt(bytes, best[slot.status]!));
    const grpc = best[slot.grpc]!;
    if (outcome === 0 && grpc >= 0)
      outcome =
        outcomeOfGrpc(this.numberAt(bytes, grpc)) ||
        outcomeOfGrpcName(textAt(bytes, pairs.from[grpc]!, pairs.to[grpc]!));
    if (outcome === 0 && best[slot.exit]! >= 0) outcome = outcomeOfExit(this.numberAt(bytes, best[slot.exit]!));
    const word = best[slot.word]!;
    if (outcome !== 0 || word < 0) return outcome;
    const [from, to] = [pairs.from[word]!, pairs.to[word]!];
    return to - from < 24 ? outcomeOfWord(textAt(bytes, from, to)) : 0;
  }

  /** Of the best pair that has one: ms, or NaN where it says none; undefined without such a pair. */
  private value(bytes: Uint8Array, scale: number): number | undefined {
    const pair = this.best[slot.value]!;
    if (pair < 0) return undefined;
    const number = this.numberAt(bytes, pair);
    const name = usualLogFields.value[this.rank[slot.value]!]!;
    const unit = this.fields?.value
      ? (this.fields.value_unit ?? unitOfName(this.pairs.keys[pair]!) ?? 'ms')
      : (valueUnits[name] ?? unitOfName(name) ?? 'ms');
    if (!Number.isNaN(number) && unit !== 'bare') return number / perMs[unit];
    const text = Buffer.from(bytes.subarray(this.pairs.from[pair], this.pairs.to[pair])).toString('utf8');
    return Number.isNaN(number) ? durationOfText(text) : bareDuration(text, number, scale, false).ms;
  }
}

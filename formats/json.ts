/** JSON lines: an object a line, its fields at usual or configurable paths, whoever wrote it. */
import { replicaKey, routeKey } from '../records/part-key.js';
import { bareDuration, durationOfText, perMs, unitOfName, type DurationUnit } from './duration-of.js';
import { type Fields, type Format, type FormatReason, type LineContext } from './format.js';
import { JsonScan, valueKinds } from './json-scan.js';
import { unescaped } from './json-text.js';
import { labelSet } from './label-set.js';
import { findLevel, levelOfText } from './level.js';
import { levelOfNumber, scales } from './level-numbers.js';
import { numberOf, timeOfNumber } from './number.js';
import { outcomeOfExit, outcomeOfGrpc, outcomeOfGrpcName, outcomeOfStatus, outcomeOfWord } from '../records/outcome.js';
import { innerTime } from './time/inner-time.js';
import { TimestampReader, type TimestampOptions } from './timestamp.js';
import { zoneNamed, type Zone } from './time/zones.js';
import {
  levelScales,
  pairedTimes,
  usualLogFields as usual,
  usualOutcomeFields,
  usualThrown,
  usualPartFields,
  valueUnits,
  type FieldPaths,
} from './usual-fields.js';
import { levels } from '../records/log-record.js';

/** Where JSON lines have their fields. */
export interface JsonOptions extends FieldPaths, TimestampOptions {
  /** Labels that relabel rules look at. */
  readonly matched?: readonly string[] | undefined;
  /** Pattern with named groups, of texts that have a form of their own. */
  readonly pattern?: string | undefined;
  /** Names of its groups. */
  readonly groups?: readonly string[] | undefined;
}

/** Reads the text of a message: what was wrapped is read as if it had come alone. Fills `into` where it finds something. */
export type TextReader = (bytes: Uint8Array, start: number, end: number, context: LineContext, into: Fields) => void;

/** Shapes of records that say how their numbers count, by names that others do not have. */
const hints = {
  hostname: ['hostname'],
  pid: ['pid'],
  version: ['v'],
  nextcloud: ['reqId'],
  clef: ['@mt', '@m', '@i'],
  gelf: ['short_message'],
  zap: ['ts'],
  mongo: ['t.$date'],
  name: ['name'],
  number: ['value'],
  series: ['metric', 'series', 'metric_name'],
  stream: ['stream'],
  logtag: ['logtag', '_p'],
  kubernetes: ['kubernetes'],
  severity: ['severity'],
  kubernetesEvent: ['involvedObject.kind', 'regarding.kind', 'event.involvedObject.kind'],
  zone: ['event.timezone', 'timezone', 'time_zone', 'tz'],
} as const;
const hintNames = Object.keys(hints) as (keyof typeof hints)[];

const slot = {
  time: 0,
  level: 1,
  message: 2,
  value: 3,
  status: 4,
  grpc: 5,
  exit: 6,
  word: 7,
  thrown: 8,
  reason: 9,
  paired: 10,
  route: 11,
  replica: 12,
} as const;
const hintSlot = (name: keyof typeof hints): number => slot.replica + 1 + hintNames.indexOf(name);
const labelSlot = slot.replica + 1 + hintNames.length;
const at = Object.fromEntries(hintNames.map((name) => [name, hintSlot(name)])) as Record<keyof typeof hints, number>;

const space = 0x20;
const newline = 0x0a;
const empty = Buffer.alloc(0);
const traceback = Buffer.from('Traceback');
const isTraceback = (bytes: Uint8Array, from: number, to: number): boolean =>
  to - from > traceback.length && traceback.every((byte, i) => bytes[from + i] === byte);
const blank = Buffer.from(' ');
const colonAndBlank = Buffer.from(': ');
/** Bytes of what was thrown that are looked at. */
const longestThrown = 512;
/** Messages that are looked into for what they wrap, bytes. */
const longestInner = 65_536;
const informational = levels.indexOf('info');

/** Reads JSON lines. Where there is no message field the whole line is the message. */
export function json(options: JsonOptions = {}, inner?: TextReader): Format {
  const set = labelSet(options, options.matched, options.groups);
  const paths = {
    time: options.time ? [options.time] : usual.time,
    level: options.level ? [options.level] : usual.level,
    message: options.message ? [options.message] : usual.message,
    value: options.value ? [options.value] : usual.value,
  };
  const pairs = options.time
    ? [{ seconds: `${options.time}.seconds`, finer: `${options.time}.nanos`, perMs: 1e6 }]
    : pairedTimes;
  const scan = new JsonScan([
    paths.time,
    paths.level,
    paths.message,
    paths.value,
    usualOutcomeFields.status,
    usualOutcomeFields.grpc,
    usualOutcomeFields.exit,
    usualOutcomeFields.word,
    usualThrown.thrown,
    usualThrown.reason,
    pairs.flatMap(({ seconds, finer }) => [seconds, finer]),
    usualPartFields.route,
    usualPartFields.replica,
    ...hintNames.map((name) => hints[name]),
    ...set.paths,
  ]);
  const stamp = new TimestampReader(options);
  const units = paths.value.map((name): DurationUnit | 'bare' =>
    options.value ? (options.value_unit ?? unitOfName(name) ?? 'ms') : (valueUnits[name] ?? unitOfName(name) ?? 'ms'),
  );
  const fixedScales = paths.level.map((name) => levelScales[name] ?? scales.guess);
  const shortLevels = new Set(paths.level.flatMap((name, i) => (name.length === 1 && !options.level ? [i] : [])));
  const kubernetesType = options.level ? -1 : usual.level.indexOf('type');
  const statusRank = options.level ? -1 : usual.level.indexOf('status');
  const auditId = options.time ? -1 : scan.first[slot.time]! + usual.time.indexOf('ID');
  const mapped = options.levels && new Map(Object.entries(options.levels));
  let bytes: Uint8Array = new Uint8Array();

  const has = (hint: keyof typeof hints): boolean => scan.best(at[hint]) >= 0;
  const isText = (candidate: number): boolean =>
    scan.kind[candidate] === valueKinds.text || scan.kind[candidate] === valueKinds.escapedText;
  const isNumber = (candidate: number): boolean => scan.kind[candidate] === valueKinds.number;
  const textOf = (candidate: number): string =>
    Buffer.from(bytes.subarray(scan.from[candidate], scan.to[candidate])).toString('latin1');
  const numberAt = (candidate: number): number =>
    isNumber(candidate) || isText(candidate) ? numberOf(bytes, scan.from[candidate]!, scan.to[candidate]!) : NaN;

  function zoneOf(): Zone | undefined {
    const candidate = scan.best(at.zone);
    return candidate >= 0 && isText(candidate) ? zoneNamed(textOf(candidate)) : undefined;
  }

  /** The time of the best field that has one, or NaN; `problem` is what the best one had instead. */
  let problem = '';
  function timeAt(context: LineContext): number {
    const { timestamp, near, sticky } = context;
    problem = '';
    for (let candidate = scan.best(slot.time); candidate >= 0; candidate = scan.best(slot.time, candidate)) {
      const from = scan.from[candidate]!;
      const to = scan.to[candidate]!;
      if (candidate === auditId) {
        const time = isText(candidate) ? timeOfAuditId(textOf(candidate)) : NaN;
        if (Number.isNaN(time)) continue;
        return time;
      }
      if (isNumber(candidate)) return timeOfNumber(numberOf(bytes, from, to));
      if (isText(candidate) && from < to) {
        let a: Uint8Array = bytes;
        let i = from;
        let j = to;
        if (scan.kind[candidate] === valueKinds.escapedText) {
          a = unescaped(bytes.subarray(from, to));
          i = 0;
          j = a.length;
        }
        while (i < j && a[i]! <= space) i++;
        if (i < j && a[i] === 0x5b && a[j - 1] === 0x5d) {
          i++;
          j--;
        }
        const isBroker = timestamp >= 0;
        stamp.dateOrder = sticky?.dateOrder ?? 0;
        const isStamp = stamp.read(a, i, j, isBroker ? timestamp : near, true, isBroker, zoneOf());
        if (sticky) sticky.dateOrder = stamp.dateOrder;
        if (isStamp && !stamp.isNumber) return stamp.time;
        const number = numberOf(a, i, j);
        if (!Number.isNaN(number) && number > 1e8) return timeOfNumber(number);
        problem ||= `"${paths.time[candidate]}" is ${stamp.problem || `no timestamp: ${shown(candidate)}`}`;
        continue;
      }
      const paired = pairedTime();
      if (!Number.isNaN(paired)) return paired;
      const held = heldTime(candidate, context);
      if (!Number.isNaN(held)) return held;
      if (from < to && scan.kind[candidate] !== valueKinds.word)
        problem ||= `"${paths.time[candidate]}" is ${kindName(candidate)}`;
    }
    return pairedTime();
  }

  /** The time that an object or a list holds. */
  function heldTime(candidate: number, { timestamp, near }: LineContext): number {
    const kind = scan.kind[candidate];
    if (kind !== valueKinds.object && kind !== valueKinds.array) return NaN;
    const held = innerTime(bytes, scan.from[candidate]!, scan.to[candidate]!);
    if (!held) return NaN;
    if ('ms' in held) return held.ms;
    const isBroker = timestamp >= 0;
    const nearest = isBroker ? timestamp : near;
    if ('local' in held) return options.zone ? options.zone.toUtc(held.local, nearest, isBroker) : held.local;
    const text = Buffer.from(held.text);
    const zone = (held.zone === undefined ? undefined : zoneNamed(held.zone)) ?? zoneOf();
    return stamp.read(text, 0, text.length, nearest, true, isBroker, zone) && !stamp.isNumber ? stamp.time : NaN;
  }

  function pairedTime(): number {
    const first = scan.first[slot.paired]!;
    for (const [i, pair] of pairs.entries()) {
      const seconds = numberAt(first + 2 * i);
      if (scan.kind[first + 2 * i] === valueKinds.absent || Number.isNaN(seconds)) continue;
      const finer = scan.kind[first + 2 * i + 1] === valueKinds.absent ? 0 : numberAt(first + 2 * i + 1);
      return seconds * 1000 + Math.floor((Number.isNaN(finer) ? 0 : finer) / pair.perMs);
    }
    return NaN;
  }

  const kindName = (candidate: number): string =>
    ({ [valueKinds.object]: 'an object', [valueKinds.array]: 'an array' })[scan.kind[candidate]!] ?? shown(candidate);
  const shown = (candidate: number): string => JSON.stringify(textOf(candidate).slice(0, 60));

  function levelFound(context: LineContext): number {
    for (let candidate = scan.best(slot.level); candidate >= 0; candidate = scan.best(slot.level, candidate)) {
      const rank = candidate - scan.first[slot.level]!;
      // Other writers put other things there.
      if (rank === kubernetesType && !has('kubernetesEvent')) continue;
      const from = scan.from[candidate]!;
      const to = scan.to[candidate]!;
      if (mapped && (isText(candidate) || isNumber(candidate))) {
        const level = mapped.get(textOf(candidate));
        if (level !== undefined) return Math.max(0, (levels as readonly string[]).indexOf(level));
      }
      const number = isNumber(candidate)
        ? numberOf(bytes, from, to)
        : isText(candidate)
          ? digitsOnly(bytes, from, to)
          : NaN;
      if (!Number.isNaN(number)) {
        if (shortLevels.has(rank) || rank === statusRank) continue;
        const level = levelOfNumber(number, scaleOf(rank), context.sticky?.levelScale);
        if (level > 0) return level;
      } else if (isText(candidate)) {
        const level = levelOfText(bytes, from, to);
        if (level > 0) return level;
      } else if (scan.kind[candidate] === valueKinds.array && paths.level[rank] === 'tags') {
        const level = levelAmong(bytes, from, to);
        if (level > 0) return level;
      }
    }
    return 0;
  }

  function scaleOf(rank: number): number {
    if (fixedScales[rank] !== scales.guess) return fixedScales[rank]!;
    if (has('nextcloud')) return scales.nextcloud;
    if (has('gelf')) return scales.syslog;
    return scales.guess;
  }

  /** Shapes that only one writer has say how the source counts from now on. */
  function learn(context: LineContext): void {
    const { sticky } = context;
    if (!sticky || sticky.levelScale !== scales.guess) return;
    if (has('pid') && has('hostname')) sticky.levelScale = scales.pino;
    else if (has('gelf')) sticky.levelScale = scales.syslog;
  }

  function valueFound(context: LineContext): number {
    for (let candidate = scan.best(slot.value); candidate >= 0; candidate = scan.best(slot.value, candidate)) {
      const unit = units[candidate - scan.first[slot.value]!]!;
      if (isText(candidate)) {
        const ms = durationOfText(Buffer.from(textOf(candidate), 'latin1').toString('utf8'));
        if (!Number.isNaN(ms)) return ms;
      }
      const number = numberAt(candidate);
      if (!Number.isFinite(number) || number < 0) continue;
      if (unit !== 'bare') return number / perMs[unit];
      if (scan.best(slot.status) >= 0 && /^\d{1,5}$/.test(textOf(candidate))) return number;
      const isTraefik = scan.kind[scan.first[slot.status]! + usualOutcomeFields.status.indexOf('OriginStatus')] !== 0;
      if (isTraefik) return number / 1e6;
      const zap = scan.best(at.zap);
      const { ms, scale } = bareDuration(
        textOf(candidate),
        number,
        context.sticky?.durationScale ?? 0,
        zap >= 0 && isNumber(zap),
      );
      if (context.sticky) context.sticky.durationScale = scale;
      return ms;
    }
    return NaN;
  }

  function outcomeFound(): number {
    for (let candidate = scan.best(slot.status); candidate >= 0; candidate = scan.best(slot.status, candidate)) {
      const outcome = outcomeOfStatus(numberAt(candidate));
      if (outcome > 0) return outcome;
    }
    const grpc = scan.best(slot.grpc);
    if (grpc >= 0) {
      const code = numberAt(grpc);
      const outcome = Number.isNaN(code) ? outcomeOfGrpcName(textOf(grpc)) : outcomeOfGrpc(code);
      if (outcome > 0) return outcome;
    }
    const exit = scan.best(slot.exit);
    if (exit >= 0 && !Number.isNaN(numberAt(exit))) return outcomeOfExit(numberAt(exit));
    for (let candidate = scan.best(slot.word); candidate >= 0; candidate = scan.best(slot.word, candidate)) {
      if (!isText(candidate) || scan.to[candidate]! - scan.from[candidate]! > 24) continue;
      const outcome = outcomeOfWord(textOf(candidate));
      if (outcome > 0) return outcome;
    }
    return 0;
  }

  function routeFound(): number {
    for (let candidate = scan.best(slot.route); candidate >= 0; candidate = scan.best(slot.route, candidate)) {
      if (isText(candidate)) return routeKey(bytes, scan.from[candidate]!, scan.to[candidate]!);
    }
    return 0;
  }

  /** Fills the message; returns the rank of its field, or -1 where all of the line is the message. */
  function messageFound(start: number, end: number, into: Fields): number {
    into.bytes = bytes;
    let empty = -1;
    for (let candidate = scan.best(slot.message); candidate >= 0; candidate = scan.best(slot.message, candidate)) {
      const kind = scan.kind[candidate];
      into.start = scan.from[candidate]!;
      into.end = scan.to[candidate]!;
      if (kind === valueKinds.array) {
        const text = bytesOfArray(bytes, into.start, into.end);
        if (!text) continue;
        into.bytes = text;
        into.start = 0;
        into.end = text.length;
      } else if (kind === valueKinds.escapedText) {
        into.bytes = unescaped(bytes.subarray(into.start, into.end));
        into.start = 0;
        into.end = into.bytes.length;
      } else if (kind === valueKinds.object) {
        if (paths.message[candidate - scan.first[slot.message]!] !== 'jsonPayload' && !options.message) continue;
      } else if (kind !== valueKinds.text) continue;
      if (into.start < into.end) return candidate - scan.first[slot.message]!;
      if (empty < 0) empty = candidate;
    }
    into.bytes = bytes;
    if (empty >= 0) {
      into.start = into.end = scan.from[empty]!;
      return empty - scan.first[slot.message]!;
    }
    into.start = start;
    into.end = end;
    return -1;
  }

  return {
    name: 'json',
    labels: set.names,
    identity: set.identity,
    labelText: (raw) => unescaped(raw).toString('utf8'),
    read(line: Uint8Array, start: number, end: number, context: LineContext, into: Fields): FormatReason | undefined {
      if (start === end) return 'empty';
      bytes = line;
      into.form = 'json';
      if (!scan.scan(line, start, end)) {
        into.detail = 'the line is no JSON object';
        return 'not-json';
      }
      learn(context);
      const time = timeAt(context);
      into.line = line;
      into.kind = 'log';
      const rank = messageFound(start, end, into);
      const isWrapped = rank >= 0;
      if (isWrapped) {
        // Docker, Fluent Bit and Lambda keep the line break.
        while (into.end > into.start && (into.bytes[into.end - 1] === newline || into.bytes[into.end - 1] === 0x0d))
          into.end--;
      }
      if (!isWrapped && context.inner !== true && isPoint()) {
        into.detail = 'the object is a point of a metric, a name and a number: set format: metric';
        return 'metric-point';
      }
      const stream = scan.best(at.stream);
      if (stream >= 0 && isText(stream)) {
        const text = textOf(stream);
        into.stream = text === 'stdout' ? 1 : text === 'stderr' ? 2 : 0;
      }
      into.level = levelFound(context);
      if (into.level === 0 && has('clef') && !has('severity') && scan.kind[scan.first[slot.time]! + clefTime] !== 0) {
        into.level = informational;
      }
      into.outcome = outcomeFound();
      into.value = valueFound(context);
      into.route = routeFound();
      const replica = scan.best(slot.replica);
      into.replica = replica >= 0 && isText(replica) ? replicaKey(bytes, scan.from[replica]!, scan.to[replica]!) : 0;
      for (let i = 0; i < set.names.length; i++) fillLabel(i, into);
      into.time = time;
      if (into.stream > 0 && isWrapped) {
        into.stampless = true;
        into.textBytes = into.bytes;
        into.textStart = into.start;
        into.textEnd = into.end;
        const tag = scan.best(at.logtag);
        into.partial = tag >= 0 ? textOf(tag) === 'P' : isDockerPart(line, start, rank);
      }
      if (isWrapped && inner && into.end - into.start <= longestInner) {
        const isObject = into.bytes[into.start] === 0x7b && into.bytes[into.end - 1] === 0x7d;
        if (isObject || into.level === 0 || options.pattern !== undefined)
          inner(
            into.bytes,
            into.start,
            into.end,
            { ...context, borrow: Number.isNaN(time) ? context.borrow : time, inner: true },
            into,
          );
      }
      if (isWrapped && (scan.best(slot.thrown) >= 0 || scan.best(slot.reason) >= 0)) addThrown(into);
      if (into.level === 0 && isWrapped) into.level = findLevel(into.bytes, into.start, into.end);
      if (!Number.isNaN(time)) into.time = time;
      if (Number.isNaN(into.time) && (problem === '' || context.inner === true) && context.borrow >= 0) {
        into.time = context.borrow;
        into.borrowed = true;
      }
      if (!Number.isNaN(into.time)) return undefined;
      if (problem !== '') {
        into.detail = `${problem}; set fields.time to the field that has the time`;
        return 'bad-time';
      }
      into.detail = `no usable time: looked for ${options.time ?? usual.time.slice(0, 8).join(', ')} and the like`;
      return 'no-time';
    },
  };

  /** What was thrown, the first line of it, follows the message: rules and templates see it. */
  function addThrown(into: Fields): void {
    const lineOf = (of: number): Buffer => {
      for (let candidate = scan.best(of); candidate >= 0; candidate = scan.best(of, candidate)) {
        if (!isText(candidate) || scan.from[candidate] === scan.to[candidate]) continue;
        const [from, to] = [scan.from[candidate]!, scan.to[candidate]!];
        // Python has what was raised in the last line.
        const isLast = isTraceback(bytes, from, to);
        const text = isLast
          ? bytes.subarray(Math.max(from, to - longestThrown), to)
          : bytes.subarray(from, Math.min(to, from + longestThrown));
        const whole = scan.kind[candidate] === valueKinds.escapedText ? unescaped(text) : text;
        const lines = Buffer.from(whole).toString('latin1').trim().split(/\r?\n/);
        return Buffer.from(isLast ? lines[lines.length - 1]! : lines[0]!, 'latin1');
      }
      return empty;
    };
    const thrown = lineOf(slot.thrown);
    const reason = thrown.includes(space) ? empty : lineOf(slot.reason);
    const parts = [into.bytes.subarray(into.start, into.end)];
    for (const part of [thrown, reason]) {
      if (part.length === 0 || Buffer.from(parts[0]!).includes(part)) continue;
      parts.push(parts.length > 1 ? colonAndBlank : blank, part);
    }
    if (parts.length === 1) return;
    into.bytes = Buffer.concat(parts);
    into.start = 0;
    into.end = into.bytes.length;
  }

  /** `{"timestamp":...,"value":40.1,"name":"cpu"}`: neither a message nor a level, but a number and a name. */
  function isPoint(): boolean {
    const value = scan.best(at.number);
    return value >= 0 && isNumber(value) && scan.best(slot.level) < 0 && (has('name') || has('series'));
  }

  /** Docker ends the text of each line with a line break, but where it cut it at 16 KiB. */
  function isDockerPart(line: Uint8Array, start: number, rank: number): boolean {
    if (paths.message[rank] !== 'log' || line[start + 1] !== 0x22 || line[start + 2] !== 0x6c || has('kubernetes'))
      return false;
    const candidate = scan.first[slot.message]! + rank;
    const to = scan.to[candidate]!;
    return to - scan.from[candidate]! > 8192 && !(line[to - 2] === 0x5c && line[to - 1] === 0x6e);
  }

  function hasDot(candidate: number): boolean {
    return bytes.subarray(scan.from[candidate], scan.to[candidate]).includes(0x2e);
  }

  function fillLabel(i: number, into: Fields): void {
    into.labels[2 * i] = into.labels[2 * i + 1] = -1;
    for (let candidate = scan.best(labelSlot + i); candidate >= 0; candidate = scan.best(labelSlot + i, candidate)) {
      if ((!isText(candidate) && !isNumber(candidate)) || scan.from[candidate] === scan.to[candidate]) continue;
      // A class is a part of a service.
      if (
        i === 0 &&
        candidate - scan.first[labelSlot]! === componentRank &&
        !options.labels?.service &&
        hasDot(candidate)
      )
        continue;
      into.labels[2 * i] = scan.from[candidate]!;
      into.labels[2 * i + 1] = scan.to[candidate]!;
      if (i === 0) into.isWeakService = !options.labels?.service && candidate - scan.first[labelSlot]! >= namedServices;
      return;
    }
    // Bunyan's name is the application's; other writers name other things so.
    const name = i === 0 && !options.labels?.service && has('version') && has('hostname') ? scan.best(at.name) : -1;
    if (name < 0 || !isText(name)) return;
    into.labels[0] = scan.from[name]!;
    into.labels[1] = scan.to[name]!;
  }
}

/** Names that say that it is the service; others are what it runs in. */
const namedServices = usual.service.indexOf('application') + 1;
const componentRank = usual.service.indexOf('component');
const clefTime = usual.time.indexOf('@t');

/** ms of `1772600767.089:4711`, the time and number of an audit event, as Laurel writes them; NaN for other ids. */
const timeOfAuditId = (text: string): number =>
  /^\d{10}\.\d{3}:\d+$/.test(text) ? timeOfNumber(Number(text.slice(0, 14))) : NaN;

/** The first level among the texts of an array: Kibana's tags. */
function levelAmong(bytes: Uint8Array, from: number, to: number): number {
  const stop = Math.min(to, from + 256);
  for (let i = from; i < stop; i++) {
    if (bytes[i] !== 0x22) continue;
    const close = bytes.indexOf(0x22, i + 1);
    if (close < 0 || close > stop) return 0;
    const level = close - i > 3 ? levelOfText(bytes, i + 1, close) : 0;
    if (level > 0) return level;
    i = close;
  }
  return 0;
}

/** A number of digits only, or NaN. */
function digitsOnly(bytes: Uint8Array, from: number, to: number): number {
  if (to === from || to - from > 6) return NaN;
  for (let i = from; i < to; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return NaN;
  return numberOf(bytes, from, to);
}

/** A text as journald writes one that is no UTF-8: an array of bytes. */
function bytesOfArray(bytes: Uint8Array, from: number, to: number): Buffer | undefined {
  const out = Buffer.alloc(Math.floor((to - from) / 2));
  let length = 0;
  let value = -1;
  for (let i = from + 1; i < to; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x30 && byte <= 0x39) value = (value < 0 ? 0 : value) * 10 + byte - 0x30;
    else if (byte === 0x2c || byte === 0x5d) {
      if (value < 0 || value > 255) return undefined;
      out[length++] = value;
      value = -1;
    } else if (byte > space) return undefined;
  }
  return length > 0 ? out.subarray(0, length) : undefined;
}

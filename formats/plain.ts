/** Text lines: what stands before the stamp, the stamp, and what the form of the line says behind it. */
import { clearFields, type Fields, type Format, type FormatReason, type LineContext } from './format.js';
import type { Sticky } from './sticky.js';
import { durationScales } from './duration-of.js';
import { unescaped } from './json-text.js';
import { labelSet } from './label-set.js';
import { findLevel, levelOfLetter, levelOfText, syslogLevels } from './level.js';
import { numberOf, timeOfNumber } from './number.js';
import {
  cloudFront,
  gin,
  haproxy,
  iis,
  isClassicBalancer,
  isScheme,
  loadBalancer,
  quotedRequest,
} from './text/access.js';
import { Cleaner } from './text/clean.js';
import { containerPrefix, headOf, isColumnWord, isIdWord, nagiosLevel } from './text/heads.js';
import { columnPairs, columnsOf, dayOf, isDirective, messageOfColumns, timeColumns } from './text/columns.js';
import { linePattern } from './text/line-pattern.js';
import { isKey } from './text/logfmt.js';
import { LogfmtFields } from './text/logfmt-fields.js';
import { ciscoLevel, flowLog, securityEvent, squid } from './text/network.js';
import {
  isHostAndKernel,
  isHostAndProgram,
  isHostAndTag,
  isSyslogHead,
  syslog5424,
  syslogTag,
  type SyslogHead,
} from './text/syslog.js';
import { isAt, skipBlanks, textAt, wordEnd } from './text/tokens.js';
import { windowsEvent } from './text/windows-event.js';
import { dateOf, isDigit, monthOf, two } from './time/dates.js';
import { TimestampReader, type TimestampOptions } from './timestamp.js';
import type { FieldPaths } from './usual-fields.js';

const space = 0x20;
const tab = 0x09;
const open = 0x5b;
const close = 0x5d;

/** What may stand between stamp and message, as may a dash before a blank. */
const between = new Uint8Array(256);
for (const byte of Buffer.from(' \t:,|')) between[byte] = 1;

/** How text lines are read. */
export interface PlainOptions extends TimestampOptions {
  readonly fields?: FieldPaths | undefined;
  /** Labels that relabel rules look at. */
  readonly matched?: readonly string[] | undefined;
  /** Pattern with named groups, of lines that have a form of their own. */
  readonly pattern?: string | undefined;
}

/** Reads an object inside a text; false where it is none that says more than its envelope. */
export type ObjectReader = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: LineContext,
  into: Fields,
) => boolean;

const noStamp =
  'the line begins with none of the known timestamps, and does not show that it continues the line before it';
/** What else may tell the time of a line: the broker, and nothing in a file. */
const withRemedy = (timestamp: number): string =>
  `${noStamp}; ${timestamp >= 0 ? 'time: auto gives it the time of the broker' : timeless}`;
/** What reads a file's lines that have no time. */
const timeless =
  'nothing else in a file tells when it was written (of one that is read as it grows, time: received does)';

/** Envelopes in envelopes that are followed. */
const maxDepth = 4;
const slowQuery = Buffer.from('slow query:');
const fromStart =
  'the stamp counts from the start of the machine or process: let the producer write the time (dmesg --time-format iso), or read it as it is written, with time: received';

/** How far a stamp may be from the beginning of a line, bytes, and behind how many words. */
const reach = { bytes: 200, words: 6 } as const;

/**
 * Reads lines of text. The message is what follows the stamp, without blanks and separators around it; behind a syslog
 * stamp it begins behind the host. Levels, outcomes and durations are those that the form of the line has; where it has
 * none, the level is the first one near the start of the message.
 */
export function plain(options: PlainOptions = {}, object?: ObjectReader): Format {
  const own = options.pattern === undefined ? undefined : linePattern(options.pattern);
  const set = labelSet(options.fields, options.matched, own?.groups);
  const stamp = new TimestampReader(options);
  const cleaner = new Cleaner();
  const logfmt = new LogfmtFields(options.fields, set);
  const labelAt = (name: string): number => set.names.indexOf(name);
  const host = labelAt('host');
  const program = labelAt('program');
  const streamLabel = labelAt('stream');
  let bytes: Uint8Array = new Uint8Array();
  let level = 0;
  /** Envelopes around what is read. */
  let depth = 0;

  const setLabel = (into: Fields, i: number, [from, to]: readonly [number, number]): void => {
    if (i < 0 || from < 0 || to <= from) return;
    into.labels[2 * i] = from;
    into.labels[2 * i + 1] = to;
  };

  /** Reads a stamp at `i`, perhaps in a bracket; returns the index behind it, or -1. */
  function stampAt(i: number, end: number, { timestamp, near, sticky }: LineContext): number {
    const isBroker = timestamp >= 0;
    // *Jan  5 12:34:56 of Cisco, whose clock is not set by NTP.
    if ((bytes[i] === 0x2a || bytes[i] === 0x2e) && bytes[i + 1]! >= 0x41 && bytes[i + 1]! <= 0x5a) i++;
    const bracket = bytes[i] === open || bytes[i] === 0x28 || bytes[i] === 0x22;
    stamp.dateOrder = sticky?.dateOrder ?? 0;
    const found = stamp.read(bytes, bracket ? i + 1 : i, end, isBroker ? timestamp : near, false, isBroker);
    if (sticky) sticky.dateOrder = stamp.dateOrder;
    if (!found) return -1;
    return bracket && (bytes[stamp.end] === close || bytes[stamp.end] === 0x29 || bytes[stamp.end] === 0x22)
      ? stamp.end + 1
      : stamp.end;
  }

  /** The message is `bytes[i, end)`; its level is that before the stamp, or its own. */
  function finish(i: number, end: number, into: Fields): FormatReason | undefined {
    while (i < end && (between[bytes[i]!] === 1 || (bytes[i] === 0x2d && bytes[i + 1] === space))) i++;
    // A part of a line goes on where it was cut.
    if (!into.partial) while (end > i && bytes[end - 1]! <= space) end--;
    into.bytes = bytes;
    into.start = i;
    into.end = end;
    const state = nagiosLevel(bytes, i, end);
    into.level = level || state || letterLevel(bytes, i, end) || findLevel(bytes, i, end);
    if (into.level === 0) into.level = ciscoLevel(bytes, i, end) || threadLevel(bytes, i, end);
    if (into.level < 0) into.level = 0;
    return undefined;
  }

  /** What is inside an envelope (a container's stamp, syslog) is read as a line of its own, at the envelope's time. */
  function inside(
    i: number,
    end: number,
    time: number,
    context: LineContext,
    into: Fields,
    form: string,
  ): FormatReason | undefined {
    const own = level;
    level = 0;
    const { stream, partial, textStart, textEnd } = into;
    const isObject = object && bytes[i] === 0x7b && bytes[end - 1] === 0x7d;
    depth++;
    if (!(isObject && object(bytes, i, end, { ...context, borrow: time }, into))) {
      const { timestamp, near, sticky } = context;
      const reason =
        depth > maxDepth ? 'no-time' : line(i, end, { timestamp, near, borrow: time, sticky, inner: true }, into);
      if (reason !== undefined) {
        // Nothing is in it, or nothing that is known.
        into.bytes = bytes;
        into.start = i;
        into.end = end;
        into.stampless = true;
      }
    }
    depth--;
    into.time = time;
    into.level ||= own;
    into.form = into.form === '' || into.form === 'text' ? form : `${form}+${into.form}`;
    into.stream = stream;
    into.partial = partial;
    into.textStart = textStart;
    into.textEnd = textEnd;
    into.borrowed = false;
    return undefined;
  }

  /** `2026-01-05T12:00:00Z stdout F message`: behind the stamp of a container runtime. */
  function container(i: number, end: number, context: LineContext, into: Fields): boolean {
    const isOut = isAt(bytes, i, end, ' stdout ');
    if (!isOut && !isAt(bytes, i, end, ' stderr ')) return false;
    const tag = bytes[i + 8];
    if ((tag !== 0x46 && tag !== 0x50) || (i + 9 < end && bytes[i + 9] !== space && bytes[i + 9] !== 0x3a))
      return false;
    const from = Math.min(end, wordEnd(bytes, i + 8, end) + 1);
    into.stream = isOut ? 1 : 2;
    into.partial = tag === 0x50;
    setLabel(into, streamLabel, [i + 1, i + 7]);
    into.textBytes = bytes;
    into.textStart = from;
    into.textEnd = end;
    inside(from, end, stamp.time, context, into, 'cri');
    return true;
  }

  function syslog(
    head: SyslogHead,
    end: number,
    time: number,
    context: LineContext,
    into: Fields,
    form: string,
  ): FormatReason | undefined {
    setLabel(into, host, head.host);
    level ||= head.level;
    const begin = bytes[head.message];
    const event = begin === 0x43 || begin === 0x4c ? securityEvent(bytes, head.message, end) : undefined;
    if (event) setService(event.product, into);
    else setLabel(into, program, head.program);
    if (!event && into.labels.length > 0 && into.labels[0]! < 0 && head.program[0] >= 0) {
      setLabel(into, 0, programName(bytes, head.program));
      into.isWeakService = true;
    }
    into.time = time;
    // Behind the program: what it wrote.
    let body = head.message;
    if (head.program[0] === head.message) {
      body = head.program[1];
      while (body < end && bytes[body] !== 0x3a) body++;
      body = skipBlanks(bytes, body + 1, end);
      if (textAt(bytes, ...head.program) === 'haproxy' && haproxy(bytes, body, end, into)) {
        into.form = `${form}+haproxy`;
        into.level = 0;
        return undefined;
      }
    }
    if (isAt(bytes, body, end, '@cee:')) body = skipBlanks(bytes, body + 5, end);
    if (bytes[body] === 0x7b && bytes[end - 1] === 0x7d && object) {
      const own = level;
      level = 0;
      if (object(bytes, body, end, { ...context, borrow: time }, into)) {
        into.time = time;
        into.level ||= own;
        into.form = `${form}+json`;
        return undefined;
      }
      level = own;
    }
    if (!event && body < end && bodyOf(body, end, time, context, into, form)) return undefined;
    into.form = form;
    const own = level;
    level = 0;
    finish(head.message, end, into);
    into.level = event?.level || into.level || own;
    return undefined;
  }

  /** What a program has written is read where it has a form, or a stamp, of its own. */
  function bodyOf(body: number, end: number, time: number, context: LineContext, into: Fields, form: string): boolean {
    const first = bytes[body]!;
    const isForm =
      isDigit(first) || first === open || first === 0x49 || first === 0x57 || first === 0x45 || isKey(bytes, body, end);
    if (!isForm || depth >= maxDepth) return false;
    const own = level;
    const before = { ...into, labels: into.labels.slice() };
    into.form = '';
    into.labels.fill(-1);
    into.isWeakService = false;
    depth++;
    const reason = usual(body, end, { ...context, borrow: time, inner: true }, into);
    depth--;
    const isRead = reason === undefined && (into.form !== 'text' || !into.borrowed) && into.form !== '';
    if (!isRead) {
      Object.assign(into, before);
      level = own;
      return false;
    }
    if (into.labels[0]! < 0) into.isWeakService = before.isWeakService;
    for (let k = 0; k < into.labels.length; k++) if (into.labels[k]! < 0) into.labels[k] = before.labels[k]!;
    into.time = time;
    into.level ||= own;
    into.form = `${form}+${into.form}`;
    into.borrowed = into.stampless = false;
    return true;
  }

  /** Behind `<priority>`. */
  function prioritised(
    start: number,
    i: number,
    end: number,
    context: LineContext,
    into: Fields,
  ): FormatReason | undefined {
    let priority = 0;
    for (i++; i < end && isDigit(bytes[i]!) && i - start < 5; i++) priority = priority * 10 + bytes[i]! - 0x30;
    if (bytes[i] !== 0x3e) return unstamped(start, end, context, into, noStamp);
    i++;
    level = syslogLevels[priority & 7]!;
    if (isDigit(bytes[i]!) && bytes[i + 1] === space) {
      const isNil = bytes[i + 2] === 0x2d && bytes[i + 3] === space;
      const behind = isNil ? i + 3 : stampAt(i + 2, end, context);
      const head = behind < 0 ? undefined : syslog5424(bytes, behind, end);
      if (head) {
        if (!isNil) return syslog(head, end, stamp.time, context, into, 'syslog');
        const time = context.borrow >= 0 ? context.borrow : context.timestamp;
        if (time < 0) return refused(into, 'the syslog timestamp is nil, and there is no broker to give the time');
        into.borrowed = true;
        return syslog(head, end, time, context, into, 'syslog');
      }
    }
    let behind = stampAt(i, end, context);
    // Cisco: <189>123: router1: 45: *Jan  5 12:34:56.789: %SYS-5-CONFIG_I
    for (let k = i, words = 0; behind < 0 && words < 3; words++) {
      const to = wordEnd(bytes, k, Math.min(end, k + 64));
      if (bytes[to - 1] !== 0x3a) break;
      k = skipBlanks(bytes, to, end);
      behind = stampAt(bytes[k] === 0x2a || bytes[k] === 0x2e ? k + 1 : k, end, context);
    }
    if (behind >= 0) {
      const time = stamp.time;
      const from = skipBlanks(bytes, behind, end);
      if (stamp.syslog || isHostAndProgram(bytes, from, end)) {
        return syslog(syslogTag(bytes, from, end), end, time, context, into, 'syslog');
      }
      into.time = time;
      into.form = 'text';
      const own = level;
      level = 0;
      finish(behind, end, into);
      into.level ||= own;
      return undefined;
    }
    if (stamp.problem !== '') return refused(into, stamp.problem);
    // FortiGate: <189>date=2026-01-05 time=12:34:56 level="notice"
    if (isKey(bytes, i, end) && depth === 0) {
      const own = level;
      depth++;
      const reason = usual(i, end, context, into);
      depth--;
      into.level ||= own;
      return reason;
    }
    return unstamped(i, end, context, into, noStamp);
  }

  /** What a stamp at the beginning of the line, or behind what may stand before it, is followed by. */
  function stamped(
    start: number,
    at: number,
    behind: number,
    end: number,
    context: LineContext,
    into: Fields,
  ): FormatReason | undefined {
    const { time, syslog: isSyslog } = stamp;
    into.time = time;
    into.form = 'text';
    if (at === start) {
      if (bytes[behind] === space && bytes[behind + 1] === 0x73 && container(behind, end, context, into))
        return undefined;
      const from = skipBlanks(bytes, behind, end);
      if (
        (isSyslog && bytes[at] !== open && isSyslogHead(bytes, from, end)) ||
        (bytes[behind] === space && isHostAndProgram(bytes, from, end)) ||
        (isRsyslogStamp(bytes, at, behind) && isHostAndTag(bytes, from, end)) ||
        (bytes[behind] === space && isHostAndKernel(bytes, from, end))
      ) {
        return syslog(syslogTag(bytes, from, end), end, time, context, into, 'syslog');
      }
      if (bytes[behind] === tab && cloudFront(bytes, behind, end, into)) return as(into, 'cloudfront');
      if (bytes[from] === 0x22 && quotedRequest(bytes, from, end, into)) return as(into, 'access');
      if (stamp.isNumber && squid(bytes, from, end, into)) return as(into, 'squid');
      if (isClassicBalancer(bytes, from, end) && loadBalancer(bytes, from, end, into)) return as(into, 'elb');
      if (bytes[end - 1]! <= 0x39 && bytes[end - 1]! >= 0x30 && isDigit(bytes[at]!) && iis(bytes, from, end, into))
        return as(into, 'iis');
      // The object behind a stamp, and maybe a level, is what was logged.
      if (object && bytes[end - 1] === 0x7d) {
        let i = from;
        for (let words = 0; words < 3 && i < end && bytes[i] !== 0x7b; words++)
          i = skipBlanks(bytes, wordEnd(bytes, i, end), end);
        if (i < end && bytes[i] === 0x7b) {
          const own = findLevel(bytes, from, i);
          if (object(bytes, i, end, { ...context, borrow: time }, into)) {
            into.time = time;
            into.level ||= own;
            into.form = 'text+json';
            return undefined;
          }
        }
      }
      // 12:34:56 web.1  | text: Foreman has its own stamp before the name.
      const process = bytes[at + 2] === 0x3a ? containerPrefix(bytes, from, end) : undefined;
      if (process && bytes[process.service[1]] === 0x2e) {
        setService(process.service, into);
        return finish(process.at, end, into);
      }
      // Redis and others of `pid:role stamp mark message` come by another way; java.util.logging has its text in the next line.
      if (isJulHead(bytes, start, behind, end)) into.headOnly = true;
      const db2 = db2Level(bytes, behind, end);
      if (db2 > 0) level = db2;
      into.isBlock = db2 > 0 || isHeadOfBlock(at, behind, end);
      return finish(behind, end, into);
    }
    into.isBlock = isHeadOfBlock(at, behind, end);
    const from = skipBlanks(bytes, behind, end);
    if (bytes[from] === 0x22 && quotedRequest(bytes, from, end, into)) return as(into, 'access');
    if (bytes[at] === open && isDigit(bytes[start]!) && haproxy(bytes, start, end, into)) return as(into, 'haproxy');
    if (bytes[from] === 0x7c && bytes[start] === open && gin(bytes, from, end, into)) return as(into, 'access');
    if (isScheme(bytes, start, end) && loadBalancer(bytes, from, end, into)) return as(into, 'alb');
    if (level === 0 && isDigit(bytes[start]!) && bytes[from + 1] === space) level = redisLevel(bytes[from]!);
    if (bytes[from] === 0x3e) behind = from + 1;
    return finish(behind, end, into);
  }

  /**
   * The alert log of Oracle, traces of SAP and others: the stamp has a line of its own, before the text. Samba puts the place in the
   * code behind it: `[2026/01/05 12:34:56,  0] smbd/server.c:1741(main)`.
   */
  function isHeadOfBlock(at: number, behind: number, end: number): boolean {
    if (stamp.isNumber) return false;
    if (skipBlanks(bytes, behind, end) === end) return true;
    return (
      bytes[at] === open &&
      bytes[behind] === 0x2c &&
      /^, +\d+[\],]/.test(textAt(bytes, behind, Math.min(end, behind + 12)))
    );
  }

  /** A stamp behind a head that single writers have. */
  function headed(i: number, end: number, context: LineContext, into: Fields): FormatReason | undefined | 'none' {
    const head = headOf(bytes, i, end);
    if (!head) return 'none';
    const behind = stampAt(head.at, end, context);
    if (behind < 0 || stamp.isNumber)
      return stamp.problem === '' || bytes[i] === 0x3c ? 'none' : refused(into, stamp.problem);
    level = head.level;
    if (!head.title) return stamped(i, head.at, behind, end, context, into);
    into.time = stamp.time;
    into.form = 'text';
    into.isBlock = true;
    return finish(head.title[0], head.title[1], into);
  }

  /** A line behind the name of its container, as tools write them that follow several: read as if it had come alone. */
  function prefixed(i: number, end: number, context: LineContext, into: Fields): boolean {
    const prefix = containerPrefix(bytes, i, end);
    if (!prefix || prefix.at >= end) return false;
    const isObject = object && bytes[prefix.at] === 0x7b && bytes[end - 1] === 0x7d;
    depth++;
    const isRead = isObject
      ? object(bytes, prefix.at, end, context, into) && !Number.isNaN(into.time)
      : usual(prefix.at, end, context, into) === undefined;
    depth--;
    if (!isRead) {
      clearFields(into);
      into.labels.fill(-1);
      return false;
    }
    if (into.labels.length > 0 && into.labels[0]! < 0) {
      setLabel(into, 0, [...prefix.service]);
      into.isWeakService = true;
    }
    return true;
  }

  function as(into: Fields, form: string): FormatReason | undefined {
    into.form = form;
    into.level = 0;
    return undefined;
  }

  const refused = (into: Fields, detail: string): FormatReason => {
    into.detail = detail;
    return 'bad-time';
  };

  /** All of a line without a stamp is its message, where its time can be borrowed. */
  function unstamped(
    start: number,
    end: number,
    context: LineContext,
    into: Fields,
    detail: string,
  ): FormatReason | undefined {
    if (context.borrow < 0) {
      into.detail = detail === noStamp ? withRemedy(context.timestamp) : detail;
      return 'no-time';
    }
    into.time = context.borrow;
    into.borrowed = into.stampless = true;
    if (into.form === '') into.form = 'text';
    return finish(start, end, into);
  }

  /** `I1011 10:11:02.000001    5813 server.go:446] message` of klog and glog. */
  function klog(i: number, end: number, context: LineContext, into: Fields): FormatReason | undefined | 'none' {
    const letter = bytes[i];
    if (letter !== 0x49 && letter !== 0x57 && letter !== 0x45 && letter !== 0x46) return 'none';
    // glog since 0.6 has the year.
    const isLong = isDigit(bytes[i + 5]!) && bytes[i + 9] === space;
    // CockroachDB has two digits of it.
    const isShort = isDigit(bytes[i + 5]!) && bytes[i + 7] === space;
    const isFull = isLong || isShort;
    const fullYear = isLong ? two(bytes, i + 1) * 100 + two(bytes, i + 3) : 2000 + two(bytes, i + 1);
    if (isFull) i += isLong ? 4 : 2;
    const month = two(bytes, i + 1);
    const day = two(bytes, i + 3);
    if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31) || bytes[i + 5] !== space || bytes[i + 8] !== 0x3a)
      return 'none';
    const hour = two(bytes, i + 6);
    const minute = two(bytes, i + 9);
    const second = two(bytes, i + 12);
    if (!(hour < 24 && minute < 60 && second <= 60)) return 'none';
    into.form = 'klog';
    const near = context.timestamp >= 0 ? context.timestamp : context.near;
    const year = isFull ? fullYear : stamp.nearestYear(month, day, near);
    if (Number.isNaN(year)) {
      return refused(
        into,
        'the stamp of klog has no year, and no broker time stamp or earlier line tells it: set the year of the source',
      );
    }
    let time = dateOf(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000;
    if (bytes[i + 14] === 0x2e) time += (bytes[i + 15]! - 0x30) * 100 + two(bytes, i + 16);
    if (Number.isNaN(time)) return refused(into, `there is no day ${month}-${day} in ${year}`);
    into.time = options.zone ? options.zone.toUtc(time, near, context.timestamp >= 0) : time;
    let from = i + 14;
    while (from < end && bytes[from] !== close && from - i < 200) from++;
    from = bytes[from] === close ? from + 1 : i + 14;
    if (isShort) from = behindCockroachHead(bytes, i + 14, end);
    level = levelOfLetter(letter);
    return finish(from, end, into);
  }

  /** An event of Windows as XML: its time is in one of its elements, its provider is the service. */
  function windows(i: number, end: number, context: LineContext, into: Fields): boolean {
    const event = windowsEvent(bytes, i, end);
    const isStamp =
      event !== undefined && stamp.read(bytes, ...event.time, context.near, true, context.timestamp >= 0, undefined);
    if (!event || !isStamp) return false;
    into.time = stamp.time;
    into.form = 'windows event';
    setService(event.provider, into);
    into.bytes = Buffer.from(event.message, 'latin1');
    into.start = 0;
    into.end = into.bytes.length;
    into.level = event.level;
    into.outcome = event.outcome;
    return true;
  }

  /** A CEF or LEEF event that came without an envelope: its time is one of its fields. */
  function security(i: number, end: number, context: LineContext, into: Fields): FormatReason | undefined | 'none' {
    const event = securityEvent(bytes, i, end);
    if (!event) return 'none';
    into.form = 'security';
    setService(event.product, into);
    const [from, to] = event.time;
    if (from >= 0) {
      const isBroker = context.timestamp >= 0;
      const isStamp = stamp.read(bytes, from, to, isBroker ? context.timestamp : context.near, true, isBroker);
      into.time = isStamp ? stamp.time : timeOfNumber(numberOf(bytes, from, to));
    }
    if (from < 0 || Number.isNaN(into.time)) {
      if (context.borrow < 0) {
        into.detail = 'the event has no time: neither rt, start nor devTime is one';
        return 'no-time';
      }
      into.time = context.borrow;
      into.borrowed = true;
    }
    finish(i, end, into);
    if (event.level > 0) into.level = event.level;
    return undefined;
  }

  /** The product is the service, where the source has none. */
  function setService(range: readonly [number, number], into: Fields): void {
    if (into.labels.length === 0 || into.labels[0]! >= 0) return;
    setLabel(into, 0, range);
    into.isWeakService = true;
  }

  /** `ERRO[2026-03-04T05:06:07Z] message` of logrus, and `ERRO[0012] message`, which counts from its start. */
  function logrus(i: number, end: number, context: LineContext, into: Fields): FormatReason | undefined | 'none' {
    const found = levelOfText(bytes, i, i + 4);
    if (found === 0) return 'none';
    if (isDigit(bytes[i + 5]!) && bytes[i + 9] === close) {
      level = found;
      return unstamped(i, end, context, into, fromStart);
    }
    const behind = stampAt(i + 4, end, context);
    if (behind < 0) return 'none';
    level = found;
    into.time = stamp.time;
    into.form = 'text';
    return finish(behind, end, into);
  }

  /** `Started GET "/cart" for 10.1.2.3 at 2026-03-04 05:06:07 +0000` of Rails. */
  function railsRequest(i: number, end: number, context: LineContext, into: Fields): FormatReason | undefined | 'none' {
    const text = textAt(bytes, i, Math.min(end, i + 4096));
    const at = /^Started [A-Z]+ ".*" for \S+ at (?=\d{4}-)/.exec(text)?.[0].length;
    if (at === undefined) return 'none';
    if (stampAt(i + at, end, context) < 0) return 'none';
    into.time = stamp.time;
    into.form = 'text';
    return finish(i, i + at - 4, into);
  }

  /** `type=SYSCALL msg=audit(1586347182.123:456): arch=...` of auditd. */
  function audit(i: number, end: number, into: Fields): boolean {
    const at = textAt(bytes, i, Math.min(end, i + 80)).indexOf('msg=audit(');
    if (at < 0) return false;
    const from = i + at + 10;
    let to = from;
    while (to < end && bytes[to] !== 0x3a && to - from < 24) to++;
    const time = timeOfNumber(numberOf(bytes, from, to));
    while (to < end && bytes[to] !== 0x29) to++;
    if (Number.isNaN(time) || bytes[to + 1] !== 0x3a) return false;
    into.time = time;
    into.form = 'audit';
    into.bytes = Buffer.concat([bytes.subarray(i, i + at), bytes.subarray(skipBlanks(bytes, to + 2, end), end)]);
    into.start = 0;
    into.end = into.bytes.length;
    into.level = 0;
    return true;
  }

  /** What may stand before a stamp: levels, brackets, ids, addresses. Returns the index of the stamp, or -1. */
  function behindHead(start: number, end: number, context: LineContext): number {
    const stop = Math.min(end, start + reach.bytes);
    let i = start;
    for (let words = 0; words < reach.words && i < stop; words++) {
      let to: number;
      if (bytes[i] === open) {
        to = i;
        while (to < stop && bytes[to] !== close) to++;
        to++;
        if (to > stop) return -1;
        const found = levelOfText(bytes, i, to);
        if (found > 0) level ||= found;
      } else {
        to = wordEnd(bytes, i, stop);
        // ERROR|2026-01-05T12:34:56Z|
        const bar = bytes.indexOf(0x7c, i);
        if (bar > i && bar < to) to = bar;
        const found = headWord(bytes, i, to);
        // DEBUG: shop.Cart: 2026/01/05 12:34:56
        const isLogger = level > 0 && words === 1 && bytes[to - 1] === 0x3a;
        if (found < 0 && !isLogger) return -1;
        if (found > 0) level ||= found;
      }
      i = skipBlanks(bytes, to, stop);
      if (bytes[i] === 0x7c) i = skipBlanks(bytes, i + 1, stop);
      const behind = stampAt(i, end, context);
      // Redis: 1:signal-handler (1772600767) Received SIGTERM
      const isQuoted = bytes[i] === 0x28 && bytes[behind - 1] === 0x29;
      if (behind >= 0 && (!stamp.isNumber || isQuoted)) return i;
      if (stamp.problem !== '') return -1;
    }
    return -1;
  }

  /**
   * `audit 2026-01-05T12:34:56 mon.a`, `134681 node-246 unix.hw net.niff.up 1767616496 1`: the index of a stamp behind names and
   * ids, in a source whose lines do not begin with one; a number only behind ids. -1 without one.
   */
  function behindColumns(start: number, end: number, context: LineContext): number {
    const stop = Math.min(end, start + reach.bytes);
    let ids = 0;
    for (let i = start, words = 0; words < reach.words && i < stop; words++) {
      const to = wordEnd(bytes, i, stop);
      if (!isColumnWord(bytes, i, to)) return -1;
      if (isIdWord(bytes, i, to)) ids++;
      i = skipBlanks(bytes, to, stop);
      if (!isDigit(bytes[i]!)) continue;
      const behind = stampAt(i, end, context);
      const isWhole = behind >= 0 && (bytes[behind] === space || behind === end);
      if (isWhole && (stamp.isNumber ? isPlainEpoch(bytes, i, behind) && ids > words : isYear(bytes, i))) return i;
    }
    return -1;
  }

  /** `203.0.113.7 - ann [05/Jan/2026:12:34:56 +0100] "GET`: the bracket with a stamp of a common log, or -1. */
  function commonLog(start: number, end: number, context: LineContext): number {
    const stop = Math.min(end, start + reach.bytes);
    for (let i = start + 1; i < stop; i++) {
      if (bytes[i] !== open || bytes[i - 1] !== space) continue;
      const behind = stampAt(i, end, context);
      if (behind >= 0 && !stamp.isNumber) return i;
    }
    return -1;
  }

  /** A line of the columns that the file has named; `none` where it has others. */
  function columns(
    { columns: names, day }: Sticky,
    start: number,
    end: number,
    context: LineContext,
    into: Fields,
  ): FormatReason | undefined | 'none' {
    const pairs = columnPairs(names, bytes, start, end);
    if (!pairs) return 'none';
    const textOf = (key: string): string => {
      const pair = pairs.find((each) => each.key === key);
      return pair ? textAt(bytes, pair.from, pair.to) : '';
    };
    const clock = textOf('time') || textOf('gmttime');
    const date = textOf('date') || (/^\d\d:/.test(clock) ? day : '');
    const text = textOf('date-time') || `${date} ${clock}`.trim();
    const at = Buffer.from(text, 'latin1');
    const isBroker = context.timestamp >= 0;
    stamp.dateOrder = context.sticky?.dateOrder ?? 0;
    const isStamp =
      text !== '' && stamp.read(at, 0, at.length, isBroker ? context.timestamp : context.near, true, isBroker);
    // Zeek's ts is a number.
    const seconds = isStamp ? NaN : Number(textOf('ts') || textOf('timestamp') || NaN);
    if (!isStamp && !(seconds > 1e8)) {
      into.form = 'columns';
      if (stamp.problem !== '') return refused(into, stamp.problem);
      return 'none';
    }
    const time = isStamp ? stamp.time : timeOfNumber(seconds);
    const rest = pairs.filter(({ key }) => !timeColumns.has(key));
    const isZeek = names[0] === '\t';
    // The service of Zeek is a protocol, and its durations are seconds.
    if (isZeek && context.sticky) context.sticky.durationScale = durationScales.seconds;
    logfmt.take(isZeek ? rest.filter(({ key }) => key !== 'service') : rest);
    logfmt.read(bytes, start, end, stamp, { ...context, borrow: time }, into);
    into.time = time;
    into.form = 'columns';
    into.borrowed = into.stampless = false;
    if (!logfmt.hasMessage(rest)) {
      into.bytes = messageOfColumns(bytes, rest);
      into.start = 0;
      into.end = into.bytes.length;
    }
    // CloudFront and Tomcat write seconds with a point, IIS whole milliseconds.
    if (textOf('time-taken').includes('.')) into.value *= 1000;
    return undefined;
  }

  /** The fields of a line of the source's own form; lines that do not match are read by their usual form. */
  function patterned(start: number, end: number, context: LineContext, into: Fields): FormatReason | undefined {
    const pairs = own?.pairs(bytes, start, end);
    if (!pairs) {
      const reason = usual(start, end, context, into);
      if (reason === 'no-time') into.detail = `the line does not match the pattern of the source, and ${into.detail}`;
      return reason;
    }
    if (logfmt.hasTime(pairs)) {
      logfmt.take(pairs);
      const reason = logfmt.read(bytes, start, end, stamp, context, into);
      into.form = 'pattern';
      if (reason !== undefined) return reason;
      const { time } = into;
      if (object && bytes[into.start] === 0x7b && bytes[into.end - 1] === 0x7d) {
        const { level: outer } = into;
        if (object(bytes, into.start, into.end, { ...context, borrow: time }, into)) into.level ||= outer;
        into.time = time;
      }
      into.level ||= findLevel(into.bytes, into.start, into.end);
      return undefined;
    }
    // Groups without a time say more of a line that is read by its usual form.
    const reason = usual(start, end, context, into);
    if (reason !== undefined) return reason;
    const before = { ...into, labels: into.labels.slice() };
    logfmt.take(pairs);
    logfmt.read(bytes, start, end, stamp, { ...context, borrow: into.time }, into);
    const { level: ownLevel, outcome, value } = into;
    const { bytes: text, start: from, end: to } = logfmt.hasMessage(pairs) ? into : before;
    for (let k = 0; k < into.labels.length; k++) if (into.labels[k]! < 0) into.labels[k] = before.labels[k]!;
    const labels = into.labels;
    Object.assign(into, before, { labels, bytes: text, start: from, end: to, form: 'pattern' });
    if (ownLevel > 0) into.level = ownLevel;
    if (outcome > 0) into.outcome = outcome;
    if (!Number.isNaN(value)) into.value = value;
    return undefined;
  }

  const line = own ? patterned : usual;

  function usual(start: number, end: number, context: LineContext, into: Fields): FormatReason | undefined {
    let i = start;
    while (i < end && (bytes[i] === space || bytes[i] === tab)) i++;
    if (i === end) return 'empty';
    // What is indented belongs to something, or is a stamp behind blanks.
    if (i > start && context.borrow < 0 && context.near >= 0 && !isIndentedStamp(bytes, start, i, end)) {
      into.detail = withRemedy(context.timestamp);
      return 'no-time';
    }
    level = 0;
    const first = bytes[i]!;
    if (first === 0x3c) {
      if (windows(i, end, context, into)) return undefined;
      const found = headed(i, end, context, into);
      return found === 'none' ? prioritised(start, i, end, context, into) : found;
    }
    const isOrdinary = isDigit(first) || first === open;
    if (context.sticky && context.sticky.columns !== '' && first !== 0x23) {
      const reason = columns(context.sticky, i, end, context, into);
      if (reason !== 'none') return reason;
    }
    if (!isDigit(first)) {
      const found = headed(i, end, context, into);
      if (found !== 'none') return found;
      if (depth === 0 && context.inner !== true && prefixed(i, end, context, into)) return undefined;
    } else if (depth === 0 && context.inner !== true) {
      // 0|cart  | of PM2, and a time of day before the name, as it and Foreman write it
      const name = bytes[i + 2] === 0x3a && bytes[i + 5] === 0x3a && bytes[i + 8] === space ? i + 9 : i;
      const isNumbered = bytes[name + 1] === 0x7c || bytes[name + 2] === 0x7c;
      if ((isNumbered || name > i) && prefixed(name, end, context, into)) return undefined;
    }
    let behind = stampAt(i, end, context);
    let problem = stamp.problem;
    if (
      behind >= 0 &&
      (bytes[behind] === 0x2c || bytes[behind] === 0x3b) &&
      context.inner !== true &&
      isPoint(bytes, behind, end)
    ) {
      into.detail = 'the line is a point of a metric, a time and a number: set format: metric';
      return 'metric-point';
    }
    if (behind >= 0 && stamp.isNumber && !isNumberStamp(context, bytes, behind)) behind = -1;
    if (behind >= 0) {
      if (context.sticky && context.sticky.stamps === 0) context.sticky.stamps = stamp.isNumber ? 2 : 1;
      return stamped(i, i, behind, end, context, into);
    }
    if (isDigit(first)) {
      const flow = flowLog(bytes, i, end);
      if (flow >= 0) {
        into.time = timeOfNumber(numberOf(bytes, flow, flow + 10));
        into.form = 'flow';
        return finish(i, end, into);
      }
      // Octet counting of RFC 6587 that was left in.
      let k = i;
      while (k < end && isDigit(bytes[k]!) && k - i < 6) k++;
      if (bytes[k] === space && bytes[k + 1] === 0x3c && isDigit(bytes[k + 2]!))
        return prioritised(k + 1, k + 1, end, context, into);
    }
    if (!isOrdinary) {
      const found = klog(i, end, context, into);
      if (found !== 'none') return found;
      if (first === 0x2d && isMarker(bytes, i, end)) return 'comment';
      if (first === 0x23 && isDirective(bytes, i, end)) {
        if (context.sticky) {
          context.sticky.columns = columnsOf(bytes, i, end) ?? context.sticky.columns;
          context.sticky.day = dayOf(bytes, i, end) ?? context.sticky.day;
        }
        return 'comment';
      }
      // MySQL's slow query log: what follows is joined.
      if (first === 0x23 && isAt(bytes, i, end, '# Time: ') && stampAt(i + 8, end, context) >= 0) {
        into.time = stamp.time;
        into.form = 'slow query';
        into.bytes = slowQuery;
        into.start = 0;
        into.end = slowQuery.length;
        into.level = 0;
        return undefined;
      }
      if (first === 0x74 && isAt(bytes, i, end, 'type=') && audit(i, end, into)) return undefined;
      if (first === 0x6e && isAt(bytes, i, end, 'node=')) {
        const type = skipBlanks(bytes, wordEnd(bytes, i, end), end);
        if (isAt(bytes, type, end, 'type=') && audit(type, end, into)) return undefined;
      }
      if (first === 0x43 || first === 0x4c) {
        const reason = security(i, end, context, into);
        if (reason !== 'none') return reason;
      }
      if (bytes[i + 4] === open) {
        const reason = logrus(i, end, context, into);
        if (reason !== 'none') return reason;
      }
      if (first === 0x53 && isAt(bytes, i, end, 'Started ')) {
        const reason = railsRequest(i, end, context, into);
        if (reason !== 'none') return reason;
      }
      if (isKey(bytes, i, end)) {
        if (logfmt.find(bytes, i, end)) {
          const reason = logfmt.read(bytes, i, end, stamp, context, into);
          return reason === 'no-time' && context.borrow >= 0 ? undefined : reason;
        }
      }
    }
    // Webmin: an id that begins as an epoch, and the stamp in brackets behind it
    if (problem !== '' && isDigit(first)) {
      const bracket = skipBlanks(bytes, wordEnd(bytes, i, end), end);
      const after = bytes[bracket] === open ? stampAt(bracket, end, context) : -1;
      if (after >= 0 && !stamp.isNumber) return stamped(i, bracket, after, end, context, into);
    }
    if (problem === '') {
      const at = behindHead(i, end, context);
      if (at >= 0) return stamped(i, at, stampAt(at, end, context), end, context, into);
      level = 0;
      problem = stamp.problem;
      if (problem === '' && context.inner !== true && context.sticky?.stamps !== 1) {
        const column = behindColumns(i, end, context);
        if (column >= 0) {
          into.time = stamp.time;
          into.form = 'text';
          finish(stamp.end, end, into);
          // What is before the stamp is a part of what the line says.
          into.start = i;
          return undefined;
        }
      }
      if (problem === '') {
        const bracket = commonLog(i, end, context);
        if (bracket >= 0) {
          const after = stampAt(bracket, end, context);
          level = 0;
          return stamped(i, bracket, after, end, context, into);
        }
      }
    }
    level = 0;
    if (problem !== '' && (context.borrow < 0 || context.inner !== true)) return refused(into, problem);
    return unstamped(i, end, context, into, uptime(bytes, i, end) ? fromStart : noStamp);
  }

  return {
    name: 'plain',
    labels: set.names,
    identity: set.identity,
    labelText: (raw) => unescaped(raw).toString('utf8'),
    read(input: Uint8Array, from: number, to: number, context: LineContext, into: Fields): FormatReason | undefined {
      const { bytes: clean, start, end, isWide } = cleaner.take(input, from, to);
      bytes = clean;
      depth = 0;
      into.kind = 'log';
      into.line = bytes;
      into.labels.fill(-1);
      if (isWide) {
        into.detail = 'the line has a NUL at every other byte, as UTF-16 has: only UTF-8 is read';
        return 'bad-encoding';
      }
      return line(start, end, context, into);
    },
  };
}

/** `2026-03-04T05:06:07.089123+01:00`, as rsyslog writes files: six digits and an offset. */
const isRsyslogStamp = (bytes: Uint8Array, at: number, behind: number): boolean =>
  behind - at === 32 && bytes[at + 10] === 0x54 && bytes[at + 19] === 0x2e && bytes[behind - 3] === 0x3a;

/** Behind `.089123 12 1@server/server.go:83 ⋮ [n1,s1] 7  `: goroutine, channel, file, tags and number of a line of CockroachDB. */
function behindCockroachHead(bytes: Uint8Array, i: number, end: number): number {
  const head = /^[.\d]* (?:\d+ )?(?:\d+@)?[\w./-]+:\d+ (?:\xe2\x8b\xae )?(?:\[[^\]]*\] )?(?:\d+ [ =+|!])?/;
  return i + (head.exec(textAt(bytes, i, Math.min(end, i + 300)))?.[0].length ?? 0);
}

/** What journalctl and logcat say of themselves between the lines. */
const isMarker = (bytes: Uint8Array, i: number, end: number): boolean =>
  /^(?:-- (?:Boot |Reboot|Logs begin |Journal begins |No entries)|-{5,} (?:beginning of|switch to) )/.test(
    textAt(bytes, i, Math.min(end, i + 40)),
  );

/** `2026-` or `2026/` or `2026.` at `i`. */
const isYear = (bytes: Uint8Array, i: number): boolean =>
  bytes[i] === 0x32 && bytes[i + 1] === 0x30 && isDigit(bytes[i + 3]!) && !isDigit(bytes[i + 4]!);

/** Ten digits, seconds since 1970, from 2001 to 2033. */
const isPlainEpoch = (bytes: Uint8Array, from: number, to: number): boolean => to - from === 10 && bytes[from] === 0x31;

/**
 * Whether what is indented is a line of its own: a day of one digit that is padded (` 5 Jan 12:34:56`), or a whole stamp with a level
 * behind it, as older Consul and Serf write their lines.
 */
function isIndentedStamp(bytes: Uint8Array, start: number, i: number, end: number): boolean {
  // [BACKEND][2026-01-05 12:34:56]
  if (bytes[i] === open)
    return /^(?:\[[\w.-]{1,32}\] ?)?\[20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d/.test(textAt(bytes, i, Math.min(end, i + 64)));
  if (!isDigit(bytes[i]!)) return false;
  if (i - start === 1 && bytes[i + 1] === space) return monthOf(bytes, i + 2) > 0;
  const found = /^20\d\d[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d[\d.,Z]* +(?=\[?[A-Z])/.exec(
    textAt(bytes, i, Math.min(end, i + 64)),
  );
  if (!found) return false;
  const word = i + found[0].length;
  return levelOfText(bytes, word, wordEnd(bytes, word, end)) > 0;
}

/** Whether a bare number is the stamp of this source's lines: of its first one, or when it has shown it. */
function isNumberStamp({ sticky, borrow }: LineContext, bytes: Uint8Array, behind: number): boolean {
  const next = bytes[behind];
  if (next !== space && next !== tab && next !== 0x2c && next !== close && next !== 0x3a && next !== 0x7c) return false;
  return borrow < 0 && (sticky ? sticky.stamps !== 1 : true);
}

/** `,40.1` or `,40.1,cpu` behind a stamp: columns of a metric, the first a number. */
const isPoint = (bytes: Uint8Array, i: number, end: number): boolean =>
  end - i < 256 && /^[,;]\s?-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?:,[^\s,]*)*\s*$/.test(textAt(bytes, i, end));

/** `[12345.678901] `, `[0.123s]`: time since a start. */
function uptime(bytes: Uint8Array, i: number, end: number): boolean {
  if (bytes[i] !== open) return false;
  i = skipBlanks(bytes, i + 1, end);
  const from = i;
  while (i < end && (isDigit(bytes[i]!) || bytes[i] === 0x2e)) i++;
  if (bytes[i] === 0x73) i++;
  return i > from && bytes[i] === close;
}

/** Level of a word before a stamp; 0 for what may stand there and is none, -1 for prose. */
function headWord(bytes: Uint8Array, from: number, to: number): number {
  const level = levelOfText(bytes, from, to);
  const last = bytes[to - 1];
  if (to - from <= 2 && (last === 0x2c || to - from === 1)) return level;
  if (level > 0) return level;
  if (to - from > 48) return -1;
  // Ids, addresses, pids and roles: `812:M`, `203.0.113.7`, `-`, `app[12]:`, `https`
  let digits = 0;
  for (let i = from; i < to; i++) if (isDigit(bytes[i]!)) digits++;
  if (digits > 0 || bytes[from] === 0x2d || bytes[from] === 0x7c) return 0;
  return isScheme(bytes, from, to) || last === close ? 0 : -1;
}

/** `Jan 05, 2026 12:34:56 PM com.shop.Cart add` of java.util.logging: class and method, and the text in the next line. */
function isJulHead(bytes: Uint8Array, start: number, behind: number, end: number): boolean {
  if (isDigit(bytes[start]!) || bytes[start] === open || !(bytes[behind] === space)) return false;
  const rest = textAt(bytes, behind + 1, Math.min(end, behind + 300));
  return /^(?:[\w$]+\.)+[\w$]+ [\w$<>]+$/.test(rest);
}

const redisLevel = (mark: number): number =>
  mark === 0x2a ? 3 : mark === 0x23 ? 4 : mark === 0x2d || mark === 0x2e ? 2 : 0;

/** A level of one letter behind ids: `1234  5678 E Tag: ` of Android, `I NETWORK  ` of MongoDB, `E ` of others. */
function letterLevel(bytes: Uint8Array, i: number, end: number): number {
  for (let words = 0; words < 3; words++) {
    const to = wordEnd(bytes, i, Math.min(end, i + 24));
    // E/ActivityManager( 1234): of older Android, 1234-5678/com.app E/Tag: of its studio
    if (bytes[i + 1] === 0x2f && (words > 0 || isTagged(bytes, i, end))) {
      return 'VDIWEF'.includes(String.fromCharCode(bytes[i]!)) ? levelOfLetter(bytes[i]!) : 0;
    }
    if (words === 0 && bytes[i + 2] === 0x28) return severityLevel(bytes, i, to);
    if (words === 0 && isAppId(bytes, i, to)) {
      i = skipBlanks(bytes, wordEnd(bytes, i, end), end);
      continue;
    }
    if (to - i === 1) {
      const next = bytes[to + 1]!;
      const isName = next >= 0x41 && next <= 0x5a;
      // E [MSGID: 114058] of Gluster
      if (next === open && 'EWIDCTN'.includes(String.fromCharCode(bytes[i]!))) return levelOfLetter(bytes[i]!);
      // I | etcdserver: of etcd
      return bytes[i]! < 0x5b && (isName || next === 0x7c || words > 0) ? levelOfLetter(bytes[i]!) : 0;
    }
    for (let k = i; k < to; k++) if (!isDigit(bytes[k]!)) return 0;
    i = skipBlanks(bytes, to, end);
  }
  return 0;
}

/** Level of `Er(11)` of ESXi: the letters of a severity, and its number among those of its facility; 0 where it is none. */
function severityLevel(bytes: Uint8Array, from: number, to: number): number {
  const found = /^(?:Em|Al|Cr|Er|Wa|No|In|Db)\((\d{1,3})\)$/.exec(textAt(bytes, from, to));
  return found ? syslogLevels[Number(found[1]) & 7]! : 0;
}

/** Level of `I1234E567             LEVEL: Error`, the first line of a record of Db2; 0 where it is none. */
function db2Level(bytes: Uint8Array, behind: number, end: number): number {
  const letter = bytes[behind + 1]!;
  if (bytes[behind] !== space || letter < 0x41 || letter > 0x5a || !isDigit(bytes[behind + 2]!)) return 0;
  const found = /^ [A-Z]\d+[A-Z]\d+ +LEVEL: (?=\w)/.exec(textAt(bytes, behind, Math.min(end, behind + 80)));
  const from = found ? behind + found[0].length : end;
  return from < end ? levelOfText(bytes, from, wordEnd(bytes, from, end)) : 0;
}

/** `E/Tag(  123): ` or `E/Tag: `. */
const isTagged = (bytes: Uint8Array, i: number, end: number): boolean =>
  /^[VDIWEF]\/[\w.$-]+ *(?:\( *\d+\))?:/.test(textAt(bytes, i, Math.min(end, i + 80)));

/** `1234-5678/com.app` */
const isAppId = (bytes: Uint8Array, i: number, to: number): boolean =>
  isDigit(bytes[i]!) && /^\d+-\d+\/[\w.?]+$/.test(textAt(bytes, i, to));

/** `7f1c2d3e4f50 -1 osd.3 ...` of Ceph, whose errors have the number -1; `0000002a webapp        E ` of WebSphere. */
function threadLevel(bytes: Uint8Array, i: number, end: number): number {
  if (bytes[i + 12] !== space && bytes[i + 8] !== space) return 0;
  const head = textAt(bytes, i, Math.min(end, i + 40));
  if (/^[0-9a-f]{12} +-1 /.test(head)) return 5;
  const letter = /^[0-9a-f]{8} [\w.]{1,13} +([FEWAIOR]) /.exec(head)?.[1];
  if (letter === undefined) return 0;
  return letter === 'R' ? 5 : 'AO'.includes(letter) ? 3 : levelOfLetter(letter.charCodeAt(0));
}

/** `postfix/smtpd` is postfix; the path of a program its name. */
function programName(bytes: Uint8Array, [from, to]: readonly [number, number]): [number, number] {
  if (bytes[from] === 0x2f) {
    for (let i = to - 1; i > from; i--) if (bytes[i] === 0x2f) return [i + 1, to];
  }
  for (let i = from + 1; i < to; i++) if (bytes[i] === 0x2f) return [from, i];
  return [from, to];
}

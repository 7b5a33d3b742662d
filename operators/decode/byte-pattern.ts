/** Patterns of session keys: simple ones become a matcher on bytes, the others run in RE2. Both take linear time. */
import { RE2JS } from 're2js';

/** Finds matches in `bytes[start, end)`, in order; each is handed to `found` as a text. Ends where that returns false. */
export type PatternSearch = (bytes: Uint8Array, start: number, end: number, found: (key: string) => boolean) => void;

/** Matches a line. RE2 looks at all of its text for each: it has fewer, and sees so many bytes of a message only. */
const limits = { matches: 1024, matchesOfRe2: 64, bytesOfRe2: 65_536 };

/** One class of bytes, repeated. */
interface PatternStep {
  readonly members: Uint8Array;
  readonly min: number;
  readonly max: number;
}

/**
 * Compiles a pattern (RE2 syntax). The match is the first group where there is one. Patterns such as `blk_-?\d+` or
 * `job-([0-9a-f]+)`, a literal followed by classes of ASCII characters none of which is in the class that follows, are
 * matched on bytes; the others by RE2 on the text, behind a search for their literal beginning.
 */
export function patternSearch(pattern: string): PatternSearch {
  return byteSearch(pattern) ?? regexSearch(pattern);
}

/** Whether a pattern is matched on bytes. */
export const isBytePattern = (pattern: string): boolean => byteSearch(pattern) !== undefined;

function byteSearch(pattern: string): PatternSearch | undefined {
  const parsed = parse(pattern);
  if (!parsed) return undefined;
  const { literal, steps, groupAt } = parsed;
  const first = literal[0];
  return (bytes, start, end, found) => {
    const last = end - literal.length;
    let left = limits.matches;
    outer: for (let i = start; i <= last; i++) {
      if (bytes[i] !== first) continue;
      for (let k = 1; k < literal.length; k++) if (bytes[i + k] !== literal[k]) continue outer;
      let at = i + literal.length;
      for (const { members, min, max } of steps) {
        const stop = max < end - at ? at + max : end;
        const from = at;
        while (at < stop && members[bytes[at]!] === 1) at++;
        if (at - from < min) continue outer;
      }
      if (!found(text(bytes, i + groupAt, at)) || --left === 0) return;
      i = at - 1;
    }
  };
}

const text = (bytes: Uint8Array, from: number, to: number): string => asBuffer(bytes).toString('latin1', from, to);

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

interface Parsed {
  readonly literal: Uint8Array;
  readonly steps: readonly PatternStep[];
  /** Where the group begins: 0 for the whole match, the literal's length for what follows it. */
  readonly groupAt: number;
}

function parse(pattern: string): Parsed | undefined {
  const literal = /^(?:[A-Za-z0-9_ :=/@#<-]|\\[-.[\](){}+*?|^$/\\])+/.exec(pattern)?.[0] ?? '';
  let rest = pattern.slice(literal.length);
  // A repeated last character is no part of the literal.
  if (literal === '' || /^[*+?{]/.test(rest)) return splitLast(pattern, literal);
  let groupAt = 0;
  const bytes = Buffer.from(literal.replace(/\\(.)/g, '$1'));
  if (rest.startsWith('(') && !rest.startsWith('(?') && rest.endsWith(')')) {
    groupAt = bytes.length;
    rest = rest.slice(1, -1);
  }
  const steps = stepsOf(rest);
  return steps && isLinear(bytes, steps) ? { literal: bytes, steps, groupAt } : undefined;
}

/** `blk_-?\d+`: the minus belongs to the classes, not to the literal before it. */
function splitLast(pattern: string, literal: string): Parsed | undefined {
  const kept = literal.replace(/(?:\\.|[^\\])$/, '');
  if (kept === '') return undefined;
  const steps = stepsOf(pattern.slice(kept.length));
  const bytes = Buffer.from(kept.replace(/\\(.)/g, '$1'));
  return steps && isLinear(bytes, steps) ? { literal: bytes, steps, groupAt: 0 } : undefined;
}

function stepsOf(source: string): PatternStep[] | undefined {
  const steps: PatternStep[] = [];
  const step = /(\\d|\\w|\\[-./]|\[(?:\\[dw.\]-]|[^\]\\^&[])+\]|[A-Za-z0-9_:=/@#-])(\+|\*|\?|\{\d+(?:,\d*)?\})?/gy;
  while (step.lastIndex < source.length) {
    const match = step.exec(source);
    if (!match) return undefined;
    const members = membersOf(match[1]!);
    const [min, max] = timesOf(match[2] ?? '{1}');
    if (!members || max < min || min > 256) return undefined;
    steps.push({ members, min, max });
  }
  // Greedy matching without a way back is right only where what follows cannot begin inside what came before.
  for (let i = 0; i + 1 < steps.length; i++) {
    if (steps[i]!.min === steps[i]!.max) continue;
    for (let k = i + 1; k < steps.length; k++) {
      if (steps[i]!.members.some((member, byte) => member === 1 && steps[k]!.members[byte] === 1)) return undefined;
      if (steps[k]!.min > 0) break;
    }
  }
  return steps;
}

function timesOf(repeat: string): [number, number] {
  if (repeat === '+') return [1, Infinity];
  if (repeat === '*') return [0, Infinity];
  if (repeat === '?') return [0, 1];
  const [min, max] = repeat.slice(1, -1).split(',');
  return [Number(min), max === undefined ? Number(min) : max === '' ? Infinity : Number(max)];
}

function membersOf(source: string): Uint8Array | undefined {
  const members = new Uint8Array(256);
  const range = (from: string, to: string): void => {
    members.fill(1, from.charCodeAt(0), to.charCodeAt(0) + 1);
  };
  const body = source.startsWith('[') ? source.slice(1, -1) : source;
  const part = /\\([dw])|\\(.)-\\?(.)|\\(.)|([\x20-\x7e])-([\x20-\x7e])|([\x20-\x7e])/gy;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (!match || match[2] !== undefined) return undefined;
    const [, shorthand, , , escaped, from, to, single] = match as (string | undefined)[];
    if (shorthand) {
      range('0', '9');
      if (shorthand === 'w') for (const [a, z] of ['AZ', 'az', '__']) range(a!, z!);
    } else if (from && to) {
      if (from > to) return undefined;
      range(from, to);
    } else range(escaped ?? single ?? '', escaped ?? single ?? '');
  }
  return members;
}

/**
 * Some byte of the literal lies outside every open-ended class: then no run can hold the literal, the runs of two
 * starts do not overlap, and all starts together take linear time.
 */
function isLinear(literal: Uint8Array, steps: readonly PatternStep[]): boolean {
  const open = steps.filter(({ max }) => max > 256);
  return literal.some((byte) => open.every(({ members }) => members[byte] === 0));
}

function regexSearch(pattern: string): PatternSearch {
  const compiled = RE2JS.compile(pattern);
  const group = compiled.groupCount() > 0 ? 1 : 0;
  const prefix = Buffer.from(/^[A-Za-z0-9_ :=/@#-]+(?![*?{|])/.exec(pattern)?.[0] ?? '');
  const needed = pattern.includes('|') || prefix.length < 2 ? prefix.subarray(0, 0) : prefix.subarray(0, -1);
  return (bytes, start, end, found) => {
    const stop = Math.min(end, start + limits.bytesOfRe2);
    const range = asBuffer(bytes).subarray(start, stop);
    if (needed.length > 0 && !range.includes(needed)) return;
    const matcher = compiled.matcher(range.toString('utf8'));
    for (let i = 0; i < limits.matchesOfRe2 && matcher.find(); i++) {
      const key = matcher.group(group);
      if (key && !found(key)) return;
    }
  };
}

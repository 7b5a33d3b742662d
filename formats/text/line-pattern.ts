/** Lines of a form of one's own: a pattern with named groups gives the fields of a line, as pairs do. */
import { RE2JS } from 're2js';
import type { Pair } from './logfmt.js';

/** Bytes of a line that a pattern sees. */
const longest = 65_536;

/** A compiled pattern of lines. */
export interface LinePattern {
  /** Names of its groups, in lower case. */
  readonly groups: readonly string[];
  /** What the groups of the line `bytes[start, end)` hold, or undefined where the pattern does not match. */
  pairs(bytes: Uint8Array, start: number, end: number): Pair[] | undefined;
}

/**
 * Compiles a pattern (RE2 syntax: linear time). It may match anywhere in the line; `^` and `$` bind it. The bytes are
 * UTF-8, invalid ones match `.` alone.
 *
 * @throws Error where it is no pattern
 */
export function linePattern(pattern: string): LinePattern {
  const compiled = RE2JS.compile(pattern);
  const groups = Object.entries(compiled.namedGroups()).map(([name, group]) => ({ name: name.toLowerCase(), group }));
  return {
    groups: groups.map(({ name }) => name),
    pairs(bytes, start, end) {
      const matcher = compiled.matcher(bytes.subarray(start, Math.min(end, start + longest)));
      if (!matcher.find()) return undefined;
      const pairs: Pair[] = [];
      for (const { name, group } of groups) {
        const from = matcher.start(group);
        if (from < 0) continue;
        const to = matcher.end(group);
        pairs.push({ key: name, from: start + from, to: start + to, isEscaped: false });
      }
      return pairs;
    },
  };
}

/** Whether a line matches a pattern, in linear time. */
export function lineTest(pattern: string): (bytes: Uint8Array, start: number, end: number) => boolean {
  const compiled = RE2JS.compile(pattern);
  return (bytes, start, end) => compiled.matcher(bytes.subarray(start, Math.min(end, start + longest))).find();
}

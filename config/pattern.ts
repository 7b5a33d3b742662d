/** What is wrong with a pattern of the RE2 syntax, and at which of its characters. */
import { RE2JS } from 're2js';

/** What the library says of a pattern that it cannot compile. */
interface SyntaxError2 {
  readonly error?: string;
  /** The part of the pattern that it stumbled over; null where that is its end. */
  readonly input?: string | null;
}

/** Undefined where the pattern can be used. */
export function patternProblem(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    const { error: what = (error as Error).message, input } = error as SyntaxError2;
    const at = /^missing closing \)/.test(what)
      ? unclosed(pattern)
      : input
        ? pattern.indexOf(input)
        : pattern.length - 1;
    return `is no pattern of the RE2 syntax (no look-around, no back-references): ${what} at character ${Math.max(0, at) + 1} of ${pattern}`;
  }
}

/** Index of the last parenthesis that is not closed: the library names the whole pattern. */
function unclosed(pattern: string): number {
  const open: number[] = [];
  let inClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at++;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '(') open.push(at);
    else if (char === ')') open.pop();
  }
  return open.at(-1) ?? pattern.length - 1;
}

/** The same for a value of a matcher: exact, or a pattern between slashes, with `!` before it or without. */
export function matcherProblem(value: string): string | undefined {
  const wanted = value.startsWith('!') ? value.slice(1) : value;
  if (wanted.length < 2 || !wanted.startsWith('/') || !wanted.endsWith('/')) return undefined;
  return patternProblem(wanted.slice(1, -1));
}

/** Whether a pattern names one of its groups. */
export const hasNamedGroup = (pattern: string): boolean => /\(\?P?<[A-Za-z_]/.test(pattern);

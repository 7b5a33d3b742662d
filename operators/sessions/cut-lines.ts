/**
 * Lines that lost their end on the way, to a limit of a forwarder or to a crash. The rest of such a line is a template
 * that no class has seen, and says nothing but that the whole line came.
 */

/** Less than this part of a text may be anything. */
const minLeft = 0.5;

/** Whether a text is the beginning of another. */
export const isCutOf = (text: string, whole: string): boolean =>
  text.length < whole.length && text.length >= minLeft * whole.length && whole.startsWith(text);

interface WholeLine {
  readonly id: number;
  readonly text: string;
  /** Share of the class's sessions that had it. */
  readonly share: number;
}

/** The known line that a text is the beginning of: of several the most frequent one. */
export function wholeOf(text: string, known: readonly WholeLine[]): number | undefined {
  let found: WholeLine | undefined;
  for (const line of known) {
    if (!isCutOf(text, line.text)) continue;
    if (!found || line.share > found.share || (line.share === found.share && line.id < found.id)) found = line;
  }
  return found?.id;
}

/**
 * Accuracy of template mining. Grouping accuracy GA (Zhu et al., ICSE-SEIP 2019), F1 over groups FGA (Jiang et al., ISSTA
 * 2024), and F1 over groups whose template text is right as well, FTA (Khan et al., ICSE 2022).
 */

export interface TemplateAccuracy extends Readonly<Record<string, number>> {
  readonly ga: number;
  readonly fga: number;
  readonly fta: number;
}

/** Blanks as one, and variables with only punctuation between them as one variable. */
export const normalised = (template: string): string =>
  template
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/<\*>(?:[^\s\p{L}\p{N}<>]*<\*>)+/gu, '<*>');

/**
 * @param predicted - template of each line: its group and its text
 * @param truth - labelled template of each line
 */
export function templateAccuracy(
  predicted: readonly { readonly group: string; readonly text: string }[],
  truth: readonly string[],
): TemplateAccuracy {
  const trueSizes = sizes(truth);
  const groups = new Map<string, { lines: number; first: number; pure: boolean }>();
  predicted.forEach(({ group }, line) => {
    const known = groups.get(group);
    if (!known) groups.set(group, { lines: 1, first: line, pure: true });
    else {
      known.lines++;
      known.pure &&= truth[line] === truth[known.first];
    }
  });
  let lines = 0;
  let right = 0;
  let worded = 0;
  for (const { lines: size, first, pure } of groups.values()) {
    if (!pure || size !== trueSizes.get(truth[first]!)) continue;
    right++;
    lines += size;
    if (normalised(predicted[first]!.text) === normalised(truth[first]!)) worded++;
  }
  const both = groups.size + trueSizes.size;
  return { ga: lines / truth.length, fga: (2 * right) / both, fta: (2 * worded) / both };
}

function sizes(labels: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** Lengths of time in configuration files: `250ms`, `30s`, `5m`, `1h`, `7d`, `2w`. */

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of a text such as `1h30m`, or NaN where it is none. */
export function parseDuration(text: string): number {
  const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/y;
  let total = 0;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (!match) return Number.NaN;
    total += Number(match[1]) * units[match[2]!]!;
    at = part.lastIndex;
  }
  return at > 0 ? total : Number.NaN;
}

/** The shortest text of some milliseconds: the inverse of `parseDuration` for whole numbers. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  for (const [unit, size] of Object.entries(units).reverse()) if (ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

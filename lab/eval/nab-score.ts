/**
 * The scoring of the Numenta Anomaly Benchmark (Lavin and Ahmad, ICMLA 2015): detections early in a labelled window earn
 * most, those behind it cost more the further away, one threshold holds for all files, and the sum is put between a
 * detector that finds nothing (0) and a perfect one (100).
 */

/** One file: anomaly scores of all its rows, and its windows by row, both ends included. */
export interface NabFile {
  readonly scores: ArrayLike<number>;
  readonly windows: readonly (readonly [number, number])[];
  /** Rows before it are not scored. */
  readonly probation: number;
}

/** Weights of an application profile. */
export interface CostMatrix {
  readonly tpWeight: number;
  readonly fpWeight: number;
  readonly fnWeight: number;
}

export interface NabScore {
  /** 0 for nothing found and nothing wrong, 100 for all found at once and nothing wrong. */
  readonly score: number;
  /** The threshold that gives it. */
  readonly threshold: number;
}

/** Beyond so many window lengths behind a window a detection is simply false. */
const farBehind = 3;

/** In (-1, 1): position -1 is the left edge of a window, 0 its right edge, above it lies behind. */
export const scaledSigmoid = (position: number): number =>
  position >= farBehind ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;

/** What a detection at each row would be worth, and the window that it lies in; -1 for none. */
function worthOf(rows: number, { windows }: NabFile, costs: CostMatrix): { worth: Float64Array; inside: Int32Array } {
  const worth = new Float64Array(rows);
  const inside = new Int32Array(rows).fill(-1);
  let next = 0;
  for (let i = 0; i < rows; i++) {
    while (next < windows.length && windows[next]![1] < i) next++;
    const [first, last] = windows[next] ?? [rows, rows];
    if (i >= first) {
      inside[i] = next;
      const position = -(last - i + 1) / (last - first + 1);
      worth[i] = (scaledSigmoid(position) * costs.tpWeight) / scaledSigmoid(-1);
    } else {
      const before = next > 0 ? windows[next - 1] : undefined;
      const behind = before ? (i - before[1]) / (before[1] - before[0]) : farBehind;
      worth[i] = scaledSigmoid(behind) * costs.fpWeight;
    }
  }
  return { worth, inside };
}

/** The best score over all thresholds, the same for all files. */
export function scoreNab(files: readonly NabFile[], costs: CostMatrix): NabScore {
  const points: { readonly score: number; readonly worth: number; readonly window: number }[] = [];
  let windows = 0;
  for (const file of files) {
    const rows = file.scores.length;
    const { worth, inside } = worthOf(rows, file, costs);
    for (let i = file.probation; i < rows; i++)
      points.push({ score: file.scores[i]!, worth: worth[i]!, window: inside[i]! < 0 ? -1 : windows + inside[i]! });
    windows += file.windows.length;
  }
  points.sort((a, b) => b.score - a.score);
  const found = new Float64Array(windows).fill(-costs.fnWeight);
  const nothing = -costs.fnWeight * windows;
  let total = nothing;
  let best = total;
  let threshold = Number.POSITIVE_INFINITY;
  for (let i = 0; i < points.length;) {
    const { score } = points[i]!;
    for (; i < points.length && points[i]!.score === score; i++) {
      const { worth, window } = points[i]!;
      if (window < 0) total += worth;
      else if (worth > found[window]!) {
        total += worth - found[window]!;
        found[window] = worth;
      }
    }
    if (total > best) [best, threshold] = [total, score];
  }
  const perfect = costs.tpWeight * windows;
  return { score: windows > 0 ? (100 * (best - nothing)) / (perfect - nothing) : 0, threshold };
}

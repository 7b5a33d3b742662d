/** A window on its way from features to a decision: each stage adds its part. */
import type { CanaryRecord } from './canary.js';
import type { ShadowRecord } from './shadow.js';
import type { SampleLine } from './aggregate.js';
import type { DetectorScore, Direction, InexactReason, Subject } from './score.js';
import type { Boundary, EffectiveVerdict, SessionWindow } from './window.js';
import type { Definition, Promotion } from './windows.js';

/** How often what is usual comes back: `daily` at its time of day, or at `any` time. */
export type Habits = 'daily' | 'any';

/** A named, versioned list of features. A detector names the schema that it was trained on. */
export interface FeatureSchema {
  /** For example `logs-1`. */
  readonly id: string;
  readonly columns: readonly FeatureColumn[];
  /** What calibration counts as a habit: what comes every day at its time, or what comes back at any. */
  readonly habits: Habits;
}

/** A column of a feature schema. */
export interface FeatureColumn {
  readonly name: string;
  /** Unit of the actual and typical values shown to people. */
  readonly unit: string;
  readonly description: string;
}

/** A template of a window, with how often its lines came and how often they usually do. */
export interface TemplateCount {
  /** Template id: a 53-bit hash, stable over minings. */
  readonly id: number;
  readonly text: string;
  readonly count: number;
  /** Typical count in a window of this entity. */
  readonly typical: number;
  /** Never seen before by this entity since it is known. */
  readonly novel: boolean;
  /** A masked example line, where one is known. */
  readonly sample: string;
  /** Plain rule that pages and found it. */
  readonly rule?: string | undefined;
}

/** What stands out most in an aspect of a log window. */
export interface AspectNote {
  readonly aspect: string;
  /** Template that it is about, or 0, and its text. */
  readonly template: number;
  readonly text: string;
  readonly actual: number;
  readonly typical: number;
}

/** A featurised window of a service or series. */
export interface FeatureRow {
  readonly type: 'row';
  readonly subject: Subject;
  readonly schema: FeatureSchema;
  /** One normalised value a column, on the 2^-12 grid within ±512. */
  readonly vector: Float64Array;
  /** What was measured and what is typical, a column each, in the column's unit; NaN where there is none. */
  readonly actual: Float64Array;
  readonly typical: Float64Array;
  /** Scores of aspects, see models/features/aspects.ts; none for series. */
  readonly aspects?: Float64Array;
  readonly notes?: readonly AspectNote[];
  /** At most 32, those that stand out first. */
  readonly templates: readonly TemplateCount[];
  readonly sample?: SampleLine | undefined;
  readonly lines: number;
  /** +1 more than typical, -1 less, 0 neither: of the most unusual column. */
  readonly direction: Direction;
  /** Plain rules that matched, by name; `ignore` rules have been applied already. */
  readonly rules: readonly string[];
  readonly flags: readonly InexactReason[];
  /** False while the entity's own baseline is young: such rows are judged, and trained on only where there are no others. */
  readonly warm: boolean;
  /** Event time since the entity's first window ended, ms: it is judged from its third window on. */
  readonly known: number;
}

/** A session with its rarity: `u = -log10(f + 1e-9)`. */
export interface SessionRow {
  readonly type: 'session';
  readonly session: SessionWindow;
  /** Template ids of the session, ascending. */
  readonly templates: readonly number[];
  readonly u: number;
  /** Past sessions behind the score. */
  readonly past: number;
  /** Templates that make it rare: missing though due, or present though rare. */
  readonly reasons: readonly {
    readonly template: number;
    readonly text: string;
    /** A masked example line, where one is known. */
    readonly sample: string;
    readonly missing: boolean;
    readonly cost: number;
  }[];
}

/** A session that is over, on its way to the class that learns from it. */
export interface SessionRelease {
  readonly type: 'release';
  readonly session: SessionWindow;
  readonly templates: readonly number[];
}

/** Before scoring. */
export type Featured =
  | Definition
  | Promotion
  | CanaryRecord
  | ShadowRecord
  | EffectiveVerdict
  | FeatureRow
  | SessionRow
  | SessionRelease
  | Boundary;

/** A row with the score of every detector that applies to its schema; `u` is 0 before calibration. */
export interface ScoredRow {
  readonly type: 'scored';
  readonly row: FeatureRow;
  readonly artefact: string;
  readonly scores: readonly DetectorScore[];
  /** Least certain of the detectors' calibrations, 0 to 1; 0 before calibration. */
  readonly confidence: number;
}

/** What leaves `score`. */
export type ScoredRecord =
  Promotion | CanaryRecord | EffectiveVerdict | ScoredRow | SessionRow | SessionRelease | Boundary;

/** What a search may choose from: a distribution for each parameter, in the terms that Optuna's journal has, too. */

export interface RealRange {
  readonly kind: 'real';
  readonly low: number;
  readonly high: number;
  /** Searched by order of magnitude. */
  readonly log?: boolean;
}

export interface WholeRange {
  readonly kind: 'whole';
  readonly low: number;
  readonly high: number;
}

export interface Choices {
  readonly kind: 'choice';
  readonly choices: readonly (string | boolean)[];
}

export type Distribution = RealRange | WholeRange | Choices;
/** Parameters by name, in a fixed order. */
export type Space = Readonly<Record<string, Distribution>>;
/** A number for each parameter; of choices their place. */
export type SearchPoint = Readonly<Record<string, number>>;

/** How far a trial came: its value is of its last step, larger is better. */
export interface TrialOutcome {
  readonly point: SearchPoint;
  readonly state: 'complete' | 'pruned' | 'failed';
  /** The last rung that it reached. */
  readonly step: number;
  readonly value: number;
}

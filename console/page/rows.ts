/** Rows of the API as the page reads them; /openapi.json says what each field is. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly total: number;
}

export interface Session {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly csrf: string;
  readonly login: boolean;
}

export type Verdict = 'anomaly' | 'not-anomaly' | 'expected' | 'new-normal';
export type Severity = 'info' | 'warning' | 'critical';

export interface AlertRow {
  readonly id: string;
  readonly entity: string;
  readonly kind: string;
  readonly service: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly key: string;
  readonly status: 'firing' | 'resolved';
  readonly severity: Severity;
  readonly audit: boolean;
  readonly startsAt: string;
  readonly lastAt: string;
  readonly u: number;
  readonly threshold: number;
  readonly rarity: string;
  readonly confidence: number;
  readonly summary: string;
  readonly muted: string;
  readonly incident: string | null;
  readonly incidentSize: number;
  readonly verdict: Verdict | null;
  readonly verdictId: string | null;
  readonly verdictBy: string | null;
}

export interface WholeAlert extends AlertRow {
  readonly believed: string;
  readonly standouts: readonly {
    readonly feature: string;
    readonly actual: number | null;
    readonly typical: number | null;
    readonly unit: string;
    readonly share: number;
  }[];
  readonly templates: readonly {
    readonly template: string;
    readonly count: number;
    readonly novel: boolean;
    readonly sample: string;
  }[];
  readonly detectors: readonly { readonly detector: string; readonly u: number; readonly saw: boolean }[];
  readonly arms: readonly { readonly arm: string; readonly u: number }[];
  readonly rules: readonly string[];
  readonly changes: readonly {
    readonly id: string;
    readonly at: string;
    readonly title: string;
    readonly version: string;
    readonly by: string;
    readonly url: string;
  }[];
  readonly steps: readonly {
    readonly at: string;
    readonly what: string;
    readonly severity: Severity;
    readonly u: number;
  }[];
  readonly origin: string;
  readonly originWhy: string;
  readonly verdicts: readonly {
    readonly id: string;
    readonly value: Verdict;
    readonly by: string;
    readonly via: string;
    readonly at: string;
    readonly revokedAt: string | null;
  }[];
  readonly healing: readonly {
    readonly seq: number;
    readonly at: string;
    readonly what: string;
    readonly rule: string;
    readonly by: string;
    readonly why: string;
  }[];
  readonly links: readonly { readonly name: string; readonly url: string }[];
}

export interface IncidentRow {
  readonly id: string;
  readonly status: 'firing' | 'resolved';
  readonly startsAt: string;
  readonly lastAt: string;
  readonly size: number;
  readonly firing: number;
  readonly answered: number;
  readonly severity: Severity;
  readonly origin: string;
  readonly originWhy: string;
  readonly summary: string;
  readonly entities: readonly string[];
}

export interface EntityRow {
  readonly entity: string;
  readonly kind: string;
  readonly service: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly end: string;
  readonly u: number;
  readonly threshold: number;
  readonly rarity: string;
  readonly firing: number;
  readonly alerts: number;
}

export interface CellRow {
  readonly windows: number;
  readonly fired: number;
  readonly over: number | null;
  readonly u: number | null;
}

export interface LaneRow {
  readonly entity: string;
  readonly kind: string;
  readonly service: string;
  readonly fired: number;
  readonly over: number | null;
  readonly cells: readonly CellRow[];
}

export interface LanesAnswer {
  readonly from: string;
  readonly to: string;
  readonly stepSeconds: number;
  readonly decidedTo: string | null;
  readonly isCurrent: boolean;
  readonly items: readonly LaneRow[];
  readonly next: string | null;
  readonly total: number;
}

export interface DecisionRow {
  readonly id: string;
  readonly entity: string;
  readonly start: string;
  readonly end: string;
  readonly session: boolean;
  readonly u: number;
  readonly threshold: number;
  readonly rarity: string;
  readonly fired: boolean;
  readonly asked: boolean;
  readonly vetoed: boolean;
  readonly scored: boolean;
}

export interface CurvesAnswer {
  readonly entity: string;
  readonly schema: string;
  readonly from: string;
  readonly to: string;
  readonly windows: number;
  readonly points: readonly {
    readonly id: string;
    readonly end: string;
    readonly u: number;
    readonly threshold: number;
    readonly fired: boolean;
    readonly scored: boolean;
  }[];
  readonly features: readonly {
    readonly feature: string;
    readonly unit: string;
    readonly description: string;
    readonly values: readonly (number | null)[];
    readonly actual: readonly (number | null)[];
    readonly typical: readonly (number | null)[];
  }[];
}

export interface TemplateRow {
  readonly template: string;
  readonly sample: string;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly novelAt: string | null;
  readonly typical: number;
  readonly last: number;
}

export interface DiffersAnswer {
  readonly from: string;
  readonly to: string;
  readonly windows: number;
  readonly compared: number;
  readonly features: readonly {
    readonly feature: string;
    readonly inside: number;
    readonly outside: number;
    readonly difference: number;
  }[];
  readonly templates: readonly {
    readonly template: string;
    readonly sample: string;
    readonly inside: number;
    readonly outside: number;
    readonly what: string;
    readonly difference: number;
  }[];
}

export interface ModelRow {
  readonly set: string;
  readonly inForce: boolean;
  readonly from: string;
  readonly name: string;
  readonly kind: string;
  readonly version: string;
  readonly schema: string;
  readonly columns: number;
  readonly rows: number;
  readonly trainedFrom: string | null;
  readonly trainedTo: string | null;
  readonly exact: boolean;
  readonly description: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface DriftAnswer {
  readonly lookedAt: string | null;
  readonly entities: number;
  readonly young: number;
  readonly items: readonly { readonly entity: string }[];
}

export interface ImportanceAnswer {
  readonly set: string | null;
  readonly leastAnswers: number;
  readonly items: readonly {
    readonly schema: string;
    readonly anomalies: number;
    readonly others: number;
    readonly detectors: readonly {
      readonly name: string;
      readonly separation: number;
      readonly features: readonly { readonly feature: string; readonly drop: number }[];
    }[];
  }[];
}

export interface PipelineAnswer {
  readonly decidedTo: string | null;
  readonly isCurrent: boolean;
  readonly sources: readonly {
    readonly source: string;
    readonly watermark: string | null;
    readonly stalled: boolean;
    readonly records: number;
    readonly lag: number | null;
  }[];
  readonly shards: readonly { readonly shard: string; readonly boundary: string | null; readonly entities: number }[];
  readonly refused: readonly { readonly reason: string; readonly count: number }[];
  readonly deadLetters: readonly { readonly reason: string; readonly count: number }[];
  readonly noted: readonly { readonly what: string; readonly count: number }[];
}

export interface QuarantineAnswer {
  readonly suite: string | null;
  readonly leavesOut: boolean;
  readonly items: readonly {
    readonly rule: string;
    readonly rows: number;
    readonly column: string;
    readonly entity: string | null;
    readonly at: string | null;
    readonly number: number | null;
    readonly value: string | null;
    readonly sample: string | null;
  }[];
}

export interface LetterRow {
  readonly number: number;
  readonly at: string;
  readonly reason: string;
  readonly source: string;
  readonly offset: number;
  readonly detail: string;
  readonly text: string;
  readonly redrivable: boolean;
}

export interface CalendarRow {
  readonly id: string;
  readonly name: string;
  readonly action: string;
  readonly match: Readonly<Record<string, string>>;
  readonly from: string;
  readonly to: string;
  readonly by: string;
}

export interface HealingRow {
  readonly id: string;
  readonly rule: string;
  readonly entity: string;
  readonly state: string;
  readonly at: string | null;
  readonly waits: boolean;
  readonly expiresAt: string | null;
}

interface Sides {
  readonly true: number;
  readonly false: number;
}

export interface WhatifAnswer {
  readonly inForce: number;
  readonly items: readonly {
    readonly budget: number;
    readonly decisions: number;
    readonly answers: number;
    readonly kept: Sides;
    readonly lost: Sides;
    readonly new: Sides;
    readonly unanswered: number;
    readonly untold: number;
    readonly refusal: string | null;
    readonly precision: { readonly low: number | null; readonly high: number | null };
  }[];
}

/** What `/api/status` says of the process. */
export interface StatusAnswer {
  readonly learning: string;
  /** What scores now and what comes next; null where this process does not know. */
  readonly training: {
    readonly phase: 'waiting' | 'prior' | 'none' | 'own';
    readonly training: boolean;
    readonly automatic: boolean;
    readonly artefact?: string;
    readonly origin?: string;
    readonly trainedUpTo?: number;
    readonly trainedAt?: number;
    readonly rows?: number;
    readonly entities?: number;
    readonly templates?: number;
    readonly next?: { readonly at: number; readonly kind: 'schedule' | 'look' };
    readonly refused?: { readonly what: string; readonly why: string; readonly at: number };
    readonly refusals: number;
    readonly failure?: string;
    readonly noDrift?: string;
  } | null;
  readonly problems: readonly string[];
  readonly waiting: readonly string[];
  readonly lines: {
    readonly in: number;
    readonly read: number;
    readonly joined: number;
    readonly refused: number;
    readonly reasons: Readonly<Record<string, number>>;
  };
}

/** What a set did on stored windows, gathered while they are decided again. */
import { NO_OPINION } from '../../models/detectors/foreign.js';
import type { Tracked } from '../../records/decided.js';
import { subjectOf } from '../../records/score.js';
import { hashText } from '../../records/wire/hash.js';

/** An alert that pages: its entity, and when it began, ms. */
export interface PagedAlert {
  readonly entity: string;
  readonly at: number;
}

/** Scores of one detector. */
export interface DetectorRecord {
  windows: number;
  /** Scores or levels that are no finite number. */
  broken: number;
  /** Whether all scores are one number. */
  isConstant: boolean;
  first: number;
  /** Episodes that it takes to be rarer than once a week. */
  episodes: number;
  /** Of the last of them, by entity: its beginning and the end of its last window, ms. */
  readonly last: Map<string, { readonly began: number; readonly end: number }>;
}

/** Windows in an episode are not further apart than this, and it is cut after an hour, as those of a calibration, ms. */
const gap = 600_000;
const cut = 3_600_000;
/** Rows of a schema that are kept to probe with. */
const maxRows = 256;
/** Subjects whose decisions are compared. */
const maxSubjects = 200_000;

export class TrialRecord {
  /** By `SCHEMA/DETECTOR`. */
  readonly detectors = new Map<string, DetectorRecord>();
  /** Windows by schema, and those that a detector judged. */
  readonly windows = new Map<string, { seen: number; judged: number }>();
  readonly alerts = new Map<string, PagedAlert>();
  /** Ends of windows that fired, by entity, ascending, ms. */
  readonly fired = new Map<string, number[]>();
  /** What was believed, by subject: the first `maxSubjects`. */
  readonly believed = new Map<string, { readonly u: number; readonly fired: boolean }>();
  /** Rows of features by schema, chosen by hash. */
  readonly rows = new Map<string, { readonly hash: number; readonly features: readonly number[] }[]>();
  readonly entities = new Set<string>();

  constructor(
    private readonly from: number,
    private readonly to: number,
  ) {}

  readonly add = (item: Tracked): void => {
    if (item.type === 'alert') {
      const { severity, startsAt, fingerprint, entity } = item.alert;
      if (severity !== 'info' && startsAt >= this.from && startsAt < this.to)
        this.alerts.set(fingerprint, { entity, at: startsAt });
      return;
    }
    if (item.type !== 'decided') return;
    const { decision } = item;
    const { entity, end, schema, scores, u, features } = decision;
    if (end <= this.from || end > this.to || decision.key !== '') return;
    this.entities.add(entity);
    const count = this.windows.get(schema) ?? { seen: 0, judged: 0 };
    this.windows.set(schema, count);
    count.seen++;
    const fired = decision.fired && !decision.listed;
    if (fired) {
      const own = this.fired.get(entity);
      if (own) own.push(end);
      else this.fired.set(entity, [end]);
    }
    const subject = subjectOf(decision);
    const hash = hashText(subject);
    const rows = this.rows.get(schema) ?? [];
    this.rows.set(schema, rows);
    if (rows.length < maxRows || hash < rows[rows.length - 1]!.hash) {
      rows.push({ hash, features });
      rows.sort((a, b) => a.hash - b.hash);
      rows.length = Math.min(rows.length, maxRows);
    }
    if (scores.length === 0) return;
    count.judged++;
    if (this.believed.size < maxSubjects) this.believed.set(subject, { u, fired });
    for (const { detector, score, u: level } of scores) {
      const name = `${schema}/${detector}`;
      let own = this.detectors.get(name);
      if (!own)
        this.detectors.set(
          name,
          (own = { windows: 0, broken: 0, isConstant: true, first: score, episodes: 0, last: new Map() }),
        );
      own.windows++;
      if (!Number.isFinite(score) || score <= NO_OPINION || !Number.isFinite(level)) own.broken++;
      if (score !== own.first) own.isConstant = false;
      if (level < 0) continue;
      const last = own.last.get(entity);
      const goesOn = last !== undefined && end - last.end <= gap && end - last.began < cut;
      if (!goesOn) own.episodes++;
      own.last.set(entity, { began: goesOn ? last.began : end, end });
    }
  };
}

/** Counts what the canary and the rest of the entities decided, from the log of decisions, and ends a canary that is worse. */
import { isInCanary, type Canary } from '../../records/canary.js';
import { decodeDecision, type Decision } from '../../records/score.js';
import { evidenceOf, type CanaryEvidence } from '../../training/canary/evidence.js';
import type { AnsweredAlert } from '../../training/canary/verdicts.js';
import type { TailReader } from '../flow/controls-log.js';
import { newRecords } from '../flow/new-records.js';
import type { LogOpener } from '../snapshots/records-between.js';

/** Event time before the canary that says how loud an entity is, ms. */
const past = 7 * 86_400_000;
/** Windows that fire within this time are one alert, ms. */
const gap = 3_600_000;

interface EpisodeCount {
  windows: number;
  episodes: number;
}

/** Answers of an entity before the canary and since. */
type AnswerCounts = Record<'before' | 'since', { answered: number; false: number }>;

interface ComparedEntity {
  readonly before: EpisodeCount;
  readonly since: EpisodeCount;
  lastEnd: number;
  lastFired: number;
}

const nothingAnswered = (): AnswerCounts => ({
  before: { answered: 0, false: 0 },
  since: { answered: 0, false: 0 },
});

/** Which of the tests it fails, in words. */
function objectionTo({ alerts, expected, logRatio, answers }: CanaryEvidence): string {
  const usual = (count: number, of: number): string => `${count.toFixed(1)} of the ${of} of all would be usual`;
  if (logRatio >= answers.worse)
    return `its entities had ${alerts.canary} alerts, and ${usual(expected, alerts.canary + alerts.rest)}`;
  const { canary, rest } = answers.false;
  return `people called ${canary} of its alerts false, and ${usual(answers.expected, canary + rest)}`;
}

export interface CanaryFound extends CanaryEvidence {
  /** Scores of the canary that are no finite number. */
  readonly broken: number;
  /** Why it is to end, in words. */
  readonly objection?: string;
}

/** One canary, from its beginning on; a share that grows is the same canary. */
export class CanaryWatch {
  private readonly entities = new Map<string, ComparedEntity>();
  private readonly next = new Map<number, number>();
  /** End of the first window that it scored, ms. */
  private began: number | undefined;
  private broken = 0;

  constructor(
    private readonly artefact: string,
    private readonly shards: number,
    private readonly open: LogOpener,
  ) {}

  isOf({ artefact }: Canary): boolean {
    return artefact === this.artefact;
  }

  /** Reads what was decided since. @param answers what people said of alerts, of any time */
  async look(canary: Pick<Canary, 'artefact' | 'share'>, answers: readonly AnsweredAlert[]): Promise<CanaryFound> {
    const { reader, close } = await this.open();
    try {
      if (this.began === undefined) {
        const first = await this.firstScored(reader);
        if (first === undefined) return this.found(canary, answers);
        this.began = first;
      }
      for (let shard = 0; shard < this.shards; shard++)
        for await (const decision of this.records(reader, shard)) this.count(decision);
      return this.found(canary, answers);
    } finally {
      await close();
    }
  }

  private async *records(reader: TailReader, shard: number, keep = true): AsyncGenerator<Decision> {
    const passed = keep ? (next: number): void => void this.next.set(shard, next) : undefined;
    for await (const { record } of newRecords(reader, shard, this.next.get(shard) ?? 0, decodeDecision, passed))
      if (record.key === '') yield record;
  }

  private async firstScored(reader: TailReader): Promise<number | undefined> {
    let first: number | undefined;
    for (let shard = 0; shard < this.shards; shard++)
      for await (const { artefact, end } of this.records(reader, shard, false))
        if (artefact === this.artefact && (first === undefined || end < first)) first = end;
    return first;
  }

  private count({ entity, end, fired, scores, artefact }: Decision): void {
    const began = this.began!;
    if (end <= began - past || scores.length === 0) return;
    let known = this.entities.get(entity);
    if (!known) {
      const nothing = (): EpisodeCount => ({ windows: 0, episodes: 0 });
      known = { before: nothing(), since: nothing(), lastEnd: 0, lastFired: Number.NEGATIVE_INFINITY };
      this.entities.set(entity, known);
    }
    // A restart writes again what its checkpoint did not cover.
    if (end <= known.lastEnd) return;
    known.lastEnd = end;
    const own = end < began ? known.before : known.since;
    own.windows++;
    if (fired && end - known.lastFired > gap) own.episodes++;
    if (fired) known.lastFired = end;
    if (artefact === this.artefact && scores.some(({ score, u }) => !Number.isFinite(score) || !Number.isFinite(u)))
      this.broken++;
  }

  private found(canary: Pick<Canary, 'artefact' | 'share'>, answers: readonly AnsweredAlert[]): CanaryFound {
    const answered = this.answersOf(answers);
    const counts = [...this.entities]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([entity, { before, since }]) => {
        const own = answered.get(entity) ?? nothingAnswered();
        return {
          isIn: isInCanary(entity, canary),
          before: { ...before, ...own.before },
          since: { ...since, ...own.since },
        };
      });
    const evidence = evidenceOf(counts);
    const objection =
      this.broken > 0
        ? `${this.broken} windows have scores that are no finite number`
        : evidence.isWorse
          ? objectionTo(evidence)
          : undefined;
    return { ...evidence, broken: this.broken, ...(objection === undefined ? {} : { objection }) };
  }

  /** Answers of each entity, by the end of their windows. */
  private answersOf(answers: readonly AnsweredAlert[]): Map<string, AnswerCounts> {
    const counts = new Map<string, AnswerCounts>();
    const { began } = this;
    if (began === undefined) return counts;
    for (const { entity, end, true: truth } of answers) {
      if (end <= began - past) continue;
      const own = counts.get(entity) ?? nothingAnswered();
      counts.set(entity, own);
      const count = end < began ? own.before : own.since;
      count.answered++;
      if (!truth) count.false++;
    }
    return counts;
  }
}

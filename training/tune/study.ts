/**
 * A study: trials in batches, each by successive halving (K. Jamieson, A. Talwalkar, Non-stochastic Best Arm Identification
 * and Hyperparameter Optimization, AISTATS 2016). All trials of a batch are asked at once and run on a small extent; the best
 * third goes on to a larger one, and their best third to the whole. So what comes out does not depend on which trial ends
 * first, and a study that was killed goes on as if it had not been.
 */
import * as journalled from './journal.js';
import { reported, type Journal } from './journal.js';
import { suggest } from './tpe.js';
import type { TrialOutcome, SearchPoint, Space } from './space.js';

/** Rungs of a trial; the last one is the whole. */
export const RUNGS = 3;
/** One in so many goes on. */
export const KEEP = 3;
/** Trials that are asked at once. */
export const BATCH = 9;

export interface Trial extends TrialOutcome {
  readonly number: number;
  /** What the value is made of, at its last rung. */
  readonly about: Readonly<Record<string, number>>;
}

export interface Evaluated {
  /** Larger is better; NaN where it failed. */
  readonly value: number;
  readonly about: Readonly<Record<string, number>>;
}

export interface StudyParts {
  readonly name: string;
  readonly space: Space;
  /** The first trial, which always runs to the end: what there is without a search. */
  readonly first: SearchPoint;
  readonly seed: number;
  readonly trials: number;
  /** What makes it this study: written in the journal, and compared when it goes on. */
  readonly about: Readonly<Record<string, string | number>>;
  readonly journal: Journal;
  /** Evaluates on the extent of a rung; called for many at once. */
  readonly evaluate: (point: SearchPoint, rung: number) => Promise<Evaluated>;
  /** Whether another batch may begin. */
  readonly mayGoOn: () => boolean;
  /** After each rung. */
  readonly progress?: (trials: readonly Trial[]) => void;
}

/** Runs a study until there are enough trials; gives all trials that ended, in the order of their numbers. */
export async function runStudy(parts: StudyParts): Promise<Trial[]> {
  const { journal, name, about, trials } = parts;
  const attributes = Object.entries(about).map(([key, value]) => journalled.studyAttribute({ [key]: value }));
  await journal.write([journalled.createStudy(name), ...attributes]);
  const ended: Trial[] = [];
  while (ended.length < trials) {
    const count = Math.min(BATCH, trials - ended.length);
    // What is in the journal is read, whatever the time is.
    if (ended.length > 0 && !journal.has(1) && !parts.mayGoOn()) break;
    ended.push(...(await runBatch(parts, ended, count)));
    parts.progress?.(ended);
  }
  return ended;
}

/** A trial under way. */
interface Running {
  readonly number: number;
  readonly point: SearchPoint;
  step: number;
  value: number;
  about: Readonly<Record<string, number>>;
  isOver: boolean;
}

async function runBatch(parts: StudyParts, before: readonly Trial[], count: number): Promise<Trial[]> {
  const { space, journal, seed } = parts;
  const batch: Running[] = [];
  for (let i = 0; i < count; i++) {
    const number = before.length + i;
    const point =
      number === 0
        ? parts.first
        : suggest(
            space,
            before,
            batch.map((one) => one.point),
            seed,
            number,
          );
    batch.push({ number, point, step: 0, value: Number.NaN, about: {}, isOver: false });
  }
  for (const { number, point } of batch)
    await journal.write([
      journalled.createTrial(),
      ...Object.entries(space).map(([name, one]) => journalled.parameter(number, name, point[name]!, one)),
    ]);
  let left = batch;
  for (let rung = 0; rung < RUNGS; rung++) {
    await runRung(parts, left, rung);
    const standing = left.filter(({ value }) => Number.isFinite(value));
    const keep = rung === RUNGS - 1 ? 0 : Math.max(1, Math.floor(standing.length / KEEP));
    const next = [...standing].sort((a, b) => b.value - a.value || a.number - b.number).slice(0, keep);
    const first = standing.find(({ number }) => number === 0);
    if (keep > 0 && first && !next.includes(first)) next.push(first);
    for (const one of left) one.isOver = rung === RUNGS - 1 && Number.isFinite(one.value);
    left = next.sort((a, b) => a.number - b.number);
  }
  const trials = batch.map(({ isOver, ...one }): Trial => ({
    ...one,
    state: isOver ? 'complete' : Number.isFinite(one.value) ? 'pruned' : 'failed',
  }));
  for (const { number, state, value } of trials)
    await journal.write([journalled.finish(number, state, state === 'failed' ? undefined : value)]);
  return trials;
}

/** Two lines a trial: the value, and what it is made of. A rung is written whole, in the order of the trials. */
async function runRung({ journal, evaluate }: StudyParts, left: readonly Running[], rung: number): Promise<void> {
  const lines = 2 * left.length;
  const found: readonly Evaluated[] = journal.has(lines)
    ? left.map((_, i) => evaluatedIn(journal.next(lines).slice(2 * i, 2 * i + 2)))
    : await Promise.all(left.map(({ point }) => evaluate(point, rung)));
  left.forEach((one, i) => {
    one.step = rung;
    one.value = found[i]!.value;
    one.about = found[i]!.about;
  });
  await journal.write(
    left.flatMap(({ number, value, about }) => [
      Number.isFinite(value) ? journalled.report(number, rung, value) : journalled.attribute(number, { failed: rung }),
      journalled.attribute(number, { [`rung ${rung}`]: about }),
    ]),
  );
}

function evaluatedIn([value, about]: readonly Readonly<Record<string, unknown>>[]): Evaluated {
  const parts = Object.values((about!['user_attr'] ?? {}) as Record<string, Record<string, number>>);
  return { value: reported(value!), about: parts[0] ?? {} };
}

/** When training is due, in event time since the first pane: a function of the data, never of the clock. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface ScheduleOptions {
  /** No training before so much event time, ms. */
  readonly atLeast: number;
  /** Between two trainings once the first ones are over, ms. */
  readonly every: number;
}

export interface TrainingStep {
  /** Event time since the first pane, ms. */
  readonly elapsed: number;
  /** `schedule`: trains in any case. `look`: trains where there is reason to. */
  readonly kind: 'schedule' | 'look';
}

/** Enough for the first models of a busy fleet; a day knows the hours, a week the days. */
const early = [2 * HOUR, DAY, 7 * DAY] as const;

/** Whether a training is due at this time in any case. */
function isScheduled(elapsed: number, { atLeast, every }: ScheduleOptions): boolean {
  if (elapsed < atLeast) return false;
  return elapsed === atLeast || early.some((each) => each === elapsed) || (elapsed > DAY && elapsed % every === 0);
}

/**
 * The step after `last`, which is the time of the last one, or undefined before the first. After a training that found
 * too little it is tried again when there is twice as much.
 *
 * @example nextStep({ atLeast: 0, every: 7 * DAY }) // { elapsed: 2 h, kind: 'schedule' }
 */
export function nextStep(options: ScheduleOptions, last?: number, foundTooLittle = false): TrainingStep {
  const { atLeast, every } = options;
  const after = last ?? -1;
  const times = [atLeast, ...early, (Math.floor(after / DAY) + 1) * DAY, (Math.floor(after / every) + 1) * every];
  const elapsed = Math.min(...times.filter((time) => time > after && time >= atLeast && time > 0));
  if (foundTooLittle && last !== undefined && last > 0 && 2 * last <= elapsed)
    return { elapsed: 2 * last, kind: 'schedule' };
  // What was too little is tried again at the next look.
  return { elapsed, kind: foundTooLittle || isScheduled(elapsed, options) ? 'schedule' : 'look' };
}

/** The last step at or before `elapsed`, where several are due at once. */
export function dueStep(
  options: ScheduleOptions,
  elapsed: number,
  last?: number,
  foundTooLittle = false,
): TrainingStep | undefined {
  let due: TrainingStep | undefined;
  for (
    let step = nextStep(options, last, foundTooLittle);
    step.elapsed <= elapsed;
    step = nextStep(options, step.elapsed)
  )
    due = { elapsed: step.elapsed, kind: due?.kind === 'schedule' ? 'schedule' : step.kind };
  return due;
}

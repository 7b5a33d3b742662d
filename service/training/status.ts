/** What people and pages are shown of training: what scores now, how much there is to learn from, and what comes next. */
import type { TrainingLedger } from '../../training/ledger.js';
import { nextStep, type ScheduleOptions } from '../../training/schedule.js';

export interface TrainingStatus {
  /**
   * - `waiting`: nothing was read so far.
   * - `prior`: the models that ship with tocsin score; own ones follow.
   * - `none`: nothing scores: only plain rules can fire.
   * - `own`: models of this fleet score.
   */
  readonly phase: 'waiting' | 'prior' | 'none' | 'own';
  /** Whether a training is under way in this process. */
  readonly training: boolean;
  /** Whether this process is the one that trains. */
  readonly leads: boolean;
  readonly automatic: boolean;
  /** The set in force, and who made it. */
  readonly artefact?: string | undefined;
  readonly origin?: 'prior' | 'own' | 'command' | 'alias' | undefined;
  /** Event time from the first pane to what is decided now, ms. */
  readonly data?: number | undefined;
  /** Event time up to which the set in force was trained, ms, and when that was (wall clock). */
  readonly trainedUpTo?: number | undefined;
  readonly trainedAt?: number | undefined;
  /** Event time between what was trained on and what is decided now, ms. */
  readonly behind?: number | undefined;
  readonly rows?: number | undefined;
  readonly entities?: number | undefined;
  readonly templates?: number | undefined;
  /** Event time of the next step, ms; and event time until then. `look`: trains only where there is reason to. */
  readonly next?: { readonly at: number; readonly in?: number; readonly kind: 'schedule' | 'look' };
  /** Why the last training led to nothing. */
  readonly refused?: { readonly what: 'refused' | 'too-little'; readonly why: string; readonly at: number };
  readonly refusals: number;
  /** Why training fails now. */
  readonly failure?: string | undefined;
  /** Why drift is not looked for now; absent where it is. */
  readonly noDrift?: string | undefined;
}

export interface TrainingInputs {
  readonly options: ScheduleOptions;
  readonly automatic: boolean;
  /** ms of event time. */
  readonly decided: number | undefined;
  readonly leads: boolean;
  readonly training: boolean;
  readonly failure: string | undefined;
  readonly noDrift?: string | undefined;
}

export function trainingStatus(ledger: TrainingLedger, about: TrainingInputs): TrainingStatus {
  const { first, step, foundTooLittle, inForce, failed, refusals } = ledger;
  const { decided, options, leads, training, automatic, failure, noDrift } = about;
  const origin = inForce && (inForce.origin ?? 'own');
  const phase =
    origin === undefined ? (first === undefined ? 'waiting' : 'none') : origin === 'prior' ? 'prior' : 'own';
  const next = nextStep(options, step === undefined || first === undefined ? undefined : step - first, foundTooLittle);
  const at = first === undefined ? undefined : first + next.elapsed;
  const trainedUpTo = origin === 'prior' ? undefined : (inForce?.step ?? inForce?.from);
  return {
    phase,
    training,
    leads,
    automatic,
    refusals,
    ...(inForce ? { artefact: inForce.artefact, origin, trainedAt: inForce.at } : {}),
    ...(first === undefined || decided === undefined ? {} : { data: Math.max(0, decided - first) }),
    ...(trainedUpTo === undefined ? {} : { trainedUpTo }),
    ...(decided === undefined || first === undefined ? {} : { behind: Math.max(0, decided - (trainedUpTo ?? first)) }),
    ...(inForce?.rows === undefined ? {} : { rows: inForce.rows }),
    ...(inForce?.entities === undefined ? {} : { entities: inForce.entities }),
    ...(inForce?.templates === undefined ? {} : { templates: inForce.templates }),
    ...(at === undefined || !automatic
      ? {}
      : { next: { at, kind: next.kind, ...(decided === undefined ? {} : { in: Math.max(0, at - decided) }) } }),
    ...(failed ? { refused: { what: failed.what as 'refused' | 'too-little', why: failed.why, at: failed.at } } : {}),
    ...(failure === undefined ? {} : { failure }),
    ...(noDrift === undefined ? {} : { noDrift }),
  };
}

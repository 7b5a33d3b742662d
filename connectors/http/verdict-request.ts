/** What a verdict is before its context is looked up. */
import type { VerdictValue } from '../../records/verdict.js';

/** A verdict as a person gives it; its context is looked up from the alert. */
export interface VerdictRequest {
  readonly alert: string;
  readonly value: VerdictValue;
  readonly by: string;
  /** Idempotency key; made from alert, value and author where absent. */
  readonly id?: string;
  /** By which door it came. */
  readonly via?: string;
}

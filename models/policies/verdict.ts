/** What a verdict means for learning. */
import type { VerdictValue } from '../../records/verdict.js';

export type { VerdictValue };

/** Only `anomaly` was worth an alert: `expected` and `new-normal` are true to the data and no reason to wake anybody. */
export const isTrue = (verdict: VerdictValue): boolean => verdict === 'anomaly';

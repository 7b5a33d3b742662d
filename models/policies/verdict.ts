/** What an operator may answer, and what it means for learning. */
import { oneOf, type Of } from '../../records/codec.js';

/** `expected` and `new-normal` are true to the data and still no reason to wake anybody. */
export const verdictCodec = oneOf('anomaly', 'not-anomaly', 'expected', 'new-normal');
export type VerdictValue = Of<typeof verdictCodec>;

/** Only `anomaly` was worth an alert. */
export const isTrue = (verdict: VerdictValue): boolean => verdict === 'anomaly';

/** What becomes of each line of a source, as texts to compare. */
import type { LineFate } from '../../operators/decode/fate.js';
import type { IngestParts } from '../../topologies/ingest.js';
import { levels, outcomes } from '../../records/log-record.js';
import { runLines, type Line } from '../operators/ingest-run.js';

/**
 * Of each line: `form time level outcome value service | message`, `form time value series | labels` of a point,
 * `joined 0`, or `reason: detail`.
 */
export async function fatesOf(lines: readonly (string | Line)[], parts: Partial<IngestParts> = {}): Promise<string[]> {
  const fates: LineFate[] = [];
  await runLines(lines, { year: 2026, ...parts, fate: (fate) => fates.push(fate) });
  return fates.map((one) => {
    if (one.fate === 'refused') return `${one.reason}: ${one.detail}`;
    if (one.fate === 'joined') return `joined ${one.to.offset}${one.to.index === 0 ? '' : `.${one.to.index}`}`;
    const { record } = one;
    if (!record) return `${one.form}, no record`;
    const { service, ...labels } = record.entity.labels;
    const others = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const at = `${one.form} ${new Date(record.time).toISOString()}`;
    const value = Number.isNaN(record.value) ? '-' : Number(record.value.toPrecision(6));
    if (record.type === 'point') return [at, value, service, ...others].join(' ');
    const { level, outcome, bytes, start, end } = record;
    const text = Buffer.from(bytes.subarray(start, end)).toString();
    return `${[at, levels[level], outcomes[outcome], value, service, ...others].join(' ')} | ${text}`;
  });
}
